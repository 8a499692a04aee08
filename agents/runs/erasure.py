"""Forgets a person's runs, and what they said about others'."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from agents.runs.ending import run_end, run_lock
from agents.runs.models import Feedback, Run, RunEvent
from agents.runs.tool_models import ToolCall
from audit.erasure import texts_erase
from aurora_site.core.erasure import Person

ERASED = "[erased]"


def runs_erase(person: Person) -> Mapping[str, int]:
    """Stop a person's runs and delete them with their events and calls.

    A process that still carries one out is refused from then on: what it writes needs the row.
    """
    runs = Run.objects.filter(actor_id=person.id)
    # Last in line first, so that none gets its turn for a moment.
    for run_id in list(
        runs.exclude(state__in=Run.FINAL_STATES).order_by("-created_at", "-pk").values_list("pk", flat=True)
    ):
        locked = run_lock(run_id)
        if locked is not None and locked.state not in Run.FINAL_STATES:
            run_end(run=locked, state=Run.State.CANCELLED)
    ids = list(runs.values_list("pk", flat=True))
    texts = texts_erase(subjects=("run", ids))
    events = RunEvent.objects.filter(run__in=runs).delete()[0]
    runs.delete()
    return {"runs": len(ids), "run_events": events, "ledger_texts": texts}


def opinions_erase(person: Person) -> Mapping[str, int]:
    """Delete a person's feedback, and their notes to other people's approvals wherever a run repeated them."""
    feedback = Feedback.objects.filter(user_id=person.id).delete()[0]
    decided = ToolCall.objects.filter(decided_by_id=person.id).exclude(note="").select_related("run")
    texts = 0
    for call in decided:
        texts += _note_erase(call)
    return {"feedback": feedback, "approval_notes": len(decided), "ledger_texts": texts}


def _note_erase(call: ToolCall) -> int:
    """Take a note out of its call and out of what the run showed and kept; how many ledger texts went for it."""
    run, note = call.run, call.note
    for event in RunEvent.objects.filter(run=run):
        data = _without(event.data, note)
        if data != event.data:
            RunEvent.objects.filter(pk=event.pk).update(data=data)
    fields = {name: _without(getattr(run, name), note) for name in ("checkpoint", "output", "error")}
    Run.objects.filter(pk=run.pk).update(**fields)
    ToolCall.objects.filter(pk=call.pk).update(note="", output=_without(call.output, note))
    return texts_erase(subjects=("run", [run.pk]), containing=note)


def _without(value: Any, text: str) -> Any:
    if isinstance(value, str):
        return value.replace(text, ERASED)
    if isinstance(value, dict):
        return {name: _without(held, text) for name, held in value.items()}
    return [_without(held, text) for held in value] if isinstance(value, list) else value


def questions_of(person: Person) -> Iterator[tuple[UUID, set[str]]]:
    """What a person asked and what was searched for it: organisation and texts, for each run that is still there."""
    searches = RunEvent.objects.filter(run__actor_id=person.id, type="tool.call")
    queries: dict[UUID, set[str]] = {}
    for run_id, data in searches.values_list("run_id", "data"):
        queries.setdefault(run_id, set()).add(str(data.get("arguments", {}).get("query", "")))
    for run in Run.objects.filter(actor_id=person.id).only("organization_id", "input"):
        yield run.organization_id, {str(run.input.get("question", "")), *queries.get(run.pk, ())} - {""}
