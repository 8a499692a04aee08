"""Carries out runs on this process's event loop, detached from the connections that asked for them."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import time
from contextlib import aclosing
from weakref import WeakKeyDictionary

from django.conf import settings
from django.db import DatabaseError

from agents.runs import services
from agents.runs.database import in_database
from agents.runs.executors import RunContext, RunOutcome, executor_for
from agents.runs.hub import Hub
from agents.runs.log import StaleAttempt
from agents.runs.models import Run
from agents.runs.writer import EventWriter, RunRecorder
from agents.runtime.events import Event
from agents.runtime.events import error as error_event

logger = logging.getLogger(__name__)

CANCEL_POLL_SECONDS = 0.25
LEASE_RENEWAL_SECONDS = 5.0
INTERNAL_ERROR = {"code": "INTERNAL_ERROR", "message": "Something failed inside Aurora.", "retryable": True}

_hosts: WeakKeyDictionary[asyncio.AbstractEventLoop, RunHost] = WeakKeyDictionary()


class RunHost:
    """The runs of one event loop, with their writer and their readers."""

    def __init__(self) -> None:
        self.hub = Hub()
        self.writer = EventWriter(self.hub)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._begun: set[str] = set()
        self._cancelled: set[str] = set()
        self._watching: asyncio.Task[None] | None = None

    @classmethod
    def current(cls) -> RunHost:
        """The host of the running event loop, made on first use."""
        loop = asyncio.get_running_loop()
        if loop not in _hosts:
            _hosts[loop] = cls()
        return _hosts[loop]

    def start(self, run_id: str) -> None:
        """Begin a queued run, in a context of its own. Returns at once."""
        loop = asyncio.get_running_loop()
        task = loop.create_task(self._carry_out(run_id), context=contextvars.Context())
        self._tasks[run_id] = task
        task.add_done_callback(lambda done: self._forget(run_id, done))
        if self._watching is None or self._watching.done():
            self._watching = loop.create_task(self._watch(), context=contextvars.Context())

    def cancel(self, run_id: str) -> None:
        """Stop a run of this host, if it has it."""
        if run_id in self._tasks and run_id not in self._cancelled:
            self._cancelled.add(run_id)
            if run_id in self._begun:
                self._tasks[run_id].cancel()

    async def drain(self, seconds: float) -> None:
        """Let the runs finish for so long; those that don't end as failed with INTERRUPTED."""
        if self._tasks and seconds > 0:
            await asyncio.wait(list(self._tasks.values()), timeout=seconds)
        for task in list(self._tasks.values()):
            task.cancel()
        if self._tasks:
            await asyncio.wait(list(self._tasks.values()), timeout=5)

    def _forget(self, run_id: str, task: asyncio.Task[None]) -> None:
        self._tasks.pop(run_id, None)
        self._begun.discard(run_id)
        self._cancelled.discard(run_id)
        if not task.cancelled() and (failure := task.exception()):
            logger.error("run %s ended without being recorded", run_id, exc_info=failure)

    async def _carry_out(self, run_id: str) -> None:
        run = await in_database(services.run_claim, run_id=run_id)
        if run is None:
            return
        recorder = RunRecorder(self.writer, run_id, run.attempt)
        outcome = RunOutcome(agent=run.agent)
        self._begun.add(run_id)
        state = await self._execute_guarded(run, outcome, recorder)
        self._begun.discard(run_id)
        await self._finish(run, outcome, recorder, state)

    async def _execute_guarded(self, run: Run, outcome: RunOutcome, recorder: RunRecorder) -> Run.State:
        """Execute a run; whatever happens becomes a state, and the reason of a failure is kept in the outcome."""
        run_id = str(run.pk)
        try:
            if run_id in self._cancelled:
                return Run.State.CANCELLED
            await self._execute(run, outcome, recorder)
        except asyncio.CancelledError:
            if run_id in self._cancelled:
                return Run.State.CANCELLED
            outcome.error = dict(services.INTERRUPTED)
        except Exception as failure:
            logger.exception("run %s failed", run_id)
            outcome.error = {**INTERNAL_ERROR, "kind": type(failure).__name__}
        return Run.State.FAILED if outcome.error else Run.State.SUCCEEDED

    async def _execute(self, run: Run, outcome: RunOutcome, recorder: RunRecorder) -> None:
        context = RunContext(
            run_id=str(run.pk),
            trace_id=run.trace_id,
            organization_id=str(run.organization_id),
            actor_id=run.actor_id,
            agent=run.agent,
            input=run.input,
        )
        await recorder.record(Event("run.started", {"agent": run.agent, "kind": run.kind, "attempt": run.attempt}))
        async with aclosing(executor_for(run.kind)(context, outcome)) as events:
            async for event in events:
                await recorder.record(event)

    async def _finish(self, run: Run, outcome: RunOutcome, recorder: RunRecorder, state: Run.State) -> None:
        await recorder.close()
        events = []
        if outcome.error and outcome.error.get("code") in ("INTERRUPTED", "INTERNAL_ERROR"):
            events = [error_event(outcome.error["code"], outcome.error["message"], retryable=True)]
        finished = services.finished_event(run=run, outcome=outcome, state=state)
        try:
            await recorder.finish([*events, finished], services.run_finisher(outcome=outcome, state=state))
        except StaleAttempt:
            logger.warning("run %s was finished by another attempt", run.pk)

    async def _watch(self) -> None:
        """Stop runs that another process was asked to cancel, and keep the leases of all while the database answers."""
        renewed = time.monotonic()
        while self._tasks:
            await asyncio.sleep(CANCEL_POLL_SECONDS)
            try:
                for run_id in await in_database(services.runs_to_cancel, list(self._tasks)):
                    self.cancel(run_id)
                if time.monotonic() - renewed >= LEASE_RENEWAL_SECONDS:
                    await in_database(services.leases_renew, list(self._begun))
                    renewed = time.monotonic()
            except DatabaseError as failure:
                logger.warning("leases can't be renewed: %s", failure)


async def drain_runs() -> None:
    """Let this process's runs finish within AURORA_DRAIN_SECONDS."""
    await RunHost.current().drain(settings.AURORA_DRAIN_SECONDS)
