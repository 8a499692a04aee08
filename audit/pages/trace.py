"""The page that follows one trace: from a question to its answer, with the evidence for each step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from agents.chat.selectors import sessions_of
from agents.pages.access import is_part, member_page
from agents.runs.models import Run
from agents.runs.selectors import runs_visible_to
from audit.pages.checking import Checker, Standing, Verdict, worst
from audit.pages.entries import Entry, own_entries, trace_entries
from audit.pages.parts import Told, item_of, parts_of
from audit.pages.people import names_of
from audit.pages.sources import sources_of
from audit.pages.story import QUESTION, Story, stories_of
from audit.pages.wording import when_of
from aurora_site.accounts.identity import Identity
from aurora_site.accounts.models import Role

LONGEST_TITLE = 300
LONGEST_TRACE_ID = 64


@require_safe
@member_page
def trace(request: HttpRequest, identity: Identity, trace_id: str) -> HttpResponse:
    """A trace, for the organisation's administrators; for others, as far as it is about their own runs. Without
    its frame when a script asks for it."""
    if len(trace_id) > LONGEST_TRACE_ID or "\x00" in trace_id:
        raise Http404("There is no such trace.")
    is_admin = identity.has_role(Role.ADMIN)
    runs = _runs(identity, trace_id, is_admin=is_admin)
    entries = _entries(identity, trace_id, runs, is_admin=is_admin)
    if not entries:
        raise Http404("There is no such trace, or it is not yours to read.")
    checker = Checker()
    verdicts = checker.verdicts(entries)
    return render(
        request,
        "audit/_trace.html" if is_part(request) else "audit/trace.html",
        {
            "section": "ledger",
            "organization": identity.organization,
            "is_admin": is_admin,
            "trace_id": trace_id,
            "seal": checker.seal,
            "verdicts": verdicts,
            **_summary(verdicts),
            **_told(identity, entries, verdicts, runs),
        },
    )


def _runs(identity: Identity, trace_id: str, *, is_admin: bool) -> dict[str, Run]:
    visible = runs_visible_to(organization_id=identity.organization_id, user_id=identity.user_id, is_admin=is_admin)
    return {str(run.pk): run for run in visible.filter(trace_id=trace_id)}


def _entries(identity: Identity, trace_id: str, runs: dict[str, Run], *, is_admin: bool) -> list[Entry]:
    if is_admin:
        return trace_entries(organization_id=identity.organization_id, trace_id=trace_id)
    return own_entries(
        organization_id=identity.organization_id, trace_id=trace_id, user_id=identity.user_id, run_ids=list(runs)
    )


def _summary(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    return {
        "standing": worst(verdict.standing for verdict in verdicts),
        "tampered": [verdict for verdict in verdicts if verdict.standing is Standing.TAMPERED],
        "waiting": sum(verdict.standing is Standing.WAITING for verdict in verdicts),
    }


def _told(
    identity: Identity, entries: Sequence[Entry], verdicts: Sequence[Verdict], runs: dict[str, Run]
) -> dict[str, Any]:
    stories, others = stories_of(entries)
    by_record = {verdict.entry.record.pk: verdict for verdict in verdicts}
    names = names_of((person for entry in entries for person in entry.people), own_id=identity.user_id)

    def told(story: Story) -> Told:
        run = runs.get(story.run_id)
        citations = run.output.get("citations") or [] if run else []
        sources = sources_of(identity.organization_id, story.data, citations)
        return Told(
            judge=lambda entry: by_record[entry.record.pk],
            names=names,
            sources=sources,
            session_url=_session_url(identity, run),
            state=run.state if run else "",
        )

    alone = Told(judge=lambda entry: by_record[entry.record.pk], names=names, sources=[])
    return {
        "title": _title(stories, entries),
        "stories": [list(parts_of(story, told(story))) for story in stories],
        "others": [item_of(entry, alone) for entry in others],
    }


def _session_url(identity: Identity, run: Run | None) -> str:
    """The conversation, if it is the reader's own to open."""
    if run is None or run.session_id is None:
        return ""
    own = sessions_of(identity.organization_id, identity.user_id).filter(pk=run.session_id)
    return f"/chat/{run.session_id}" if own.exists() else ""


def _title(stories: Sequence[Story], entries: Sequence[Entry]) -> str:
    """The question, or what happened first."""
    for story in stories:
        if story.question:
            text = story.question.texts.get(QUESTION, "")
            return text if len(text) <= LONGEST_TITLE else text[:LONGEST_TITLE].rsplit(None, 1)[0] + " …"
    return "" if stories else when_of(entries[0].event)
