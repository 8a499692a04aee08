"""The runs of one event loop: carried out detached from the connections that asked for them."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import time
from collections.abc import Coroutine, Sequence
from weakref import WeakKeyDictionary

from django.conf import settings

from agents.runs.bell import Bell
from agents.runs.database import in_database
from agents.runs.execution import Execution, Stop
from agents.runs.feeds import Feeds
from agents.runs.hub import Hub
from agents.runs.selectors import next_to_start, stopped_before
from agents.runs.upkeep import Upkeep
from agents.runs.writer import EventWriter
from agents.runtime.events import StoredEvent

logger = logging.getLogger(__name__)

# How long a process that shows a run is told of its progress without asking anew.
WATCH_SECONDS = 15.0
ENDING_SECONDS = 5.0

_hosts: WeakKeyDictionary[asyncio.AbstractEventLoop, RunHost] = WeakKeyDictionary()


class RunHost:
    """The runs of one event loop, with their writer and their readers."""

    def __init__(self) -> None:
        self.hub = Hub()
        self.bell = Bell.current()
        self.feeds = Feeds(self.hub, self.bell, self.has)
        self.writer = EventWriter(self._publish)
        self.draining = False
        self._executions: dict[str, Execution] = {}
        self._watched: dict[str, float] = {}
        self._errands: set[asyncio.Task[None]] = set()
        self.upkeep = Upkeep(self)
        self.bell.on_cancel = self.cancel
        self.bell.on_watch = self._watch
        self.bell.on_advance = self.feeds.advanced

    @classmethod
    def current(cls) -> RunHost:
        """The host of the running event loop, made on first use."""
        loop = asyncio.get_running_loop()
        if loop not in _hosts:
            _hosts[loop] = cls()
        return _hosts[loop]

    def has(self, run_id: str) -> bool:
        """Whether this host carries the run out, or is about to."""
        return run_id in self._executions

    def is_fresh(self, run_id: str) -> bool:
        """Whether this host is about to carry the run out and has shown nothing of it yet."""
        execution = self._executions.get(run_id)
        return execution is not None and not execution.attempt

    @property
    def is_busy(self) -> bool:
        return bool(self._executions)

    @property
    def attempts(self) -> dict[str, int]:
        """The runs that this host has claimed, each with its attempt."""
        return {run_id: execution.attempt for run_id, execution in self._executions.items() if execution.attempt}

    def start(self, run_id: str) -> None:
        """Begin a queued run, in a context of its own. Returns at once; nothing happens when it isn't its turn, or
        another process was quicker."""
        if self.draining:
            return
        if execution := self._executions.get(run_id):
            execution.again = True
            return
        execution = self._executions[run_id] = Execution(run_id, self.writer, self._publish)
        loop = asyncio.get_running_loop()
        execution.task = loop.create_task(self._carry_out(execution), context=contextvars.Context())
        execution.task.add_done_callback(lambda done: self._over(execution, done))
        self.upkeep.begin()

    async def carry_out(self, run_id: str) -> None:
        """Begin a queued run, and return when it is over here."""
        self.start(run_id)
        if (execution := self._executions.get(run_id)) is not None and execution.task is not None:
            await asyncio.wait([execution.task])

    def cancel(self, run_id: str) -> None:
        """Stop a run of this host whose cancellation was committed, if it has it."""
        if (execution := self._executions.get(run_id)) is not None and execution.attempt:
            execution.stop(Stop.CANCELLED)

    def lose(self, run_id: str, attempt: int) -> None:
        """Break off an attempt that isn't this host's any more; nothing of it can be written."""
        if (execution := self._executions.get(run_id)) is not None and execution.attempt == attempt:
            execution.stop(Stop.LOST)

    def start_next(self, run_id: str) -> None:
        """Begin the run whose turn came when this one ended, if it waits to be started."""
        self._run_errand(self._start_next(run_id))

    async def drain(self, seconds: float) -> None:
        """Take no more runs and let these finish for so long; those that don't end as failed with INTERRUPTED."""
        self.draining = True
        if self._executions and seconds > 0:
            await asyncio.wait(self._tasks(), timeout=seconds)
        for execution in self._executions.values():
            execution.stop(Stop.INTERRUPTED)
        if self._executions:
            await asyncio.wait(self._tasks(), timeout=ENDING_SECONDS)

    def _tasks(self) -> list[asyncio.Task[None]]:
        return [execution.task for execution in self._executions.values() if execution.task is not None]

    async def _carry_out(self, execution: Execution) -> None:
        await execution.carry_out()
        if not execution.attempt:
            # A run that must wait may wait for one that is to stop: whoever has it should know at once.
            for run_id in await in_database(stopped_before, execution.run_id):
                self.cancel(run_id)
                await self.bell.ring_cancel(run_id)

    def _over(self, execution: Execution, task: asyncio.Task[None]) -> None:
        del self._executions[execution.run_id]
        if not task.cancelled() and (failure := task.exception()):
            logger.error("run %s ended without being recorded", execution.run_id, exc_info=failure)
        # Should it go on elsewhere, its readers must look there.
        self.hub.turn_to_log(execution.run_id)
        if execution.again:
            self.start(execution.run_id)
        if execution.follower:
            self.start(execution.follower)

    async def _start_next(self, run_id: str) -> None:
        if (follower := await in_database(next_to_start, run_id)) is not None:
            self.start(follower)

    def _run_errand(self, errand: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(errand, context=contextvars.Context())
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    def _publish(self, run_id: str, events: Sequence[StoredEvent]) -> None:
        if not events:
            return
        self.hub.publish(run_id, events)
        if self._watched and (until := self._watched.get(run_id)):
            if until < time.monotonic():
                del self._watched[run_id]
            else:
                self.bell.advance({run_id: events[-1].seq})

    def _watch(self, run_ids: Sequence[str]) -> None:
        """Another process shows these runs, which this host has, or may have soon."""
        until = time.monotonic() + WATCH_SECONDS
        self._watched.update(dict.fromkeys(run_ids, until))

    def forget_watchers(self) -> None:
        """Drop what nobody has asked about for a while."""
        now = time.monotonic()
        self._watched = {run_id: until for run_id, until in self._watched.items() if until >= now}


async def drain_runs() -> None:
    """Let this process's runs finish within AURORA_DRAIN_SECONDS."""
    await RunHost.current().drain(settings.AURORA_DRAIN_SECONDS)
