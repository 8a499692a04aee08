"""The keeper: a detached process that runs the embedded PostgreSQL for as long as any process uses it.

Every user holds a shared lock on ``users.lock``; the kernel frees it however the user ends. When the keeper gets the
exclusive lock nobody is left, and it stops the server. ``keeper.lock`` is held by the one keeper of an installation.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from aurora_site.core.account import EmbeddedError
from aurora_site.core.cluster import Cluster, stop

POLL_SECONDS = 0.2
FIRST_START_TRIES = 5
LONGEST_PAUSE = 15.0
QUICK_DEATH_SECONDS = 10.0


def lock_file(home: Path, name: str) -> int:
    """Open (and make) one of the installation's lock files; the descriptor isn't inherited by started programs."""
    folder = home / "locks"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return os.open(folder / f"{name}.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)


def failure_file(home: Path) -> Path:
    """Where a keeper that gives up writes why."""
    return home / "locks" / "keeper.failure"


def try_lock(descriptor: int, kind: int) -> bool:
    """Take a lock without waiting."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        return True
    except BlockingIOError:
        return False


class Keeper:
    """Starts the server, restarts it with growing pauses, and stops it when it isn't used any more."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.users = lock_file(home, "users")
        self.identity = (home.stat().st_dev, home.stat().st_ino)
        self.asked_to_stop = False
        self.was_ready = False

    def run(self) -> None:
        """Serve until unused. Raises EmbeddedError when the first start fails."""
        cluster = Cluster(self.home)
        quick_deaths = 0
        while not self._is_over():
            cluster.prepare()
            process, started = cluster.start(), time.monotonic()
            self._watch(cluster, process)
            if process.poll() is None:
                stop(process)
                return
            quick_deaths = quick_deaths + 1 if time.monotonic() - started < QUICK_DEATH_SECONDS else 1
            if not self.was_ready and quick_deaths >= FIRST_START_TRIES:
                raise EmbeddedError(f"The embedded PostgreSQL doesn't start:\n{cluster.log_tail()}")
            self._pause(min(0.1 * 2**quick_deaths, LONGEST_PAUSE))

    def _watch(self, cluster: Cluster, process: subprocess.Popen[bytes]) -> None:
        while process.poll() is None and not self._is_over():
            self.was_ready = self.was_ready or cluster.is_ready()
            cluster.rotate_log()
            time.sleep(POLL_SECONDS)

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self._is_over():
            time.sleep(min(POLL_SECONDS, seconds))

    def _is_over(self) -> bool:
        """Whether nobody uses the server any more, its folder vanished, or it was told to stop.

        The exclusive lock, once gained, is kept to the end: a newcomer waits until the server has stopped.
        """
        try:
            details = self.home.stat()
        except OSError:
            return True
        vanished = (details.st_dev, details.st_ino) != self.identity
        return self.asked_to_stop or vanished or try_lock(self.users, fcntl.LOCK_EX)

    def ask_to_stop(self, *_: object) -> None:
        self.asked_to_stop = True


def main(home: Path) -> int:
    """Keep the PostgreSQL of ``home``; returns at once when another keeper does."""
    os.umask(0o077)
    own = lock_file(home, "keeper")
    if not try_lock(own, fcntl.LOCK_EX):
        return 0
    failure_file(home).unlink(missing_ok=True)
    keeper = Keeper(home)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, keeper.ask_to_stop)
    try:
        keeper.run()
    except (EmbeddedError, OSError) as error:
        failure_file(home).write_text(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
