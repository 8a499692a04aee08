"""The web page of index versions, for the installation's operators: what there is, how a build goes on, what to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from agents.knowledge import services
from agents.pages.access import is_part, operator_page
from agents.retrieval.errors import IndexVersionError
from agents.retrieval.models import IndexVersion
from agents.retrieval.selectors import VersionRow, rebuild_due, versions_listed

State = IndexVersion.State
WORDS = {State.ACTIVE: "In use", State.KEPT: "Kept", State.BUILDING: "Being built", State.FAILED: "Failed"}
DELETING = "Being deleted."


@dataclass(frozen=True)
class ShownVersion:
    """A version as the page draws it: its state in words, its size against the largest, and why what isn't possible."""

    row: VersionRow
    words: str
    percent: int
    no_switch: str
    no_delete: str

    @property
    def waits(self) -> bool:
        """Whether its state will change by itself."""
        return self.row.state == State.BUILDING or self.words == "Being deleted"


@require_safe
@operator_page
def index_versions(request: HttpRequest) -> HttpResponse:
    """All index versions, the newest first; the list itself when a script asks for it."""
    context: dict[str, Any] = {"section": "documents", "part": "versions", "can_edit": True}
    try:
        context |= _listed()
    except DatabaseError:
        context["unavailable"] = True
    return render(request, "agents/_versions.html" if is_part(request) else "agents/versions.html", context)


@require_POST
@operator_page
def rebuild(request: HttpRequest) -> HttpResponse:
    """Have a worker build a version and switch to it."""
    return _done(request, lambda actor: f"Index version {services.index_rebuild_request(actor_id=actor).name} is being "
                 "built. Searches use the present one until it is complete.")  # fmt: skip


@require_POST
@operator_page
def roll_back(request: HttpRequest) -> HttpResponse:
    """Switch back to the version that was searched before."""
    return _done(request, lambda actor: _searching(services.index_rollback(actor_id=actor)))


@require_POST
@operator_page
def switch(request: HttpRequest, name: str) -> HttpResponse:
    """Search a complete version from now on."""
    return _done(request, lambda actor: _searching(services.index_activate(name=name, actor_id=actor)))


@require_POST
@operator_page
def delete(request: HttpRequest, name: str) -> HttpResponse:
    """Give a version up."""

    def act(actor: str) -> str:
        services.index_delete(name=name, actor_id=actor)
        return f"Index version {name} is being deleted."

    return _done(request, act)


def _done(request: HttpRequest, action: Callable[[str], str]) -> HttpResponse:
    try:
        messages.success(request, action(str(request.user.pk)))
    except IndexVersionError as error:
        messages.error(request, str(error))
    except DatabaseError:
        messages.error(request, "The index can't be reached right now. Try again in a moment.")
    return redirect("index-version-page")


def _searching(version: IndexVersion) -> str:
    return f"Searches use index version {version.name} now."


def _listed() -> dict[str, Any]:
    rows = versions_listed()
    pinned: str = settings.AURORA_INDEX_VERSION
    largest = max((row.chunks for row in rows), default=0)
    former = max((row for row in rows if row.state == State.KEPT and row.activated_at), key=_activated, default=None)
    building = next((row for row in rows if row.state == State.BUILDING), None)
    return {
        "versions": [_shown(row, largest, pinned) for row in rows],
        "pinned": pinned,
        "former": former,
        "no_rollback": _no_rollback(rows, pinned),
        "no_rebuild": f"{building.name} is being built." if building else "",
        "due": rebuild_due(),
        "kept": settings.AURORA_INDEX_KEEP,
    }


def _activated(row: VersionRow) -> Any:
    return row.activated_at


def _no_rollback(rows: Sequence[VersionRow], pinned: str) -> str:
    if pinned:
        return f"AURORA_INDEX_VERSION pins {pinned}."
    if not any(row.state == State.KEPT and row.activated_at for row in rows):
        return "No earlier version is kept."
    return ""


def _shown(row: VersionRow, largest: int, pinned: str) -> ShownVersion:
    deleting = row.state == State.FAILED and row.note == DELETING
    return ShownVersion(
        row=row,
        words="Being deleted" if deleting else "Waits to be built" if not row.dimension else WORDS[State(row.state)],
        percent=round(100 * row.chunks / largest) if largest else 0,
        no_switch=_no_switch(row, pinned),
        no_delete=_no_delete(row, deleting=deleting),
    )


def _no_switch(row: VersionRow, pinned: str) -> str:
    if row.state == State.ACTIVE:
        return "It is the one in use."
    if row.state != State.KEPT:
        return "Only a complete version can be used."
    return f"AURORA_INDEX_VERSION pins {pinned}." if pinned else ""


def _no_delete(row: VersionRow, *, deleting: bool) -> str:
    if row.searched or row.state == State.ACTIVE:
        return "It is in use."
    if deleting:
        return "It is being deleted."
    return "It is being built." if row.state == State.BUILDING else ""
