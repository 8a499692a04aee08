"""A whole Aurora for a benchmark: in a temporary home, with a loopback model behind it and an agent that uses it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psutil

from bench.load import Target
from tests.live import (
    ADMIN_EMAIL,
    ADMIN_PASSWORD,
    ROOT,
    LiveAurora,
    free_port,
    launch,
    part_pid,
    start_aurora,
    stop,
    temporary_home,
    wait_until_ready,
)

QUESTION = "How many days of annual leave do I get?"


@dataclass
class Installation:
    """A running Aurora, signed in, and its web processes; ``targets`` are their addresses."""

    aurora: LiveAurora
    targets: list[Target]
    variables: Mapping[str, str]
    webs: list[psutil.Process]

    @property
    def target(self) -> Target:
        return self.targets[0]

    def memory(self) -> float:
        """Resident memory of the largest web process, in MB."""
        return max(web.memory_info().rss for web in self.webs) / 1e6

    def processor(self) -> dict[str, float]:
        """Processor seconds spent so far by each web process, and by PostgreSQL with its children."""
        webs = {f"web {number}": processor_seconds(web) for number, web in enumerate(self.webs, 1)}
        return {**webs, "PostgreSQL": sum(map(processor_seconds, postgres_of(self.aurora.home / "home")))}


def processor_seconds(process: psutil.Process) -> float:
    """What a process and its children that ended spent."""
    times = process.cpu_times()
    return times.user + times.system + times.children_user + times.children_system


def postgres_of(home: Path) -> list[psutil.Process]:
    """The embedded PostgreSQL of a home, with its children."""
    marker = str(home / "pg")
    for process in psutil.process_iter(["name", "cmdline"]):
        if process.info["name"] == "postgres" and marker in (process.info["cmdline"] or []):
            return [process, *process.children()]
    return []


@contextmanager
def model() -> Iterator[str]:
    """``bench.model_server`` in a process of its own; its address, with ``/v1``."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "bench.model_server", "--port", str(port)], cwd=ROOT)
    try:
        wait_for_port(f"http://127.0.0.1:{port}/v1/models")
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(10)


def wait_for_port(address: str, seconds: float = 120) -> None:
    """Return when the address answers. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            httpx2.get(address, timeout=2)
        except httpx2.HTTPError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"{address} never answered.")


@contextmanager
def installation(server: str, model_address: str, *shapes: str) -> Iterator[Installation]:
    """Aurora behind ``server`` (daphne or uvicorn), with agents that write ``shapes`` (see ``bench.model_server``)."""
    variables = {
        "AURORA_WEB_SERVER": server,
        "RATE_LIMIT_ENABLED": "0",
        "OPENAI_BASE_URL": model_address,
        "OPENAI_API_KEY": "none",
        "AURORA_MODEL": shapes[0],
        "AURORA_LOG_LEVEL": "WARNING",
    }
    with temporary_home("aurora-bench-") as home, start_aurora(home, variables) as aurora:
        headers = _signed_in(aurora.url)
        for shape in shapes:
            _make_agents(aurora.url, headers, shape)
        yield Installation(aurora, [Target(aurora.url, headers)], variables, [_web_process(aurora)])


@contextmanager
def another_web(first: Installation) -> Iterator[Target]:
    """A second web process of the same installation."""
    other = launch(first.aurora.home, "--only", "web", extra=first.variables)
    try:
        wait_until_ready(other)
        first.webs.append(_web_process(other))
        yield Target(other.url, first.target.headers)
    finally:
        stop(other)


def _web_process(aurora: LiveAurora) -> psutil.Process:
    pid = part_pid(aurora, "web")
    assert pid is not None
    return psutil.Process(pid)


def _signed_in(url: str) -> dict[str, str]:
    answer = httpx2.post(f"{url}/api/auth/login", json={"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD}, timeout=30)
    answer.raise_for_status()
    return {"Authorization": f"Bearer {answer.json()['access']}"}


def agent_named(shape: str, *, knowledge: bool = False) -> str:
    """The agent that writes a shape, from documents or without them."""
    return f"knowing-{shape}" if knowledge else f"plain-{shape}"


def _make_agents(url: str, headers: Mapping[str, str], shape: str) -> None:
    """Agents of the organisation: one asks the model and searches nothing, as a gateway does; one answers from documents."""
    for knowledge in (False, True):
        name = agent_named(shape, knowledge=knowledge)
        agent = {"name": name, "model_name": shape, "config": {"knowledge": knowledge}}
        httpx2.post(f"{url}/api/v1/agents", json=agent, headers=dict(headers), timeout=30).raise_for_status()
