"""Rosters, shifts and runbooks as JSON, and what they are made from."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from aurora_site.accounts.models import User
from aurora_site.core.http.fields import StrictCharField
from incidents.models import Roster, RunbookLink, Shift


class RosterInput(serializers.Serializer):
    name = StrictCharField(max_length=200)
    service_id = serializers.UUIDField(required=False, allow_null=True, default=None)


class ShiftInput(serializers.Serializer):
    user_id = StrictCharField(max_length=64)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class CalendarInput(serializers.Serializer):
    calendar = StrictCharField(max_length=1_000_000, trim_whitespace=False, help_text="The text of an .ics file.")


class RunbookInput(serializers.Serializer):
    title = StrictCharField(max_length=200)
    url = StrictCharField(max_length=1000)
    service_id = serializers.UUIDField(required=False, allow_null=True, default=None)
    title_contains = StrictCharField(max_length=200, required=False, allow_blank=True, default="")


def roster_as_json(roster: Roster) -> dict[str, Any]:
    """A roster with ``current``, the shifts that are on now."""
    return {
        "id": roster.pk,
        "name": roster.name,
        "service_id": roster.service_id,
        "service": roster.service.name if roster.service else None,
        "on_call": [person_as_json(shift.user) for shift in roster.current],  # type: ignore[attr-defined]
    }


def person_as_json(user: User) -> dict[str, Any]:
    return {"user_id": user.pk, "name": user.name, "email": user.email}


def shift_as_json(shift: Shift) -> dict[str, Any]:
    return {
        "id": shift.pk,
        "user_id": shift.user_id,
        "name": shift.user.name,
        "starts_at": shift.starts_at,
        "ends_at": shift.ends_at,
        "imported": bool(shift.calendar_uid),
    }


def runbook_as_json(runbook: RunbookLink) -> dict[str, Any]:
    return {
        "id": runbook.pk,
        "title": runbook.title,
        "url": runbook.url,
        "service_id": runbook.service_id,
        "service": runbook.service.name if runbook.service else None,
        "title_contains": runbook.title_contains,
    }
