"""An installation of two web processes and two workers on one home, whose parts can be killed, frozen and told to end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import psutil
import psycopg

from aurora_site.core import embedded
from bench.load import Target
from tests.live import (
    ADMIN_EMAIL,
    ADMIN_PASSWORD,
    ROOT,
    LiveAurora,
    environment,
    free_port,
    launch,
    part_pid,
    processes_of,
    wait_until_ready,
)
from tests.model_server import ModelServer

DRAIN_SECONDS = 4
# Without TLS to prepare for, which takes longer than a request.
http = httpx2.Client(verify=False, timeout=30)
# daphne in the one, uvicorn in the other: everything holds whichever answers.
STARTS = (
    ((), {"AURORA_WEB_SERVER": "daphne"}),
    (("--only", "web"), {"AURORA_WEB_SERVER": "uvicorn"}),
    (("--only", "worker"), {}),
)


async def until(condition: Callable[[], Any], seconds: float, what: str) -> Any:
    """The first true value of a condition, which is asked again and again. Raises AssertionError."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds} seconds"
        await asyncio.sleep(0.05)
    return value


class PacedModel:
    """``bench.model_server`` in a process of its own, which can be killed and started again at the same address."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/v1"
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.model_server", "--port", str(self.port)], cwd=ROOT
        )
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(httpx2.HTTPError):
                http.get(f"{self.url}/models")
                return
            assert time.monotonic() < deadline, "the model did not start"
            time.sleep(0.05)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def streams(self, name: str) -> list[dict[str, Any]]:
        """What became of the requests that named a run, in order."""
        found: list[dict[str, Any]] = http.get(f"http://127.0.0.1:{self.port}/records").json().get(name, [])
        return found


@contextmanager
def paced_model() -> Iterator[PacedModel]:
    model = PacedModel()
    try:
        yield model
    finally:
        model.kill()


@dataclass
class Cluster:
    """``up`` with web, worker and beat; beside it another web process and another worker."""

    home: Path
    model: PacedModel | ModelServer
    extra: Mapping[str, str] = field(default_factory=dict)
    starts: tuple[Any, ...] = STARTS
    members: list[LiveAurora] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    _asker: dict[str, str] = field(default_factory=dict)
    _enqueuer: subprocess.Popen[str] | None = None
    _database: psycopg.Connection[tuple[Any, ...]] | None = None

    def start(self) -> None:
        """Start what doesn't run, on the same ports as before; return when both web processes are ready."""
        ports = [member.port for member in self.members] or [0] * len(self.starts)
        self.members = [
            launch(self.home, *arguments, extra={**self._variables(), **extra}, port=port)
            for (arguments, extra), port in zip(self.starts, ports, strict=True)
        ]
        self.wait_until_ready()
        if not self.headers:
            self._sign_in()

    def wait_until_ready(self) -> None:
        for web in self.webs:
            wait_until_ready(web)

    def _variables(self) -> dict[str, str]:
        return {
            "AURORA_DEMO": "0",
            "AURORA_AUTO_INGEST": "0",
            "RATE_LIMIT_ENABLED": "0",
            "OPENAI_BASE_URL": self.model.url,
            "OPENAI_API_KEY": "none",
            "AURORA_DRAIN_SECONDS": str(DRAIN_SECONDS),
            **self.extra,
        }

    def _sign_in(self) -> None:
        url = self.members[0].url
        answer = http.post(f"{url}/api/auth/login", json={"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD}, timeout=30)
        self.headers = {"Authorization": f"Bearer {answer.json()['access']}"}
        me = http.get(f"{url}/api/auth/me", headers=self.headers).json()
        self._asker = {"organization_id": me["organizations"][0]["id"], "actor_id": me["id"]}

    @property
    def webs(self) -> list[LiveAurora]:
        return [m for m, (arguments, _) in zip(self.members, self.starts, strict=True) if "worker" not in arguments]

    @property
    def targets(self) -> list[Target]:
        """The web processes, signed in."""
        return [Target(web.url, self.headers) for web in self.webs]

    def make_agent(self, name: str, **fields: Any) -> str:
        """An agent of the organisation, which answers without documents unless its config says otherwise."""
        agent = {"name": name, "config": {"knowledge": False}, **fields}
        answer = http.post(f"{self.members[0].url}/api/v1/agents", json=agent, headers=self.headers)
        assert answer.status_code == 201, answer.text
        return name

    def pids(self, part: str) -> list[int]:
        """The processes of a part (web, worker), in the order in which they were started; dead ones are left out."""
        found = [part_pid(member, part) for member in self.members]
        return [pid for pid in found if pid is not None]

    def carrier(self, name: str) -> int:
        """The process that reads the newest answer of the model to a run: the one that carries the run out."""
        port = self.model.streams(name)[-1]["client"]
        for pid in (*self.pids("web"), *self.pids("worker")):
            if any(link.laddr.port == port for link in psutil.Process(pid).net_connections("tcp")):
                return pid
        raise AssertionError(f"nobody reads the answer to {name}")

    def wait_until_whole(self) -> None:
        """Return when every part runs and was seen alive."""
        self.wait_until_ready()
        deadline = time.monotonic() + 60
        while not self._is_whole():
            assert time.monotonic() < deadline, "a part did not come back"
            time.sleep(0.1)

    def _is_whole(self) -> bool:
        pids = [*self.pids("web"), *self.pids("worker")]
        alive = "SELECT pid FROM ops_processheartbeat WHERE seen_at > now() - interval '15 seconds'"
        wanted = len(self.webs) + len([1 for arguments, _ in self.starts if arguments != ("--only", "web")])
        return len(pids) == wanted and set(pids) <= {pid for (pid,) in self.query(alive)}

    def database_pid(self) -> int:
        return int((self.home / "home" / "pg" / "postmaster.pid").read_text().split("\n")[0])

    def kill_everything(self) -> None:
        """``kill -9`` of every process of the installation, supervisors and PostgreSQL included."""
        while pids := list(processes_of(self.home / "home")):
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            for member in self.members:
                member.process.poll()

    def query(self, statement: str, *parameters: Any, seconds: float = 20) -> list[tuple[Any, ...]]:
        """Rows of the main database; waits for one that is away."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                if self._database is None:
                    address = embedded.conninfo("aurora", self.home / "home")
                    self._database = psycopg.connect(address, autocommit=True)
                return self._database.execute(statement, parameters).fetchall()
            except psycopg.OperationalError:
                self._database = None
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def enqueue(self, *, agent: str, questions: list[str]) -> list[str]:
        """Runs for the workers, made by ``tests.faults.enqueue`` in a process that stays; their ids."""
        if self._enqueuer is None or self._enqueuer.poll() is not None:
            environ = environment(self.home, self.members[0].port, **self._variables())
            self._enqueuer = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.enqueue"],
                cwd=ROOT, env=environ, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )  # fmt: skip
        request = {**self._asker, "agent": agent, "questions": questions}
        assert self._enqueuer.stdin
        assert self._enqueuer.stdout
        self._enqueuer.stdin.write(json.dumps(request) + "\n")
        self._enqueuer.stdin.flush()
        made: list[str] = json.loads(self._enqueuer.stdout.readline())
        return made

    def stop(self) -> None:
        """Stop all, and check that nothing is left."""
        if self._database is not None:
            self._database.close()
        if self._enqueuer is not None:
            self._enqueuer.kill()
            self._enqueuer.wait()
        for member in self.members:
            member.process.terminate()
        for member in self.members:
            try:
                member.process.wait(40)
            finally:
                member.process.kill()
        left = processes_of(self.home / "home")
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        assert left == {}


def signal_all(pids: Iterable[int], number: int) -> None:
    for pid in pids:
        os.kill(pid, number)
