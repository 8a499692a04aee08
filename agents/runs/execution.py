"""Carries out one run, from its claim to its end; whatever happens on the way becomes a state."""

from __future__ import annotations

import asyncio
import enum
import logging
from contextlib import aclosing

from agents.runs.database import OUTAGES, through_outages
from agents.runs.ending import INTERRUPTED, closing_events, run_finish
from agents.runs.executors import RunContext, RunOutcome, executor_for
from agents.runs.log import StaleAttempt
from agents.runs.models import Run
from agents.runs.recorder import RunRecorder
from agents.runs.services import run_claim, run_park
from agents.runs.writer import OUTAGE_SECONDS, EventWriter, Publish
from agents.runtime.events import Event

logger = logging.getLogger(__name__)

INTERNAL_ERROR = {"code": "INTERNAL_ERROR", "message": "Something failed inside Aurora.", "retryable": True}


class Stop(enum.Enum):
    """Why a run is stopped before its own end."""

    CANCELLED = "its cancellation was asked for"
    INTERRUPTED = "this process ends"
    UNSTORABLE = "it showed what can't be stored"
    LOST = "it isn't this process's any more"


class Execution:
    """One attempt of a run. ``attempt`` is 0 until it is claimed; ``again`` asks to begin anew once this one is over."""

    def __init__(self, run_id: str, writer: EventWriter, publish: Publish) -> None:
        self.run_id = run_id
        self.attempt = 0
        self.again = False
        self.follower: str | None = None
        self.task: asyncio.Task[None] | None = None
        self._writer = writer
        self._publish = publish
        self._stop: Stop | None = None
        self._interruptible = False

    def stop(self, why: Stop) -> None:
        """Break the run off where it stands, which closes its upstream call. The first reason counts, LOST above all."""
        if self._stop is None or why is Stop.LOST:
            self._stop = why
        if self._interruptible and self.task is not None:
            self._interruptible = False
            self.task.cancel()

    async def carry_out(self) -> None:
        """Claim the run, execute it and end it; ``follower`` is then the run whose turn it is. Returns at once when the
        run is another's or must wait."""
        if self._stop is not None:
            return
        claim = await through_outages(run_claim, OUTAGE_SECONDS, run_id=self.run_id)
        if claim is None:
            return
        run = claim.run
        self.attempt = run.attempt
        recorder = RunRecorder(self._writer, self.run_id, run.attempt, claim.last_seq, self._lost)
        outcome = RunOutcome(agent=run.agent, mode=run.mode, route=run.route, output=run.output, usage=run.usage)
        self._writer.runs += 1
        try:
            state = await self._execute_guarded(run, outcome, recorder)
            if self._stop is not Stop.LOST:
                await self._conclude(run, outcome, recorder, state)
        except (StaleAttempt, *OUTAGES) as failure:
            logger.warning("run %s is left to others: %s", self.run_id, failure or Stop.LOST.value)
        finally:
            self._writer.runs -= 1

    def _lost(self, failure: Exception) -> None:
        if isinstance(failure, (StaleAttempt, *OUTAGES)):
            logger.warning("run %s is broken off: %s", self.run_id, Stop.LOST.value)
            self.stop(Stop.LOST)
        else:
            logger.error("run %s showed what can't be stored", self.run_id, exc_info=failure)
            self.stop(Stop.UNSTORABLE)

    async def _execute_guarded(self, run: Run, outcome: RunOutcome, recorder: RunRecorder) -> Run.State:
        """Execute a run; whatever happens becomes a state, and the reason of a failure is kept in the outcome."""
        try:
            self._interruptible = True
            if self._stop is None:
                await self._execute(run, outcome, recorder)
        except asyncio.CancelledError:
            # Somebody other than ``stop`` cancels when the event loop ends.
            self._stop = self._stop or Stop.INTERRUPTED
            if self.task is not None:
                self.task.uncancel()
        except Exception as failure:
            if self._stop is None:
                logger.exception("run %s failed", self.run_id)
                outcome.error = {**INTERNAL_ERROR, "kind": type(failure).__name__}
        finally:
            self._interruptible = False
        match self._stop:
            case Stop.CANCELLED:
                return Run.State.CANCELLED
            case Stop.INTERRUPTED:
                outcome.error = dict(INTERRUPTED)
            case Stop.UNSTORABLE:
                outcome.error = {**INTERNAL_ERROR, "kind": "UnstorableEvent"}
        return Run.State.FAILED if outcome.error else Run.State.SUCCEEDED

    async def _execute(self, run: Run, outcome: RunOutcome, recorder: RunRecorder) -> None:
        context = RunContext(
            run_id=self.run_id,
            trace_id=run.trace_id,
            organization_id=str(run.organization_id),
            actor_id=run.actor_id,
            agent=run.agent,
            input=run.input,
            kind=run.kind,
            session_id=str(run.session_id or ""),
            attempt=run.attempt,
            checkpoint=run.checkpoint,
        )
        if run.checkpoint is None:
            started = {"agent": run.agent, "kind": run.kind, "attempt": run.attempt}
            recorder.record(Event("run.started", started))
        async with aclosing(executor_for(run.kind)(context, outcome)) as events:
            async for event in events:
                if (committed := recorder.record(event)) is not None:
                    await committed

    async def _conclude(self, run: Run, outcome: RunOutcome, recorder: RunRecorder, state: Run.State) -> None:
        if state == Run.State.SUCCEEDED and outcome.checkpoint is not None:
            if await self._park(run, outcome, recorder):
                return
            state = Run.State.CANCELLED
        if not outcome.output.get("answer") and recorder.text:
            outcome.output = {**outcome.output, "answer": recorder.text}
        append = await recorder.last(closing_events(run, outcome, state, has_message=recorder.has_message))
        if self._stop is Stop.LOST:
            raise StaleAttempt
        self.follower = await through_outages(
            run_finish, OUTAGE_SECONDS, run=run, append=append, outcome=outcome, state=state
        )
        self._publish(self.run_id, append.events)

    async def _park(self, run: Run, outcome: RunOutcome, recorder: RunRecorder) -> bool:
        """Lay the run aside; False when it is to be cancelled instead."""
        append = await recorder.last([])
        state = await through_outages(run_park, OUTAGE_SECONDS, run=run, append=append, outcome=outcome)
        self._publish(self.run_id, append.events)
        self.again = self.again or state == Run.State.QUEUED
        return state != Run.State.RUNNING
