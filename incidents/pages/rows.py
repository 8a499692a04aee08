"""Incidents as the list shows them: the open ones by severity and age, then others by age."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, IntegerField, QuerySet, Value, When
from django.utils import timezone

from incidents.models import Incident, IncidentStatus, Severity
from incidents.pages.asked import OPEN
from incidents.pages.people import names_of
from incidents.pages.wording import State, state_of

ROWS_ON_A_PAGE = 50
SERVICES_SHOWN = 4


@dataclass(frozen=True)
class Row:
    """One incident of the list. ``by`` is who has it, empty while nobody does."""

    incident: Incident
    state: State
    services: Sequence[str]
    more_services: int
    by: str

    @property
    def is_open(self) -> bool:
        return self.incident.status in OPEN

    @property
    def can_acknowledge(self) -> bool:
        return self.is_open and self.incident.acknowledged_at is None


def by_urgency(found: QuerySet[Incident]) -> QuerySet[Incident]:
    """The open ones, the worst first, of those the newest first."""
    ranks = [When(severity=severity, then=Value(rank)) for rank, severity in enumerate(Severity.values)]
    rank: Case = Case(*ranks, default=Value(len(ranks)), output_field=IntegerField())
    return found.filter(status__in=OPEN).order_by(rank, "-started_at", "-id")


def by_age(found: QuerySet[Incident], status: str) -> QuerySet[Incident]:
    """Those of a state, the newest first."""
    return found.filter(status=status).order_by("-started_at", "-id")


def page_of(found: QuerySet[Incident], number: str | None, count: int) -> Page:
    """A page of incidents with all that their rows show; ``count`` is how many there are, counted already."""
    pages = Paginator(_shown(found), ROWS_ON_A_PAGE)
    pages.count = count  # type: ignore[misc]  # a cached property: it needs no query of its own
    return pages.get_page(number)


def rows_of(incidents: Iterable[Incident], own_id: str) -> list[Row]:
    """The rows of incidents that were read by ``page_of`` or ``lately_resolved``."""
    listed = list(incidents)
    people = [each for row in listed for each in (row.assignee_id, row.acknowledged_by_id)]
    names, now = names_of(people, own_id=own_id), timezone.now()
    return [_row(incident, names, now) for incident in listed]


def lately_resolved(found: QuerySet[Incident], most: int) -> QuerySet[Incident]:
    return _shown(by_age(found, IncidentStatus.RESOLVED))[:most]


def counts_of(found: QuerySet[Incident]) -> dict[str, int]:
    """How many there are of each state; of the open ones together under the empty name."""
    groups = found.order_by().values_list("status").annotate(count=Count("pk"))
    counts = {str(status): 0 for status in IncidentStatus} | dict(groups)
    return {"": sum(counts[str(status)] for status in OPEN), **counts}


def _shown(found: QuerySet[Incident]) -> QuerySet[Incident]:
    return found.select_related("service").prefetch_related("services").defer("summary")


def _row(incident: Incident, names: Mapping[str, str], now: datetime) -> Row:
    services = sorted({service.name for service in incident.services.all()}) or (
        [incident.service.name] if incident.service else []
    )
    return Row(
        incident=incident,
        state=state_of(incident, now),
        services=services[:SERVICES_SHOWN],
        more_services=len(services[SERVICES_SHOWN:]),
        by=names.get(incident.assignee_id or incident.acknowledged_by_id, ""),
    )
