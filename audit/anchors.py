"""The anchor: signed heads also go to a file elsewhere or to an HTTP address, out of reach of whoever runs the database.

A thread of its own brings it up to date from ``heads.jsonl``, without the database, so sealing never waits for it. A file
gets every line; an address gets the newest head as the body of a POST, and accepts it by any status from 200 to 299.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import json
import logging
import os
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx2
from django.conf import settings
from django.utils import timezone

from audit import head_files, heads
from aurora_site.core.home import write_private

logger = logging.getLogger(__name__)

POST_SECONDS = 10.0
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
STATE_FILE, LOCK_FILE = "anchor.json", "anchor.lock"


class AnchorError(Exception):
    """The anchor didn't take a head; the message says why, without the address."""


class AnchorBusyError(AnchorError):
    """Another process of this home is sending."""


@dataclass(frozen=True)
class AnchorState:
    """What the anchor has: the newest head it took (0 while none), when it took it, and what went wrong since."""

    anchor: str = ""
    size: int = 0
    root: str = ""
    taken_at: str = ""
    error: str = ""


def is_address(anchor: str) -> bool:
    return anchor.startswith(("http://", "https://"))


def state() -> AnchorState:
    """How the configured anchor stands, whichever process of this home sends. Raises OSError."""
    with contextlib.suppress(FileNotFoundError, ValueError, TypeError):
        known = AnchorState(**json.loads((_folder() / STATE_FILE).read_text()))
        if known.anchor == _name():
            return known
    return AnchorState(anchor=_name())


def send() -> int:
    """Bring the anchor up to the newest saved head; the size that it then has.

    Raises AnchorBusyError, AnchorError when it can't be reached or refuses, and OSError when the state can't be kept.
    """
    if not settings.AURORA_LEDGER_ANCHOR:
        return 0
    with _alone():
        before = state()
        newest = heads.last_saved()
        if newest is None or (newest["size"], newest["root"]) == (before.size, before.root):
            return before.size
        try:
            _hand_over(settings.AURORA_LEDGER_ANCHOR, newest)
        except AnchorError as error:
            _keep(AnchorState(before.anchor, before.size, before.root, before.taken_at, str(error)))
            raise
        _keep(AnchorState(before.anchor, newest["size"], newest["root"], timezone.now().isoformat()))
        return int(newest["size"])


def _hand_over(anchor: str, newest: dict[str, Any]) -> None:
    try:
        if is_address(anchor):
            asyncio.run(_post(anchor, newest))
        else:
            with head_files.locked(Path(anchor).expanduser()) as file:
                file.append(head_files.following(heads.saved_path(), file.last()))
    except TimeoutError as error:
        raise AnchorError(f"No answer within {POST_SECONDS:g} seconds") from error
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise AnchorError(type(error).__name__) from error
    except OSError as error:
        raise AnchorError(error.strerror or type(error).__name__) from error


async def _post(address: str, head: dict[str, Any]) -> None:
    async with (
        asyncio.timeout(POST_SECONDS),
        httpx2.AsyncClient(timeout=POST_SECONDS, follow_redirects=False) as client,
        client.stream("POST", address, json=head) as response,
    ):
        # What else it says is of no interest, however long.
        if not response.is_success:
            raise AnchorError(f"It answered {response.status_code}")


def _folder() -> Path:
    return Path(settings.LEDGER_FOLDER)


def _name() -> str:
    """Tells anchors apart without their addresses, which may hold passwords."""
    return hashlib.sha256(settings.AURORA_LEDGER_ANCHOR.encode()).hexdigest()[:16]


def _keep(now: AnchorState) -> None:
    write_private(_folder() / STATE_FILE, json.dumps(asdict(now)))


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    _folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(_folder() / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise AnchorBusyError("Another process is sending") from error
    finally:
        os.close(descriptor)


class Sender:
    """The thread that sends: when it is woken, and again with growing pauses while the anchor fails."""

    def __init__(self) -> None:
        self._due = threading.Event()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._send, name="anchor", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """There may be a new head. Returns at once."""
        self._due.set()

    def stop(self, seconds: float) -> None:
        """Try once more with what is missing, and wait so long for it."""
        self._ending.set()
        self._due.set()
        self._thread.join(seconds)

    def _send(self) -> None:
        pause, trouble = FIRST_PAUSE, ""
        while True:
            is_last = self._ending.is_set()
            self._due.clear()
            is_sent, trouble = _attempt(trouble)
            if is_last:
                return
            if is_sent:
                pause = FIRST_PAUSE
                self._due.wait()
            else:
                self._ending.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE)


def _attempt(trouble: str) -> tuple[bool, str]:
    """Send; whether the anchor has everything, and what is wrong with it, which is logged once."""
    try:
        send()
    except AnchorBusyError:
        return False, trouble
    except (AnchorError, OSError) as error:
        if str(error) != trouble:
            logger.warning("The ledger's anchor failed: %s", error)
        return False, str(error)
    return True, ""
