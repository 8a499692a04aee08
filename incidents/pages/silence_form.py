"""The form of a silence: what it holds at first, and how it is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from incidents.errors import UnfitSilence
from incidents.models import Alert, Repeat, SilenceKind
from incidents.silences import LONGEST_NAME, LONGEST_VALUE, MOST_MATCHERS

SPARE_ROWS, FEWEST_ROWS = 1, 4
LONGEST_COMMENT = 500
DURATIONS = {
    "1h": ("1 hour", timedelta(hours=1)),
    "4h": ("4 hours", timedelta(hours=4)),
    "1d": ("1 day", timedelta(days=1)),
}


@dataclass(frozen=True)
class Given:
    """What the form holds: rows of name, operator and value, and its other fields as text."""

    matchers: Sequence[tuple[str, str, str]] = ()
    comment: str = ""
    services: Sequence[str] = ()
    starts_at: str = ""
    ends_at: str = ""
    duration: str = "1h"
    kind: str = ""
    repeat: str = ""

    @property
    def rows(self) -> list[tuple[str, str, str]]:
        spare = max(SPARE_ROWS, FEWEST_ROWS - len(self.matchers))
        return [*self.matchers, *[("", "=", "")] * spare][:MOST_MATCHERS]


def given_of_alert(organization_id: UUID | None, text: str) -> Given:
    """A form with the labels of an alert, or with its title where it has none; empty where there is no such alert."""
    try:
        alert = Alert.objects.for_organization(organization_id).filter(pk=UUID(text)).first()
    except ValueError:
        return Given()
    if alert is None:
        return Given()
    labels = [(str(name), "=", str(value)) for name, value in alert.labels.items()]
    fit = [row for row in labels if 0 < len(row[0]) <= LONGEST_NAME and len(row[2]) <= LONGEST_VALUE]
    title = ("title", "=", alert.title) if len(alert.title) <= LONGEST_VALUE else None
    return Given(matchers=fit[: MOST_MATCHERS - 1] or ([title] if title else []))


def given_of_form(form: QueryDict) -> Given:
    """The form as it was sent, to be shown again."""
    texts = {name: form.get(name, "") for name in ("comment", "starts_at", "ends_at", "duration", "kind", "repeat")}
    rows = [(each["name"], each["operator"], each["value"]) for each in matchers_of(form)]
    return Given(matchers=rows, services=form.getlist("services"), **texts)


def fields_of(form: QueryDict) -> dict[str, Any]:
    """The form as the service takes it. Raises UnfitSilence."""
    comment = form.get("comment", "").replace("\x00", "").strip()
    if not 0 < len(comment) <= LONGEST_COMMENT:
        raise UnfitSilence(f"Say why, in up to {LONGEST_COMMENT} characters.", field="comment")
    starts_at, ends_at = moment(form.get("starts_at", "")), moment(form.get("ends_at", ""))
    if not form.get("ends_at") and (length := DURATIONS.get(form.get("duration", ""))):
        ends_at = max(starts_at or timezone.now(), timezone.now()) + length[1]
    if ends_at is None:
        raise UnfitSilence("Say when it ends.", field="ends_at")
    return {
        "kind": form.get("kind", SilenceKind.SILENCE),
        "comment": comment,
        "matchers": matchers_of(form),
        "service_ids": service_ids_of(form.getlist("services")),
        "starts_at": starts_at,
        "ends_at": ends_at,
        "repeat": form.get("repeat", Repeat.NEVER),
    }


def matchers_of(form: QueryDict) -> list[dict[str, str]]:
    """The rows of the form in which a name is given."""
    rows = zip(form.getlist("name"), form.getlist("operator"), form.getlist("value"), strict=False)
    return [
        {"name": name.strip(), "operator": operator, "value": value} for name, operator, value in rows if name.strip()
    ]


def service_ids_of(values: Sequence[str]) -> list[UUID]:
    """The services that were chosen. Raises UnfitSilence."""
    try:
        return [UUID(value) for value in values if value]
    except ValueError as error:
        raise UnfitSilence("There is no such service.", field="service_ids") from error


def moment(text: str) -> datetime | None:
    """The time of a form's field, taken as UTC; None where there is none."""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found is not None and found.tzinfo is None else found
