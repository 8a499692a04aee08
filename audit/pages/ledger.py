"""The ledger's page: its state, what was recorded lately, and the records themselves, narrowed and paged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from agents.pages.access import admin_page, is_part
from agents.pages.wording import sentence
from audit import sealing
from audit.errors import BadLedgerQuery
from audit.filters import NAMES, RecordFilter, filter_from
from audit.models import Record
from audit.pages.activity import SEALS, Activity, activity_of, seal_times
from audit.pages.checking import Standing
from audit.pages.people import PERSON, names_of
from audit.pages.seals import current_seal
from audit.pages.wording import short, when_of
from audit.paging import page_of
from audit.selectors import places_of, record_is_authentic, records_matching
from aurora_site.accounts.identity import Identity
from aurora_site.accounts.selectors import members_of

RECORDS_ON_A_PAGE = 50
MOST_MEMBERS = 200


@dataclass(frozen=True)
class Listed:
    """A record in the list. ``standing`` is what a look at its own row tells; its page checks everything."""

    record: Record
    title: str
    by: str
    subject: str
    seq: int | None
    standing: Standing


@require_safe
@admin_page
def ledger(request: HttpRequest, identity: Identity) -> HttpResponse:
    """The organisation's records, newest first; the list alone when a script asks for it."""
    given = {name: request.GET.get(name, "").strip() for name in NAMES}
    context: dict[str, Any] = {"section": "ledger", "organization": identity.organization, "given": given}
    context |= _found(identity, given, request.GET.get("cursor", ""))
    if is_part(request):
        return render(request, "audit/_records.html", context)
    return render(request, "audit/ledger.html", context | _state(identity, given))


def _found(identity: Identity, given: dict[str, str], cursor: str) -> dict[str, Any]:
    """The records asked for, or what was wrong with how they were asked for."""
    query = {name: value for name, value in given.items() if value}
    shown: dict[str, Any] = {"query": urlencode(query), "narrowed": bool(query), "cursor": cursor, "problem": None}
    try:
        wanted = filter_from(given, organization_id=str(identity.organization_id))
        page = page_of(records_matching(wanted), cursor=cursor, limit=RECORDS_ON_A_PAGE)
    except BadLedgerQuery as problem:
        return {**shown, "problem": problem, "records": []}
    further = urlencode({**query, "cursor": page.next_cursor}) if page.next_cursor else ""
    return {**shown, "records": _listed(page.records, identity.user_id), "further": further}


def _listed(records: Sequence[Record], own_id: str) -> list[Listed]:
    places = places_of(record.pk for record in records)
    about = [record.subject_id for record in records if record.subject_type == PERSON]
    names = names_of([*(record.actor_id for record in records), *about], own_id=own_id)
    return [
        Listed(
            record=record,
            title=when_of(record.event),
            by=names.get(record.actor_id, ""),
            subject=_subject(record, names),
            seq=places.get(record.pk),
            standing=_standing(record, places.get(record.pk)),
        )
        for record in records
    ]


def _subject(record: Record, names: Mapping[str, str]) -> str:
    """What a record is about: people by their names, all else by its kind."""
    return names.get(record.subject_id, "") if record.subject_type == PERSON else sentence(record.subject_type)


def _standing(record: Record, seq: int | None) -> Standing:
    if not record_is_authentic(record):
        return Standing.TAMPERED
    return Standing.WAITING if seq is None else Standing.VERIFIED


def _state(identity: Identity, given: dict[str, str]) -> dict[str, Any]:
    """What the page shows around the list."""
    activity, times = activity_of(identity.organization_id), seal_times()
    return {
        "seal": current_seal(),
        "lag": sealing.lag(),
        "seal_times": times,
        "seal_slots": SEALS,
        "activity": activity,
        "total": records_matching(RecordFilter(organization_id=str(identity.organization_id))).count(),
        "events": _events(activity, given["event"]),
        "members": [membership.user for membership in members_of(identity.organization_id)[:MOST_MEMBERS]],
        "more_filters": any(given[name] for name in NAMES if name not in ("event", "q")),
    }


def _events(activity: Activity, asked: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """What the list can be narrowed to, by area: all of it, or one event of it."""
    areas = {row.area: sorted(row.events) for row in activity.rows}
    if asked:
        area = asked.partition(".")[0]
        areas.setdefault(area, [])
        if asked != f"{area}." and asked not in areas[area]:
            areas[area].append(asked)
    return [(area, [(event, short(event)) for event in events]) for area, events in sorted(areas.items())]
