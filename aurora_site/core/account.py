"""Which account PostgreSQL runs as: it refuses to be root, so root lends it another one."""

from __future__ import annotations

import ctypes
import os
import pwd
import stat
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
CANDIDATES = ("postgres", "nobody")


class EmbeddedError(RuntimeError):
    """The embedded PostgreSQL can't be started; the message says why and how to mend it."""


@dataclass(frozen=True)
class Account:
    """How to start a PostgreSQL program: keyword arguments for ``subprocess`` and what runs in the child before it.

    ``uid`` and ``gid`` own the files; None means that the starting process's own account does.
    """

    uid: int | None = None
    gid: int | None = None
    before_exec: tuple[Callable[[], None], ...] = field(default=())

    def subprocess_arguments(self, *more: Callable[[], None]) -> dict[str, Any]:
        """Arguments for Popen or run. Use them in a process without threads: they fork."""
        steps = (*self.before_exec, *more)
        arguments: dict[str, Any] = {"preexec_fn": lambda: [step() for step in steps]} if steps else {}
        if self.uid is not None:
            arguments |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return arguments

    def give(self, path: Path) -> None:
        """Hand a file or folder made by this process to the account."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


def choose_account(home: Path, data: Path, programs: Path) -> Account:
    """The account for a cluster in ``data``: the owner's if it exists, else one that can enter home and programs.

    Where no account can (a checkout in root's own folder), a user namespace maps root to an unprivileged number, so
    that files stay root's. Raises EmbeddedError when that is refused too.
    """
    if os.geteuid() != 0:
        return Account()
    places = (home, programs)
    if data.exists():
        owner = data.stat()
        return _as_owner(owner.st_uid, owner.st_gid, places) if owner.st_uid else _in_namespace(places)
    for name in CANDIDATES:
        entry = _entry(name)
        if entry and blocking_folder(entry.pw_uid, entry.pw_gid, places) is None:
            return Account(entry.pw_uid, entry.pw_gid)
    return _in_namespace(places)


def blocking_folder(uid: int, gid: int, places: Iterable[Path]) -> Path | None:
    """The first folder on the way to one of the places that the account can't enter, or None."""
    for place in places:
        resolved = place.resolve()
        for folder in [*reversed(resolved.parents), resolved]:
            details = folder.stat()
            bit = stat.S_IXUSR if details.st_uid == uid else stat.S_IXGRP if details.st_gid == gid else stat.S_IXOTH
            if not details.st_mode & bit:
                return folder
    return None


def die_with_parent(signal_number: int) -> Callable[[], None]:
    """A step for the child: ask the kernel for a signal when the parent dies (on Linux; nothing elsewhere)."""

    def ask() -> None:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal_number)

    return ask


def _entry(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _as_owner(uid: int, gid: int, places: Iterable[Path]) -> Account:
    blocked = blocking_folder(uid, gid, places)
    if blocked is not None:
        raise EmbeddedError(
            f"The embedded database belongs to user {uid}, who can't enter {blocked}. "
            f"Allow it (chmod o+x {blocked}), or run Aurora as that user."
        )
    return Account(uid, gid)


def _in_namespace(places: Iterable[Path]) -> Account:
    # initdb looks its user up, so the number must be a known account's.
    inner = next((entry for name in CANDIDATES if (entry := _entry(name))), None) or next(
        (entry for entry in pwd.getpwall() if entry.pw_uid), None
    )
    if inner is not None:
        account = Account(before_exec=(_namespace_entrance(inner.pw_uid, inner.pw_gid),))
        try:
            subprocess.run(["/bin/sh", "-c", ":"], check=True, **account.subprocess_arguments())
            return account
        except (OSError, subprocess.SubprocessError):
            pass  # refused by the kernel or a container's rules; the message below says what to do
    blocked = blocking_folder(inner.pw_uid, inner.pw_gid, places) if inner else None
    raise EmbeddedError(
        "PostgreSQL refuses to run as root, user namespaces aren't allowed here, and "
        + (f"no other account can enter {blocked} (chmod o+x {blocked})." if blocked else "there is no other account.")
        + " Else run Aurora as an ordinary user, or put AURORA_HOME and the project where others may enter."
    )


def _namespace_entrance(inner_uid: int, inner_gid: int) -> Callable[[], None]:
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    def enter() -> None:
        if libc is None or libc.unshare(CLONE_NEWUSER) != 0:
            raise OSError(ctypes.get_errno(), "unshare")
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{inner_uid} {outer_uid} 1")
        Path("/proc/self/gid_map").write_text(f"{inner_gid} {outer_gid} 1")

    return enter
