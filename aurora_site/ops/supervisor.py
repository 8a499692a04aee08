"""Keeps the parts of an installation running: restarts what died, with growing pauses; stops all together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from django.db import DatabaseError, connections

from aurora_site.core import embedded
from aurora_site.ops.child import SUPERVISOR
from aurora_site.ops.probe import WebProbe
from aurora_site.ops.recovery import recovery_record

PROJECT = Path(__file__).resolve().parents[2]
TICK_SECONDS = 0.1
DATABASE_EVERY_SECONDS = 1.0
HEALTHY_AFTER_SECONDS = 30.0
OTHERS_AFTER_SECONDS = 5.0
FIRST = frozenset({"setup", "web"})
LONGEST_PAUSE = 30.0
FIRST_START_TRIES = 5
KILL_AFTER_SECONDS = 5.0


class PartFailedError(RuntimeError):
    """A part died again and again before it ever ran; the message names it."""


@dataclass
class Part:
    """A child process and how its starts went."""

    name: str
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    quick_deaths: int = 0
    start_at: float = 0.0
    has_run: bool = False
    # Ends by itself, once; the others run until they are asked to end.
    is_errand: bool = False
    is_done: bool = False
    why: str = field(default="", repr=False)

    def start(self) -> None:
        """Start the process in a session of its own, so that Ctrl-C reaches the supervisor alone."""
        self.process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "aurora_site.ops.child", self.name],
            cwd=PROJECT,
            env={**os.environ, SUPERVISOR: str(os.getpid())},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.started = time.monotonic()

    def has_died(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def plan_restart(self) -> float:
        """Note a death; the pause before the next start, in seconds."""
        lived = time.monotonic() - self.started
        self.quick_deaths = 0 if lived > HEALTHY_AFTER_SECONDS else self.quick_deaths + 1
        pause = 0.0 if self.quick_deaths <= 1 else min(0.25 * 2**self.quick_deaths, LONGEST_PAUSE)
        code = self.process.returncode if self.process else 0
        self.why = f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
        self.process, self.start_at = None, time.monotonic() + pause
        return pause


class Supervisor:
    """Runs parts until ``stopping`` is set. ``say`` prints a line for the person at the terminal."""

    def __init__(self, names: list[str], say: Callable[[str], None], probe: WebProbe | None) -> None:
        self.parts = [Part(name, is_errand=name == "setup") for name in names]
        self.say = say
        self.probe = probe
        self.stopping = False
        self.uses_embedded = embedded.is_kept()
        self._unrecorded: deque[dict[str, str]] = deque(maxlen=100)
        self._database_checked = 0.0
        self._server: int | None = None

    def run(self, drain_seconds: float) -> None:
        """Start everything and watch it. Raises PartFailedError; whatever happens, no child is left."""
        try:
            self._start_all()
            while not self.stopping:
                self._tick()
                time.sleep(TICK_SECONDS)
        finally:
            self.stop(drain_seconds)

    def _start_all(self) -> None:
        """Start the web server, and the rest once it answers: people wait for the one and not for the others."""
        later = time.monotonic() + (OTHERS_AFTER_SECONDS if self.probe else 0.0)
        for part in self.parts:
            if part.name in FIRST:
                part.start()
            else:
                part.start_at = later
        if self.probe:
            self.probe.start()

    def _tick(self) -> None:
        for part in self.parts:
            if part.is_done:
                continue
            if part.process is None and (time.monotonic() >= part.start_at or self._may_start_early(part)):
                part.start()
                if part.why:
                    self._note(f"process {part.name}", part.why, "started it again", "running")
            elif part.has_died():
                self._bury(part)
            elif part.process is not None and time.monotonic() - part.started > HEALTHY_AFTER_SECONDS:
                part.has_run = True
        self._watch_web()
        if time.monotonic() - self._database_checked > DATABASE_EVERY_SECONDS:
            self._database_checked = time.monotonic()
            self._watch_database()
            self._record()

    def _may_start_early(self, part: Part) -> bool:
        return not part.why and self.probe is not None and self.probe.has_answered

    def _bury(self, part: Part) -> None:
        if part.is_errand:
            if part.process is not None and part.process.returncode:
                raise PartFailedError("Setting up failed; what went wrong stands above.")
            part.is_done = True
            return
        pause = part.plan_restart()
        has_run = part.has_run or (part.name == "web" and self.probe is not None and self.probe.has_answered)
        if not has_run and part.quick_deaths >= FIRST_START_TRIES:
            raise PartFailedError(f"The part {part.name} {part.why} {part.quick_deaths} times in a row.")
        self.say(f"The part {part.name} {part.why}; starting it again" + (f" in {pause:.1f} s." if pause else "."))

    def _watch_web(self) -> None:
        web = next((part for part in self.parts if part.name == "web"), None)
        if web is None or web.process is None or self.probe is None:
            return
        if self.probe.is_stuck(since=web.started):
            self.say("The web server doesn't answer; killing it to start it again.")
            web.process.kill()
            web.process.wait()

    def _watch_database(self) -> None:
        if not self.uses_embedded:
            return
        if not embedded.is_kept():
            try:
                embedded.ensure_running()
            except embedded.EmbeddedError as error:
                self.say(str(error))
                return
        # Any part that connects starts the server too, so another process than before is all there is to see.
        before, self._server = self._server, embedded.server_process() or self._server
        if before is not None and self._server != before:
            self._note("embedded PostgreSQL", "its keeper ended", "started it again", "running")

    def _note(self, what: str, why: str, action: str, result: str) -> None:
        self._unrecorded.append({"what": what, "why": why, "action": action, "result": result})

    def _record(self) -> None:
        """Write recoveries down as soon as the database takes them."""
        while self._unrecorded:
            try:
                recovery_record(**self._unrecorded[0])
            except DatabaseError:
                return
            finally:
                connections.close_all()
            self._unrecorded.popleft()

    def stop(self, drain_seconds: float) -> None:
        """Ask all parts to end, and kill what doesn't within the time for draining and a few seconds more."""
        if self.probe:
            self.probe.stop()
        running = [part.process for part in self.parts if part.process is not None and part.process.poll() is None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + drain_seconds + KILL_AFTER_SECONDS
        for process in running:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
