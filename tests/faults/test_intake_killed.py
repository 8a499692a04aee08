"""kill -9 of web, worker and database while alerts come in: what was answered 2xx is there once, and counted once."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from bench.load import Target
from tests.alerting import BARE, Console, Sender, until
from tests.live import LiveAurora, launch, part_pid, stop, temporary_home, wait_until_ready

pytestmark = pytest.mark.timeout(1200)

DELIVERIES, ALERTS, AT_ONCE, KILLS = 10_000, 300, 24, 18
PARTS = ("web", "worker", "database")


@pytest.fixture(scope="module")
def aurora() -> Iterator[LiveAurora]:
    with temporary_home("aurora-killed-") as home:
        running = launch(home, extra=BARE)
        try:
            wait_until_ready(running)
            yield running
        finally:
            stop(running)


@dataclass
class Client:
    """Sends each delivery again until it is answered 2xx. ``answered`` are those; ``refused`` counts what else was told."""

    target: Target
    path: str
    answered: dict[str, str] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)

    async def send(self, delivery: str, alert: str) -> None:
        body = {"id": alert, "title": f"Alert {alert}", "severity": "high"}
        wait = 0.05
        while delivery not in self.answered:
            status = await self._post(body, delivery)
            if status.startswith("2"):
                self.answered[delivery] = alert
                return
            self.refused[status] += 1
            await asyncio.sleep(wait)
            wait = min(wait * 2, 1)

    async def _post(self, body: dict[str, Any], delivery: str) -> str:
        try:
            async with asyncio.timeout(30):
                answer = await self.target.fetch("POST", self.path, body, {"X-Delivery-Id": delivery})
        except (OSError, TimeoutError) as error:
            return type(error).__name__
        return str(answer.status) if answer.complete else "cut off"


def database_pid(aurora: LiveAurora) -> int | None:
    with contextlib.suppress(OSError, ValueError):
        return int((aurora.home / "home" / "pg" / "postmaster.pid").read_text().split("\n")[0])
    return None


def pid_of(aurora: LiveAurora, part: str) -> int | None:
    pid = database_pid(aurora) if part == "database" else part_pid(aurora, part)
    return pid if pid is not None and Path(f"/proc/{pid}").exists() else None


async def kill_now_and_then(aurora: LiveAurora, client: Client, chance: random.Random) -> list[str]:
    """Kill a part whenever so many more were answered; each part the same number of times, in any order."""
    moments = sorted(chance.sample(range(DELIVERIES // 50, DELIVERIES - DELIVERIES // 50), KILLS))
    parts = list(PARTS) * (KILLS // len(PARTS))
    chance.shuffle(parts)
    for moment, part in zip(moments, parts, strict=True):
        while len(client.answered) < moment or (pid := pid_of(aurora, part)) is None:
            await asyncio.sleep(0.01)
        os.kill(pid, signal.SIGKILL)
    return parts


async def send_all(aurora: LiveAurora, sender: Sender, chance: random.Random) -> tuple[Client, list[str]]:
    client = Client(Target(aurora.url), urlsplit(sender.address).path)
    waiting = [(f"delivery-{number}", f"alert-{chance.randrange(ALERTS)}") for number in range(DELIVERIES)]
    waiting.reverse()

    async def send_next() -> None:
        while waiting:
            await client.send(*waiting.pop())

    killing = asyncio.create_task(kill_now_and_then(aurora, client, chance))
    await asyncio.gather(*[send_next() for _ in range(AT_ONCE)])
    return client, await killing


def stored(console: Console, sender: Sender) -> Counter[str]:
    """How many deliveries are in each state; none while the database is away."""
    statement = "SELECT state, count(*) FROM incidents_delivery WHERE integration_id = %s GROUP BY state"
    with contextlib.suppress(psycopg.OperationalError):
        return Counter(dict(console.query(statement, sender.id)))
    return Counter()


@pytest.mark.parametrize("seed", [1])
def test_nothing_answered_is_lost_or_counted_twice(aurora: LiveAurora, seed: int) -> None:
    console = Console(aurora)
    sender = console.integration("generic", f"seed {seed}")
    client, killed = asyncio.run(send_all(aurora, sender, random.Random(seed)))
    assert len(client.answered) == DELIVERIES
    until(lambda: stored(console, sender)["processed"] == DELIVERIES, lambda: str(stored(console, sender)), seconds=300)
    print(f"killed {Counter(killed)}; answered otherwise meanwhile: {json.dumps(client.refused)}")
    # Every delivery once, and nothing in another state.
    assert stored(console, sender) == {"processed": DELIVERIES}
    ids = console.query("SELECT vendor_id FROM incidents_delivery WHERE integration_id = %s", sender.id)
    assert sorted(name for (name,) in ids) == sorted(client.answered)
    # Every alert as often as it was said.
    counts = console.query(
        "SELECT source_alert_id, count FROM incidents_alert WHERE organization_id = %s", console.organization_id
    )
    assert dict(counts) == Counter(client.answered.values())
    assert len(counts) == ALERTS
