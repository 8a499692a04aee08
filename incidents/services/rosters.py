"""Who is on call: rosters and their shifts, by hand or from a calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.services import record
from aurora_site.accounts.models import Membership, User
from incidents.calendars import UnreadableCalendar, calendar_read
from incidents.errors import AlreadyExists, BadValue, UnknownReference
from incidents.journal import Journal
from incidents.models import Incident, Roster, Shift
from incidents.services.assigning import assignee_set, require_member, require_service, writers
from incidents.services.roster_people import People
from incidents.services.runbooks import runbook_add, runbook_remove

__all__ = [
    "RosterImport",
    "on_call",
    "on_call_assign",
    "roster_create",
    "roster_delete",
    "roster_import",
    "runbook_add",
    "runbook_remove",
    "shift_add",
    "shift_remove",
]

IMPORTED_AHEAD = timedelta(days=366)


@dataclass(frozen=True, kw_only=True)
class RosterImport:
    """How many shifts came and went, and what of the calendar was not understood, in words for people."""

    added: int
    removed: int
    problems: list[str]


@transaction.atomic
def roster_create(*, organization_id: UUID, actor_id: str, name: str, service_id: UUID | None = None) -> Roster:
    """A roster of a service, or with None of all that have none of their own.

    Raises AlreadyExists for a name that is taken, UnknownReference for a service of elsewhere.
    """
    require_service(organization_id, service_id)
    try:
        with transaction.atomic():
            roster = Roster.objects.create(organization_id=organization_id, name=name, service_id=service_id)
    except IntegrityError as error:
        raise AlreadyExists(f"There is a roster named {name} already.", field="name") from error
    roster_record("created", roster, actor_id, {"name": name, "service": str(service_id or "")})
    return roster


@transaction.atomic
def roster_delete(*, organization_id: UUID, actor_id: str, roster_id: UUID) -> None:
    """Delete a roster with its shifts. Raises UnknownReference."""
    roster = roster_of(organization_id, roster_id)
    roster_record("deleted", roster, actor_id, {"name": roster.name})
    roster.delete()


@transaction.atomic
def shift_add(
    *, organization_id: UUID, actor_id: str, roster_id: UUID, user_id: str, starts_at: datetime, ends_at: datetime
) -> Shift:
    """Have a member be on call from then until then.

    Raises UnknownReference, BadValue for an end that isn't behind the start, AlreadyExists for the same start again.
    """
    roster = roster_of(organization_id, roster_id)
    require_member(organization_id, user_id, "user_id")
    if ends_at <= starts_at:
        raise BadValue("Give an end that is later than the start.", field="ends_at")
    try:
        with transaction.atomic():
            shift = Shift.objects.create(roster=roster, user_id=user_id, starts_at=starts_at, ends_at=ends_at)
    except IntegrityError as error:
        raise AlreadyExists("This person has a shift that begins then already.", field="starts_at") from error
    data = {"shift": str(shift.pk), "user": user_id, "from": starts_at.isoformat(), "until": ends_at.isoformat()}
    roster_record("shift_added", roster, actor_id, data)
    return shift


@transaction.atomic
def shift_remove(*, organization_id: UUID, actor_id: str, shift_id: UUID) -> None:
    """Take a shift out of its roster. Raises UnknownReference."""
    rosters = Roster.objects.for_organization(organization_id)
    shift = Shift.objects.filter(pk=shift_id, roster__in=rosters).select_related("roster").first()
    if shift is None:
        raise UnknownReference("There is no such shift.", field="shift_id")
    roster_record("shift_removed", shift.roster, actor_id, {"shift": str(shift.pk), "user": shift.user_id})
    shift.delete()


def roster_import(*, organization_id: UUID, actor_id: str, roster_id: UUID, calendar: str) -> RosterImport:
    """Take a roster's shifts of the next year from an iCalendar file, in the place of those imported before.

    Shifts that were added by hand stay. Raises UnknownReference, and BadValue for a text that is no such file.
    """
    since = timezone.now()
    try:
        read = calendar_read(calendar, since, since + IMPORTED_AHEAD)
    except UnreadableCalendar as error:
        raise BadValue(str(error), field="calendar") from error
    with transaction.atomic():
        roster = roster_of(organization_id, roster_id)
        shifts, unknown = People(organization_id).shifts(roster, read.shifts)
        imported = roster.shifts.exclude(calendar_uid="")
        removed = imported.filter(ends_at__gt=since).delete()[0]
        by_hand = set(roster.shifts.values_list("user_id", "starts_at"))
        shifts = [shift for shift in shifts if (shift.user_id, shift.starts_at) not in by_hand]
        Shift.objects.bulk_create(shifts, batch_size=500)
        problems = [*read.problems, *unknown]
        counts = {"added": len(shifts), "removed": removed, "problems": len(problems)}
        roster_record("imported", roster, actor_id, counts)
    return RosterImport(added=len(shifts), removed=removed, problems=problems)


def on_call(organization_id: UUID, service_id: UUID | None, at: datetime) -> list[User]:
    """Who is on call for a service at a time, the longest on shift first: those of its rosters; where nobody is, those of
    the organisation's own. Nobody who left the organisation is."""
    rosters = Roster.objects.for_organization(organization_id)
    members = Membership.objects.for_organization(organization_id).values("user_id")
    shifts = Shift.objects.filter(
        starts_at__lte=at, ends_at__gt=at, user__in=members, user__is_active=True
    ).select_related("user", "roster")
    found = list(shifts.filter(roster__in=rosters.filter(service=None)).order_by("starts_at", "id"))
    if service_id is not None:
        own = list(shifts.filter(roster__in=rosters.filter(service_id=service_id)).order_by("starts_at", "id"))
        found = own or found
    return list({shift.user_id: shift.user for shift in found}.values())


def on_call_assign(log: Journal, incident: Incident) -> None:
    """Give a new incident to who is on call for its service, if anybody is who may work on it."""
    people = [person.pk for person in on_call(log.organization_id, incident.service_id, log.now)]
    if not people or incident.assignee_id is not None:
        return
    able = set(writers(log.organization_id).filter(user_id__in=people).values_list("user_id", flat=True))
    if chosen := next((person for person in people if person in able), None):
        assignee_set(log, incident, chosen, "", "Assigned to who is on call.")


def roster_of(organization_id: UUID, roster_id: UUID) -> Roster:
    """A roster of the organisation. Raises UnknownReference."""
    roster: Roster | None = Roster.objects.for_organization(organization_id).filter(pk=roster_id).first()
    if roster is None:
        raise UnknownReference("There is no such roster.", field="roster_id")
    return roster


def roster_record(verb: str, roster: Roster, actor_id: str, data: dict[str, Any]) -> None:
    """Record a change of a roster in the ledger, in the caller's transaction."""
    record(
        event=f"incidents.roster_{verb}",
        organization_id=roster.organization_id,
        actor_id=actor_id,
        subject=("roster", roster.pk),
        data=data,
    )
