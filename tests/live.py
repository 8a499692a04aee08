"""Starts a whole Aurora in a process of its own, as a user would, and waits until it is ready."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
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
    """A running installation, or a part of one: where it listens, where it lives, and its supervisor's process."""

    url: str
    home: Path
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def output(self) -> str:
        return self.log.read_text()


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


def launch(home: Path, *arguments: str, extra: Mapping[str, str] | None = None, port: int = 0) -> LiveAurora:
    """``manage.py up`` with arguments, in a process of its own. Returns at once."""
    port = port or free_port()
    log = home / f"output{''.join(arguments)}.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up", *arguments],
            cwd=ROOT,
            env=environment(home, port, **(extra or {})),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    return LiveAurora(f"http://127.0.0.1:{port}", home, process, log)


def stop(aurora: LiveAurora) -> None:
    """Ask it to end as an operator would. Raises TimeoutExpired when it doesn't, after killing it."""
    aurora.process.send_signal(signal.SIGTERM)
    try:
        aurora.process.wait(30)
    except subprocess.TimeoutExpired:
        aurora.process.kill()
        raise


@contextmanager
def start_aurora(home: Path, extra: Mapping[str, str] | None = None) -> Iterator[LiveAurora]:
    """``manage.py up`` until its readiness check passes; everything is stopped at the end."""
    aurora = launch(home, extra=extra)
    try:
        wait_until_ready(aurora)
        yield aurora
    finally:
        stop(aurora)


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


def enterable(folder: Path) -> Path:
    """Let the embedded PostgreSQL's account, which is another one under root, pass through a temporary folder."""
    for each in (folder, *folder.parents):
        if each.stat().st_uid == os.getuid():
            each.chmod(each.stat().st_mode | 0o011)
    return folder


@contextmanager
def temporary_home(prefix: str) -> Iterator[Path]:
    """A folder for an installation that may start its PostgreSQL again at any time. pytest's own folders won't do: each
    session of pytest closes their parent to other accounts."""
    with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as folder:
        yield enterable(Path(folder))


def processes_of(home: Path) -> dict[int, list[str]]:
    """Every living process of the installation: its command line or its environment names the home."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_bytes()
            variables = (folder / "environ").read_bytes().split(b"\0")
            if words and (f"AURORA_HOME={home}".encode() in variables or os.fsencode(home / "pg") in words):
                found[int(folder.name)] = words.decode(errors="replace").split("\0")
    return found


def part_pid(aurora: LiveAurora, name: str) -> int | None:
    """The process of one part (web, worker, beat) under this supervisor."""
    for pid, words in processes_of(aurora.home / "home").items():
        with contextlib.suppress(OSError):
            parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
            if name in words and parent == aurora.process.pid:
                return pid
    return None
