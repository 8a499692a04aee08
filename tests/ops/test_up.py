"""``manage.py up``: serves, heals, stops with everything, and starts again whatever was killed."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest

from aurora_site.core import embedded
from tests.live import ROOT, environment, free_port, processes_of

pytestmark = [pytest.mark.xdist_group("up"), pytest.mark.timeout(300)]


@dataclass
class Up:
    """A supervisor, where it listens and where it lives."""

    process: subprocess.Popen[bytes]
    home: Path
    port: int
    log: Path

    def status(self, path: str) -> int:
        try:
            return httpx2.get(f"http://127.0.0.1:{self.port}{path}", timeout=5).status_code
        except httpx2.HTTPError:
            return 0

    def wait_until_ready(self) -> None:
        wait_until(lambda: self.status("/health/ready") == 200 or self.process.poll() is not None, 120)
        assert self.process.poll() is None, self.log.read_text()

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Rows of the main database; none while it is away."""
        try:
            with psycopg.connect(embedded.conninfo("aurora", self.home)) as connection:
                return connection.execute(statement).fetchall()
        except psycopg.OperationalError:
            return []


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition never came true"
        time.sleep(0.05)


def part_pid(home: Path, name: str) -> int | None:
    return next((pid for pid, words in processes_of(home).items() if name in words), None)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for all tests here: making it anew each time would take most of their time."""
    return tmp_path_factory.mktemp("up")


@pytest.fixture
def up(home: Path) -> Iterator[Callable[..., Up]]:
    started: list[Up] = []

    def start(*arguments: str, port: int = 0, **extra: str) -> Up:
        port = port or free_port()
        log = home / "output.log"
        variables = environment(home, port, AURORA_DEMO="0", AURORA_AUTO_INGEST="0", **extra)
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "up", *arguments],
                cwd=ROOT, env=variables, stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip
        started.append(Up(process, home / "home", port, log))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.terminate()
            one.process.wait(40)
    assert processes_of(home / "home") == {}


def ready(up: Callable[..., Up], **extra: str) -> Up:
    one = up(**extra)
    one.wait_until_ready()
    return one


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("server", ["daphne", "uvicorn"])
def test_it_serves_and_a_signal_leaves_nothing(up: Callable[..., Up], number: int, server: str) -> None:
    one = ready(up, AURORA_WEB_SERVER=server)
    assert one.status("/health/live") == 200
    assert one.status("/health/startup") == 200
    one.process.send_signal(number)
    assert one.process.wait(40) == 0
    assert processes_of(one.home) == {}
    assert "Aurora is ready" in one.log.read_text()


def test_a_killed_supervisor_leaves_nothing(up: Callable[..., Up]) -> None:
    one = ready(up)
    one.process.kill()
    one.process.wait()
    wait_until(lambda: processes_of(one.home) == {})


def test_it_starts_again_after_everything_was_killed(up: Callable[..., Up]) -> None:
    one = ready(up)
    for pid in processes_of(one.home):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    one.process.wait()
    wait_until(lambda: processes_of(one.home) == {})
    assert ready(up).status("/health/live") == 200


def test_parts_and_database_that_were_killed_come_back_and_are_written_down(up: Callable[..., Up]) -> None:
    one = ready(up)
    newest = one.query("SELECT coalesce(max(id), 0) FROM ops_recovery")[0][0]
    wait_until(lambda: part_pid(one.home, "worker") is not None)
    for name in ("web", "worker"):
        pid = part_pid(one.home, name)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda name=name, pid=pid: part_pid(one.home, name) not in (None, pid))
    keeper = part_pid(one.home, "aurora_site.core.keeper")
    assert keeper is not None
    os.kill(keeper, signal.SIGKILL)
    wait_until(lambda: part_pid(one.home, "aurora_site.core.keeper") not in (None, keeper))
    one.wait_until_ready()
    expected = {("process web",), ("process worker",), ("embedded PostgreSQL",)}
    wait_until(lambda: expected <= set(one.query(f"SELECT what FROM ops_recovery WHERE id > {newest}")))


def test_a_second_one_in_the_same_home_says_so(up: Callable[..., Up]) -> None:
    one = ready(up)
    second = subprocess.run(
        [sys.executable, "manage.py", "up"], cwd=ROOT, env=environment(one.home.parent, free_port(), AURORA_DEMO="0"),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert second.returncode == 1
    assert f"running already in {one.home} (process {one.process.pid})" in second.stderr
    assert one.status("/health/live") == 200


def test_a_port_in_use_is_said_at_once(up: Callable[..., Up]) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        one = up(port=port)
        assert one.process.wait(60) == 1
    assert f"Port {port} on 127.0.0.1 is in use" in one.log.read_text()
    assert "Traceback" not in one.log.read_text()


def test_stale_lock_files_do_not_stop_the_start(up: Callable[..., Up], home: Path) -> None:
    locks = home / "home" / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    (locks / "up.lock").write_text(str(os.getpid()))
    assert ready(up).status("/health/live") == 200


def test_a_folder_that_does_not_exist_stops_it_with_a_reason(up: Callable[..., Up], tmp_path: Path) -> None:
    one = up(SEED_DATA_DIR=str(tmp_path / "missing"))
    assert one.process.wait(120) == 1
    assert "Setting up failed" in one.log.read_text()
    assert processes_of(one.home) == {}


def test_doctor_finds_a_running_installation_well(up: Callable[..., Up]) -> None:
    one = ready(up)
    wait_until(lambda: {row[0] for row in one.query("SELECT kind FROM ops_processheartbeat")} >= {"worker", "beat"})
    reports = []

    def all_is_well() -> bool:
        reports.append(doctor(one))
        return all(finding["state"] == "ok" for finding in reports[-1]["findings"])

    # A part that was restarted while the machine was busy is seen twice until its former row has aged.
    wait_until(all_is_well, seconds=60)
    assert reports[-1]["ok"] is True
    # The worker's sealer has signed what was recorded so far, and kept the heads outside the database.
    wait_until(lambda: one.query("SELECT count(*) FROM audit_unsealed")[0][0] == 0)
    sealed = one.query("SELECT max(size) FROM audit_treehead")[0][0]
    assert json.loads((one.home / "ledger" / "heads.jsonl").read_text().splitlines()[-1])["size"] == sealed >= 1


def doctor(one: Up) -> dict[str, Any]:
    report = subprocess.run(
        [sys.executable, "manage.py", "doctor", "--json"],
        cwd=ROOT, env=environment(one.home.parent, one.port, AURORA_DEMO="0", AURORA_AUTO_INGEST="0"),
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return json.loads(report.stdout)
