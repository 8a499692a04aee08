"""What narrows the ledger: which records a list, a count, an export is about."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from audit import events
from audit.errors import BadLedgerQuery
from audit.models import PersonalText, Record

# The longest value of each column.
COLUMNS = {"event": 64, "actor_id": 64, "subject_type": 32, "subject_id": 64, "trace_id": 64}
MAXIMUM_SEARCH = 200
NAMES = (*COLUMNS, "since", "until", "q")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.,]\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?", re.ASCII)
# A plus sign that a query string turned into a space.
_LOST_PLUS = re.compile(r" (?=\d{2}:?\d{2}$)", re.ASCII)


@dataclass(frozen=True)
class RecordFilter:
    """All that are given must hold. ``organization_id`` None is every organisation; an ``event`` that ends in ``.`` or
    ``*`` is a beginning; a ``trace_id`` may have a UUID's hyphens; ``since`` and ``until`` are included; ``q`` is looked
    for in the personal texts."""

    organization_id: str | None = None
    event: str = ""
    actor_id: str = ""
    subject_type: str = ""
    subject_id: str = ""
    trace_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    q: str = ""

    def apply(self, records: QuerySet[Record]) -> QuerySet[Record]:
        """The records of the queryset that the filter is about."""
        conditions: dict[str, Any] = {name: value for name in COLUMNS if (value := getattr(self, name))}
        if _UUID.fullmatch(self.trace_id):
            conditions["trace_id__in"] = [conditions.pop("trace_id"), UUID(self.trace_id).hex]
        if self.event.endswith((".", "*")):
            conditions["event__startswith"] = conditions.pop("event").removesuffix("*")
        if self.organization_id is not None:
            conditions["organization_id"] = self.organization_id
        if self.since:
            conditions["at__gte"] = self.since
        if self.until:
            conditions["at__lte"] = self.until
        if self.q:
            records = records.filter(Exists(PersonalText.objects.filter(record=OuterRef("pk"), text__icontains=self.q)))
        return records.filter(**conditions)

    def as_json(self) -> dict[str, Any]:
        """The filter as an export names it; ``organization_id`` null means every organisation."""
        shown = {name: value for name, value in asdict(self).items() if value or name == "organization_id"}
        return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in shown.items()}


def filter_from(given: Mapping[str, str], *, organization_id: str | None) -> RecordFilter:
    """A filter as a caller wrote it; what is empty or missing doesn't narrow. Raises BadLedgerQuery."""
    since, until = _moment(given, "since", time.min), _moment(given, "until", time.max)
    if since and until and since > until:
        raise BadLedgerQuery("since", "Give a time that isn't after until.")
    columns = {name: _text(given, name, length) for name, length in COLUMNS.items()}
    if "*" in columns["event"][:-1]:
        raise BadLedgerQuery("event", "Give an event's name, or a beginning that ends in . or *.")
    wanted = RecordFilter(
        organization_id=organization_id, since=since, until=until, q=_text(given, "q", MAXIMUM_SEARCH), **columns
    )
    _require_known_event(wanted)
    return wanted


def _require_known_event(wanted: RecordFilter) -> None:
    """Raises BadLedgerQuery for an event that isn't declared, unless the ledger has records of it from other times."""
    if not wanted.event or events.is_declared(wanted.event):
        return
    alike = RecordFilter(organization_id=wanted.organization_id, event=wanted.event)
    if not alike.apply(Record.objects.all()).exists():
        raise BadLedgerQuery("event", f"There is no event {wanted.event!r}. docs/ledger-events.md lists them.")


def _text(given: Mapping[str, str], name: str, maximum: int) -> str:
    value = given.get(name) or ""
    if len(value) > maximum or "\x00" in value:
        raise BadLedgerQuery(name, f"Give at most {maximum} characters, none of them NUL.")
    return value


def _moment(given: Mapping[str, str], name: str, of_a_day: time) -> datetime | None:
    value = _LOST_PLUS.sub("+", given.get(name) or "")
    if not value:
        return None
    try:
        # Python takes other ways of writing times as well, weeks for one: those are mistakes here.
        if _DAY.fullmatch(value):
            return datetime.combine(datetime.strptime(value, "%Y-%m-%d").date(), of_a_day, UTC)  # noqa: DTZ007
        if _MOMENT.fullmatch(value):
            moment = datetime.fromisoformat(value)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise BadLedgerQuery(name, "Give a day (2026-03-31) or a time (2026-03-31T12:00:00Z; UTC if it names no offset).")
