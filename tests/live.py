"""Starts a whole Aurora in a process of its own, as a user would, and waits until it is ready."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

ROOT = Path(__file__).resolve().parents[1]
ADMIN_EMAIL, ADMIN_PASSWORD = "admin@example.com", "a long enough password"
START_SECONDS = 240


@dataclass
class LiveAurora:
    """A running installation: where it listens, where it lives, and its supervisor's process."""

    url: str
    home: Path
    process: subprocess.Popen[bytes]

    def output(self) -> str:
        return (self.home / "output.log").read_text()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(home: Path, port: int, **extra: str) -> dict[str, str]:
    """A clean environment: nothing of Aurora's or Django's from outside."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AURORA_", "DJANGO_", "OPENAI_", "OLLAMA_", "CELERY_", "REDIS_", "PYTEST_"))
    }
    return {
        **kept,
        "AURORA_HOME": str(home / "home"),
        "PORT": str(port),
        "AURORA_ADMIN_EMAIL": ADMIN_EMAIL,
        "AURORA_ADMIN_PASSWORD": ADMIN_PASSWORD,
        **extra,
    }


@contextmanager
def start_aurora(home: Path, extra: Mapping[str, str] | None = None) -> Iterator[LiveAurora]:
    """``manage.py up`` until its readiness check passes; everything is stopped at the end."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with (home / "output.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=ROOT,
            env=environment(home, port, **(extra or {})),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    aurora = LiveAurora(url, home, process)
    try:
        wait_until_ready(aurora)
        yield aurora
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            raise


def wait_until_ready(aurora: LiveAurora) -> None:
    """Return when ``/health/ready`` says so. Raises AssertionError with the output when it never does."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if aurora.process.poll() is not None:
            break
        try:
            if httpx2.get(f"{aurora.url}/health/ready", timeout=5).status_code == 200:
                return
        except httpx2.HTTPError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"Aurora did not get ready:\n{aurora.output()}")
