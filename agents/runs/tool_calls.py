"""The record of a run's tool calls: a row for each, written before the call begins and after it ends."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from agents.runs.database import in_database
from agents.runs.executors import RunContext, RunOutcome
from agents.runs.models import Run
from agents.runs.tool_models import ToolCall
from agents.runs.tool_records import (
    Owner,
    call_finished_record,
    call_given_up_record,
    call_in_doubt_record,
    call_refused_record,
    call_started_record,
    owner_of,
)
from agents.runs.values import fit
from agents.runtime.calls import CallResult, Decision, PlannedCall
from audit.services import record

State = ToolCall.State
_UNBEGUN = (State.PROPOSED, State.APPROVED)
IN_DOUBT = "The run ended while the call was being made. It is not known whether it took effect."


@dataclass(frozen=True)
class RunCalls:
    """The tool calls of one run, as its turn sees them (``agents.runtime.calls.CallLedger``)."""

    context: RunContext

    async def open(self, calls: Sequence[PlannedCall]) -> set[str]:
        return await in_database(calls_open, context=self.context, calls=calls)

    async def close(self, results: Sequence[CallResult]) -> None:
        await in_database(calls_close, context=self.context, results=results)

    async def refuse(self, calls: Sequence[PlannedCall]) -> None:
        await in_database(calls_refuse, context=self.context, calls=calls)

    async def propose(self, calls: Sequence[PlannedCall], summaries: Mapping[str, str]) -> dict[str, str]:
        return await in_database(calls_propose, context=self.context, calls=calls, summaries=summaries)

    async def decisions(self, call_ids: Sequence[str]) -> dict[str, Decision]:
        return await in_database(call_decisions, run_id=self.context.run_id, call_ids=call_ids)

    async def start(self, call_id: str) -> bool:
        return await in_database(call_start, context=self.context, call_id=call_id)


def calls_open(*, context: RunContext, calls: Sequence[PlannedCall]) -> set[str]:
    """Note that calls begin. Returns the ids of those that the run has made before, which get no row."""
    try:
        with transaction.atomic():
            ToolCall.objects.bulk_create([_row(context, call, State.RUNNING, started_at=Now()) for call in calls])
            for call in calls:
                call_started_record(owner_of(context), call)
    except IntegrityError:
        return {call.call_id for call in calls if not _opened(context, call)}
    return set()


def _opened(context: RunContext, call: PlannedCall) -> bool:
    with transaction.atomic():
        if not _inserted(_row(context, call, State.RUNNING, started_at=Now())):
            return False
        call_started_record(owner_of(context), call)
    return True


def calls_close(*, context: RunContext, results: Sequence[CallResult]) -> None:
    """Note what calls came to. One that the run's end has closed already stays as it is."""
    with transaction.atomic():
        for result in results:
            closed = _running(context.run_id, result.call.call_id).update(
                state=State.SUCCEEDED if result.ok else State.FAILED,
                output=fit(result.output),
                output_characters=result.characters,
                finished_at=Now(),
            )
            if closed:
                call_finished_record(owner_of(context), result)


def calls_refuse(*, context: RunContext, calls: Sequence[PlannedCall]) -> None:
    """Note that calls which a model asked for aren't made."""
    with transaction.atomic():
        for call in calls:
            call_refused_record(owner_of(context), call)


def calls_propose(*, context: RunContext, calls: Sequence[PlannedCall], summaries: Mapping[str, str]) -> dict[str, str]:
    """Ask for approval of calls. Returns by call id when each expires; those that the run has made before are left out."""
    expires_at = Now() + timedelta(seconds=settings.AURORA_APPROVAL_SECONDS)
    with transaction.atomic():
        for call in calls:
            if not _inserted(_row(context, call, State.PROPOSED, expires_at=expires_at)):
                continue
            record(
                event="agents.approval_requested",
                organization_id=context.organization_id,
                actor_id=context.actor_id,
                subject=("run", context.run_id),
                trace_id=context.trace_id,
                data={"call_id": call.call_id, "tool": call.name, "fingerprint": call.fingerprint},
                personal={"summary": summaries[call.call_id]},
            )
        asked = ToolCall.objects.filter(run_id=context.run_id, call_id__in=[call.call_id for call in calls])
        return {row.call_id: row.expires_at.isoformat() for row in asked if row.expires_at}


def call_decisions(*, run_id: str, call_ids: Sequence[str]) -> dict[str, Decision]:
    """What was decided about calls; undecided ones are left out."""
    rows = ToolCall.objects.filter(run_id=run_id, call_id__in=call_ids).exclude(state=State.PROPOSED)
    return {
        row.call_id: Decision(
            # Whatever was begun had been approved.
            state=row.state if row.state in (State.DENIED, State.EXPIRED) else State.APPROVED,
            decided_by=row.decided_by_id or "",
            note=row.note,
        )
        for row in rows
    }


def call_start(*, context: RunContext, call_id: str) -> bool:
    """Begin an approved call; False when it isn't approved, or was begun before."""
    calls = ToolCall.objects.filter(run_id=context.run_id, call_id=call_id)
    with transaction.atomic():
        if not calls.filter(state=State.APPROVED).update(state=State.RUNNING, started_at=Now()):
            return False
        call_started_record(owner_of(context), calls.get())
    return True


def calls_abandon(*, context: RunContext, keep: Sequence[str]) -> None:
    """Give up what a lost attempt left to be decided or begun; ``keep`` are the calls that the next one goes on with."""
    with transaction.atomic():
        _give_up(ToolCall.objects.filter(run_id=context.run_id).exclude(call_id__in=keep), owner_of(context))


def calls_end(run: Run, outcome: RunOutcome) -> None:
    """Close the calls of a run that ends: those under way are in doubt, those that wait can't be approved any more."""
    calls = ToolCall.objects.filter(run=run)
    if not calls.filter(state__in=[State.RUNNING, *_UNBEGUN]).exists():
        return
    for call in calls.filter(state=State.RUNNING):
        if _running(run.pk, call.call_id).update(state=State.FAILED, output=IN_DOUBT, finished_at=Now()):
            call_in_doubt_record(owner_of(run), call)
    _give_up(calls, owner_of(run))


def _give_up(calls: QuerySet[ToolCall], owner: Owner) -> None:
    for call in calls.filter(state__in=_UNBEGUN):
        if ToolCall.objects.filter(pk=call.pk, state__in=_UNBEGUN).update(state=State.EXPIRED):
            call_given_up_record(owner, call)


def _row(context: RunContext, call: PlannedCall, state: str, **times: object) -> ToolCall:
    # A run that is carried out anew, since it had shown and done nothing, may make the calls of its lost attempt again.
    unique = hashlib.sha256(f"{context.attempt}:{call.fingerprint}".encode()).hexdigest()
    return ToolCall(
        run_id=context.run_id,
        call_id=call.call_id,
        name=call.name,
        arguments=call.arguments,
        fingerprint=unique,
        effect=call.effect,
        state=state,
        **times,
    )


def _inserted(row: ToolCall) -> bool:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return False
    return True


def _running(run_id: UUID | str, call_id: str) -> QuerySet[ToolCall]:
    return ToolCall.objects.filter(run_id=run_id, call_id=call_id, state=State.RUNNING)
