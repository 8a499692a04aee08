"""AURORA_HOME: where an installation keeps its database, models, uploads, ledger heads and generated secrets."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from aurora_site.core import env

SECRETS_FILE = "secrets.json"

# What the secrets file held, by the state of the file that it was read from.
_read: tuple[tuple[Path, int, int, int], Mapping[str, Any]] | None = None


@lru_cache(maxsize=1)
def home() -> Path:
    """The installation's folder, made if missing.

    A folder that can't be written is replaced by one under the temporary folder, as the learning API promised for its
    store; ``home_was_replaced`` tells, and start-up says it loudly.
    """
    wanted = Path(env.read("AURORA_HOME")).expanduser().absolute()
    if _writable(wanted):
        return wanted
    fallback = Path(tempfile.gettempdir()) / f"aurora-home-{os.getuid()}"
    if not _writable(fallback) or fallback.stat().st_uid != os.getuid():
        raise PermissionError(f"AURORA_HOME ({wanted}) can't be written, and neither can {fallback}.")
    return fallback


def home_was_replaced() -> bool:
    """Whether AURORA_HOME couldn't be written and a temporary folder stands in for it."""
    return home() != Path(env.read("AURORA_HOME")).expanduser().absolute()


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o755)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def secret(name: str) -> str:
    """A random secret of this installation, 64 hexadecimal characters, generated once and kept with mode 600."""
    if name in (known := secrets_kept()):
        return str(known[name])
    with _secrets_locked() as path:
        known = dict(secrets_kept())
        if name not in known:
            known[name] = secrets.token_hex(32)
            write_private(path, json.dumps(known, indent=1))
        return str(known[name])


def secrets_kept() -> Mapping[str, Any]:
    """What the secrets file holds now: secrets by name, and lists of former ones. Another process may have changed it."""
    global _read  # noqa: PLW0603 one memory a process
    path = home() / SECRETS_FILE
    try:
        state = path.stat()
    except FileNotFoundError:
        return {}
    version = path, state.st_ino, state.st_mtime_ns, state.st_size
    if _read is None or _read[0] != version:
        _read = version, json.loads(path.read_text())
    return _read[1]


def secret_replace(name: str, *, kept_as: str, keep: Callable[[str], str]) -> None:
    """Generate a secret anew; ``keep`` of the former one goes to the front of the list named ``kept_as``."""
    former = secret(name)
    with _secrets_locked() as path:
        known = dict(secrets_kept())
        former = str(known.get(name, former))
        known[kept_as] = [keep(former), *known.get(kept_as, [])]
        known[name] = secrets.token_hex(32)
        write_private(path, json.dumps(known, indent=1))


@contextlib.contextmanager
def _secrets_locked() -> Iterator[Path]:
    path = home() / SECRETS_FILE
    descriptor = os.open(path.with_suffix(".lock"), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield path
    finally:
        os.close(descriptor)


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step, readable by its owner alone."""
    temporary = path.with_suffix(".new")
    descriptor = os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
