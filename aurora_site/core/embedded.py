"""The embedded PostgreSQL as its users see it: attach to the installation's server, starting it when it isn't there.

The server's own process is the keeper's matter (``keeper.py``). Whether the server lives is asked of the server, never
of a file that says so.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from aurora_site.core.account import EmbeddedError
from aurora_site.core.cluster import NO_SUCH_PROCESS, USER, Cluster, socket_directory
from aurora_site.core.home import home as configured_home
from aurora_site.core.keeper import failure_file, lock_file, try_lock

MAIN_DATABASE = "aurora"
RETRIEVAL_DATABASE = "aurora_retrieval"
START_SECONDS = 60.0
PROJECT = Path(__file__).resolve().parents[2]

__all__ = ["EmbeddedError", "conninfo", "detach", "ensure_running", "is_kept", "server_process", "socket_directory"]


@dataclass
class _Attachment:
    users: int
    keeper: int


_attachments: dict[Path, _Attachment] = {}
_guard = threading.Lock()


def _renew_guard() -> None:
    # A fork may happen while another thread holds the guard. The locks themselves stay held: the child shares them.
    global _guard  # noqa: PLW0603
    _guard = threading.Lock()


os.register_at_fork(after_in_child=_renew_guard)


def conninfo(database: str, home: Path | None = None) -> str:
    """The libpq connection string of an embedded database."""
    return make_conninfo(host=str(socket_directory(home or configured_home())), user=USER, dbname=database)


def ensure_running(home: Path | None = None) -> None:
    """Attach this process to the installation's server until the process ends, and start the server if needed.

    Two system calls when all is well, so it is called before every connection. Raises EmbeddedError.
    """
    home = home or configured_home()
    if is_kept(home):
        return
    with _guard:
        attachment = _attachments.get(home)
        if attachment is None:
            attachment = _attachments[home] = _attach(home)
        with _starting_alone(home):
            _start(home, attachment)


def is_kept(home: Path | None = None) -> bool:
    """Whether this process is attached and the server has a living keeper."""
    attachment = _attachments.get(home or configured_home())
    return attachment is not None and _has_keeper(attachment)


def server_process(home: Path | None = None) -> int | None:
    """The process id that the server noted at its start: another one means that it was started again."""
    try:
        number = int((Cluster(home or configured_home()).data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None
    return None if number == NO_SUCH_PROCESS else number


def detach(home: Path | None = None, seconds: float = 15.0) -> bool:
    """Give up this process's use of the server; True once the server has stopped, False if others still use it."""
    home = home or configured_home()
    with _guard:
        attachment = _attachments.pop(home, None)
        if attachment is None:
            return True
        os.close(attachment.users)
        deadline = time.monotonic() + seconds
        try:
            while _has_keeper(attachment):
                if time.monotonic() > deadline or _has_other_users(home):
                    return not _has_keeper(attachment)
                time.sleep(0.02)
            return True
        finally:
            os.close(attachment.keeper)


def _has_other_users(home: Path) -> bool:
    descriptor = lock_file(home, "users")
    try:
        if try_lock(descriptor, fcntl.LOCK_EX):
            return False
        # Held: by a keeper that is stopping the server (exclusively), or by other users.
        return try_lock(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def _attach(home: Path) -> _Attachment:
    users = lock_file(home, "users")
    # Waits for a keeper that is just stopping the server.
    fcntl.flock(users, fcntl.LOCK_SH)
    return _Attachment(users=users, keeper=lock_file(home, "keeper"))


def _has_keeper(attachment: _Attachment) -> bool:
    if not try_lock(attachment.keeper, fcntl.LOCK_SH):
        return True
    fcntl.flock(attachment.keeper, fcntl.LOCK_UN)
    return False


@contextlib.contextmanager
def _starting_alone(home: Path) -> Iterator[None]:
    descriptor = lock_file(home, "start")
    try:
        deadline = time.monotonic() + START_SECONDS
        while not try_lock(descriptor, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise EmbeddedError("Another process is still starting the embedded PostgreSQL after a minute.")
            time.sleep(0.02)
        yield
    finally:
        os.close(descriptor)


def _start(home: Path, attachment: _Attachment) -> None:
    deadline = time.monotonic() + START_SECONDS
    keeper: subprocess.Popen[bytes] | None = None
    while not (_has_keeper(attachment) and _answers(home)):
        if keeper is not None and keeper.poll() is not None and failure_file(home).exists():
            raise EmbeddedError(failure_file(home).read_text())
        if time.monotonic() > deadline:
            raise EmbeddedError(f"The embedded PostgreSQL doesn't answer; see {home / 'log' / 'postgresql.log'}.")
        if (keeper is None or keeper.poll() is not None) and not _has_keeper(attachment):
            keeper = _spawn_keeper(home)
        time.sleep(0.02)
    if keeper is not None:
        # It outlives this process on purpose; reap it should it end before.
        threading.Thread(target=keeper.wait, name="keeper-reaper", daemon=True).start()


def _spawn_keeper(home: Path) -> subprocess.Popen[bytes]:
    failure_file(home).unlink(missing_ok=True)
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "aurora_site.core.keeper", str(home)],
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _answers(home: Path) -> bool:
    """Whether the server answers, with both databases there."""
    try:
        with psycopg.connect(conninfo("postgres", home), autocommit=True, connect_timeout=5) as connection:
            rows = connection.execute("SELECT datname FROM pg_database").fetchall()
            for name in {MAIN_DATABASE, RETRIEVAL_DATABASE} - {row[0] for row in rows}:
                connection.execute(f"CREATE DATABASE {name}")
                if name == RETRIEVAL_DATABASE:
                    _create_extension(home)
        return True
    except psycopg.OperationalError:
        return False


def _create_extension(home: Path) -> None:
    with psycopg.connect(conninfo(RETRIEVAL_DATABASE, home), autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
