"""How fast alerts are taken in: ``python -m bench.intake [--seconds 60] [--rates 100 200]``.

An installation as ``manage.py up`` runs it, with everything on, on the machine that the sender runs on, too. Deliveries hold
one alert each: from Alertmanager, PagerDuty and a sender of its own, every fourth an alert that is new and the others again
what fires already. They leave at even intervals, whether or not earlier ones were answered, each on a connection of its own,
and every time counts from when a delivery should have left. Parts:

even        at each of the rates, for one organisation and for two
most        sixteen senders that send the next as soon as the last was answered: how many a second, until all are processed

An alert is an incident when a reader of the database sees it processed; it looks 50 times a second.
"""

from __future__ import annotations

import argparse
import asyncio
import bisect
import datetime
import itertools
import os
import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import psutil
import psycopg
import uvloop

from aurora_site.core import embedded
from bench.alerts import SOURCES, Alerts
from bench.answers import percentile, quiet_collector
from bench.installation import postgres_of, processor_seconds
from bench.load import Target
from tests.alerting import Console
from tests.live import LiveAurora, part_pid, start_aurora, temporary_home

SETTLE_SECONDS = 120
POLL_SECONDS = 0.02
SENDERS = 16


@dataclass
class Sent:
    """One delivery: when it should have left, when it was answered and how. Times are of the wall clock."""

    due: float
    answered: float = 0.0
    status: int = 0
    delivery_id: str = ""


@dataclass
class Watch:
    """What a reader of the database saw: at ``times[i]`` everything received until ``marks[i]`` was processed."""

    console: Console
    times: list[float] = field(default_factory=list)
    marks: list[float] = field(default_factory=list)
    backlog: int = 0

    def look(self, connection: psycopg.Connection[tuple[object, ...]], organization_id: str) -> None:
        newest = connection.execute(
            "SELECT max(received_at) FROM incidents_delivery WHERE organization_id = %s AND state = 'processed'",
            [organization_id],
        ).fetchone()
        if newest and isinstance(newest[0], datetime.datetime) and (mark := newest[0].timestamp()) != self.last:
            self.times.append(time.time())
            self.marks.append(mark)

    @property
    def last(self) -> float:
        return self.marks[-1] if self.marks else 0.0

    def seen_at(self, received: float) -> float:
        return self.times[bisect.bisect_left(self.marks, received)]


@contextmanager
def watching(watches: Sequence[Watch]) -> Iterator[None]:
    """Look all the time, in a thread."""
    over = threading.Event()
    home = watches[0].console.aurora.home / "home"
    organizations = [watch.console.organization_id for watch in watches]

    def look() -> None:
        with psycopg.connect(embedded.conninfo("aurora", home), autocommit=True) as connection:
            while not over.wait(POLL_SECONDS):
                for watch, organization_id in zip(watches, organizations, strict=True):
                    watch.look(connection, organization_id)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def row(what: str, value: str, target: str = "") -> None:
    print(f"  {what:46}{value:>30}  {target}", flush=True)


def spread_of(seconds: Sequence[float]) -> str:
    return ", ".join(f"{percentile(list(seconds), share) * 1000:.0f}" for share in (0.5, 0.95, 0.99)) + " ms"


async def send(target: Target, alerts: Alerts, due: float) -> Sent:
    sent = Sent(due)
    path, body, headers = alerts.next()
    try:
        answer = await target.fetch("POST", path, body, headers)
    except OSError:
        answer = None
    sent.answered = time.time()
    if answer is not None and answer.complete:
        sent.status = answer.status
        sent.delivery_id = answer.json().get("delivery_id", "") if answer.status == 202 else ""
    return sent


async def evenly(target: Target, senders: Sequence[Alerts], rate: float, seconds: float) -> list[Sent]:
    waiting, began = [], time.time()
    for number, alerts in zip(range(int(rate * seconds)), itertools.cycle(senders), strict=False):
        due = began + number / rate
        await asyncio.sleep(max(due - time.time(), 0))
        waiting.append(asyncio.create_task(send(target, alerts, due)))
    return list(await asyncio.gather(*waiting))


async def at_most(target: Target, alerts: Alerts, seconds: float) -> list[Sent]:
    until = time.time() + seconds

    async def one_after_the_other() -> list[Sent]:
        done = []
        while time.time() < until:
            done.append(await send(target, alerts, time.time()))
        return done

    return [sent for each in await asyncio.gather(*[one_after_the_other() for _ in range(SENDERS)]) for sent in each]


def settled(watches: Sequence[Watch]) -> float:
    """When nothing waited any more, by the wall clock; the largest number that waited is kept."""
    deadline = time.monotonic() + SETTLE_SECONDS
    for watch in watches:
        while True:
            statement = "SELECT count(*) FROM incidents_delivery WHERE organization_id = %s AND state = 'pending'"
            waiting = watch.console.query(statement, watch.console.organization_id)[0][0]
            watch.backlog = max(watch.backlog, waiting)
            if not waiting:
                break
            assert time.monotonic() < deadline, f"{waiting} deliveries still wait"
            time.sleep(POLL_SECONDS)
    return time.time()


def report(sent: Sequence[Sent], watches: Sequence[Watch], began: float, ended: float) -> None:
    taken = [each for each in sent if each.status == 202]
    row("deliveries, answered 202", f"{len(sent)}, {len(taken)}", "all")
    row("acknowledged p50, p95, p99", spread_of([each.answered - each.due for each in sent]), "p95 < 100 ms")
    delays, lost, alerts, incidents = [], 0, 0, 0
    for watch in watches:
        stored = dict(watch.console.query(
            "SELECT id::text, received_at FROM incidents_delivery WHERE organization_id = %s AND state = 'processed'",
            watch.console.organization_id,
        ))  # fmt: skip
        own = [each for each in taken if each.delivery_id in stored]
        delays += [watch.seen_at(stored[each.delivery_id].timestamp()) - each.due for each in own]
        alerts += watch.console.query(
            "SELECT coalesce(sum(count), 0) FROM incidents_alert WHERE organization_id = %s AND incident_id IS NOT NULL",
            watch.console.organization_id,
        )[0][0]
        incidents += watch.console.query(
            "SELECT count(*) FROM incidents_incident WHERE organization_id = %s", watch.console.organization_id
        )[0][0]
    lost = len(taken) - len(delays)
    row("alert to incident p50, p95, p99", spread_of(delays), "p95 < 1000 ms")
    row("lost; counted by alerts of incidents", f"{lost}; {alerts} of {len(taken)}", "0; all")
    row("incidents", str(incidents))
    row("waited when the last was sent", str(sum(watch.backlog for watch in watches)))
    row("processed", f"{len(taken) / (ended - began):.0f} a second")


@contextmanager
def measured(aurora: LiveAurora) -> Iterator[None]:
    """Prints what share of a core each part took meanwhile."""
    before, began = used(aurora), time.monotonic()
    yield
    took = time.monotonic() - began
    now = used(aurora)
    shares = {name: (now[name] - before[name]) / took for name in now}
    row(
        "processor: " + ", ".join(shares), ", ".join(f"{share * 100:.0f}" for share in shares.values()) + " % of a core"
    )
    row("load average", f"{os.getloadavg()[0]:.1f}")


def used(aurora: LiveAurora) -> dict[str, float]:
    parts = {name: part_pid(aurora, name) for name in ("web", "worker")}
    found = {name: processor_seconds(psutil.Process(pid)) for name, pid in parts.items() if pid is not None}
    postgres = sum(map(processor_seconds, postgres_of(aurora.home / "home")))
    return {**found, "PostgreSQL": postgres, "client": sum(psutil.Process().cpu_times()[:2])}


def organizations(aurora: LiveAurora, count: int) -> tuple[list[Watch], list[Alerts]]:
    """Fresh organisations with a sender of each source."""
    watches = [Watch(Console(aurora)) for _ in range(count)]
    random.seed(7)
    senders = [
        Alerts({source: urlsplit(watch.console.integration(source, source).address).path for source in SOURCES})
        for watch in watches
    ]
    return watches, senders


def even(aurora: LiveAurora, rate: float, seconds: float, count: int) -> None:
    print(f"{rate:.0f} deliveries a second for {seconds:.0f} seconds, {count} organisation(s)")
    watches, senders = organizations(aurora, count)
    with quiet_collector(), measured(aurora), watching(watches):
        began = time.time()
        sent = uvloop.run(evenly(Target(aurora.url), senders, rate, seconds))
        ended = settled(watches)
        time.sleep(POLL_SECONDS * 5)
    report(sent, watches, began, ended)


def most(aurora: LiveAurora, seconds: float) -> None:
    print(f"As many as {SENDERS} senders can send in {seconds:.0f} seconds")
    watches, [alerts] = organizations(aurora, 1)
    with quiet_collector(), measured(aurora), watching(watches):
        began = time.time()
        sent = uvloop.run(at_most(Target(aurora.url), alerts, seconds))
        ended = settled(watches)
        time.sleep(POLL_SECONDS * 5)
    report(sent, watches, began, ended)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rates", type=float, nargs="*", default=[100, 200])
    parser.add_argument("--server", default="daphne")
    chosen = parser.parse_args()
    variables = {"RATE_LIMIT_ENABLED": "0", "AURORA_LOG_LEVEL": "WARNING", "AURORA_WEB_SERVER": chosen.server}
    print(f"{os.cpu_count()} cores, load average before: {os.getloadavg()[0]:.1f}")
    with temporary_home("aurora-intake-") as home, start_aurora(home, variables) as aurora:
        uvloop.run(evenly(Target(aurora.url), organizations(aurora, 1)[1], 20, 5))
        for rate in chosen.rates:
            even(aurora, rate, chosen.seconds, 1)
        if chosen.rates:
            even(aurora, chosen.rates[0], chosen.seconds, 2)
        most(aurora, chosen.seconds / 3)


if __name__ == "__main__":
    main()
