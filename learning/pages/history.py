"""The versions of a plan, and what each changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from agents.pages.access import member_page
from aurora_site.accounts.identity import Identity
from learning.models import Plan
from learning.pages.access import page_context, plan_or_404
from learning.pages.missed import reasons_gone
from learning.selectors.plans import Difference, plan_history, plans_difference, version_ids

MOST_VERSIONS = 20
CHANGE_WORDS = {
    "minutes": "minutes",
    "title": "title",
    "kind": "kind",
    "part": "part",
    "parts": "parts",
    "start": "minutes into the day",
}


@dataclass(frozen=True)
class Changes:
    """What a version changed, with dates as dates. ``gone`` says of items that were missed why they are removed."""

    before: Plan
    after: Plan
    found: Difference
    gone: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.removed or self.moved or self.changed)

    @property
    def words(self) -> str:
        """The change in a line: "5 moved, 1 added"."""
        counts = [
            (len(rows), word) for rows, word in zip(self.lists, ("moved", "added", "removed", "changed"), strict=True)
        ]
        said = ", ".join(f"{count} {word}" for count, word in counts if count)
        return f"{said}; {self.found.kept} as before" if said else "Everything as before"

    @property
    def lists(self) -> Sequence[Sequence[Any]]:
        return self.moved, self.added, self.removed, self.changed

    @property
    def moved(self) -> list[dict[str, Any]]:
        rows = [{"title": row["title"], "old": _day(row["from"]), "new": _day(row["to"])} for row in self.found.moved]
        return sorted(rows, key=lambda row: (row["new"], row["title"]))

    @property
    def added(self) -> list[dict[str, Any]]:
        return [_dated(row) for row in self.found.added]

    @property
    def removed(self) -> list[dict[str, Any]]:
        return [_dated(row) | {"why": self.gone.get(row["uid"], "")} for row in self.found.removed]

    @property
    def changed(self) -> list[dict[str, Any]]:
        """What changed of items besides their day; where an item begins within its day is too little to tell."""
        rows = []
        for row in self.found.changed:
            told = {name: each for name, each in row["changes"].items() if name != "start"}
            if told:
                words = [
                    f"{CHANGE_WORDS.get(name, name)}: {each['from']} → {each['to']}" for name, each in told.items()
                ]
                rows.append(_dated(row) | {"words": ", ".join(words)})
        return rows


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _dated(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "on": _day(row["date"])}


@require_safe
@member_page
def changes(request: HttpRequest, identity: Identity, plan_id: UUID) -> HttpResponse:
    """What a version does otherwise than the one before; ``against`` names another one of the same plan."""
    after = plan_or_404(identity, plan_id)
    before = _before(after, request.GET.get("against", ""))
    context = page_context(identity, "plan") | {
        "plan": after,
        "learner": after.learner,
        "is_own": after.learner.user_id == identity.user_id,
        "changes": Changes(before, after, plans_difference(before, after), reasons_gone(before, after))
        if before
        else None,
    }
    return render(request, "learning/changes.html", context)


@require_safe
@member_page
def history(request: HttpRequest, identity: Identity, plan_id: UUID) -> HttpResponse:
    """All versions of a plan, newest first, each with what it changed."""
    plan = plan_or_404(identity, plan_id)
    ids = version_ids(plan)
    versions = plan_history(plan, ids[: MOST_VERSIONS + 1])
    pairs = zip(versions, [*versions[1:], None], strict=True)
    rows = [(each, Changes(older, each, plans_difference(older, each)) if older else None) for each, older in pairs]
    context = page_context(identity, "plan") | {
        "plan": plan,
        "learner": plan.learner,
        "is_own": plan.learner.user_id == identity.user_id,
        "versions": rows[:MOST_VERSIONS],
        "more": max(len(ids) - MOST_VERSIONS, 0),
    }
    return render(request, "learning/history.html", context)


def _before(after: Plan, against: str) -> Plan | None:
    """The version to compare with: the one that is asked for, else the one that was replaced."""
    ids = version_ids(after)
    wanted = next((each for each in ids if str(each) == against and each != after.pk), after.previous_id)
    found = plan_history(after, [wanted]) if wanted in ids else []
    return found[0] if found else None
