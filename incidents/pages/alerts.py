"""An incident's alerts as its page shows them, with why each is here; and the page of one alert."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from agents.pages.wording import sentence
from aurora_site.accounts.identity import Identity
from incidents.models import Alert, Correlation, Incident
from incidents.pages.access import is_part, member_page
from incidents.pages.incidents import page_context
from incidents.selectors import reasons_of

ALERTS_ON_A_PAGE = 20
LABELS_SHOWN = 12
CONSIDERED_SHOWN = 5
LONGEST_PAYLOAD = 64_000
STRATEGIES = {
    "opened": "It opened this incident: no other was near enough.",
    "correlated": "It belongs here by what it has in common with the others.",
    "refired": "It had been here before, and fired again.",
    "manual": "A person put it here.",
    "unsilenced": "It came here when its silence ended.",
}


@dataclass(frozen=True)
class Part:
    """One comparison, drawn as a bar; ``percent`` is None when there was nothing to compare."""

    name: str
    percent: int | None
    weight: float
    reason: str


@dataclass(frozen=True)
class Near:
    """Another incident that an alert was compared with; ``would_join``: it was near enough as well; ``may_merge``: half
    of that at least, so that a merge is worth proposing."""

    incident: Incident
    percent: int
    reason: str
    would_join: bool
    may_merge: bool = False


@dataclass(frozen=True)
class Why:
    """Why an alert is where it is. ``percent`` and ``threshold`` are its score and what was needed."""

    words: str
    percent: int | None
    threshold: int | None
    parts: Sequence[Part]
    considered: Sequence[Near]


@dataclass(frozen=True)
class Shown:
    """An alert of the list: its first labels, and why it is here (None where that wasn't kept)."""

    alert: Alert
    labels: Sequence[tuple[str, str]]
    more_labels: int
    why: Why | None


def alerts_page(incident: Incident, number: str | None) -> Page:
    """A page of an incident's alerts, those that fire first, then the newest."""
    alerts = Alert.objects.for_organization(incident.organization_id).filter(incident=incident)
    alerts = alerts.select_related("service", "integration").defer("payload", "annotations")
    # "firing" sorts before "resolved".
    pages = Paginator(alerts.order_by("status", "-last_received_at", "id"), ALERTS_ON_A_PAGE)
    pages.count = incident.alert_count  # type: ignore[misc]  # a cached property: it needs no query of its own
    return pages.get_page(number)


def shown_alerts(alerts: Iterable[Alert], organization_id: object) -> list[Shown]:
    """The alerts with their reasons, in a constant number of queries."""
    listed = list(alerts)
    newest = reasons_of(listed)
    others = _incidents_named(newest.values(), organization_id)
    return [
        Shown(
            alert=alert,
            labels=_pairs(alert.labels)[:LABELS_SHOWN],
            more_labels=max(0, len(alert.labels) - LABELS_SHOWN),
            why=why_of(newest[alert.pk], others, alert.incident_id) if alert.pk in newest else None,
        )
        for alert in listed
    ]


def why_of(row: Correlation, others: Mapping[str, Incident], own_id: UUID | None) -> Why:
    """A correlation in words; incidents that are gone, or the alert's own, aren't proposed."""
    considered = [each for each in row.considered if str(each.get("incident_id")) in others]
    return Why(
        words=STRATEGIES.get(row.strategy, sentence(row.strategy)),
        percent=_percent(row.score),
        threshold=_percent(row.threshold),
        parts=[_part(each) for each in row.parts],
        considered=[
            _near(others[str(each["incident_id"])], each, row.threshold)
            for each in considered
            if str(each["incident_id"]) != str(own_id)
        ][:CONSIDERED_SHOWN],
    )


@require_safe
@member_page
def alert(request: HttpRequest, identity: Identity, incident_id: UUID, alert_id: UUID) -> HttpResponse:
    """All that is known of one alert: labels, raw payload, why it is here, and what its fingerprint is made of."""
    alerts = Alert.objects.for_organization(identity.organization_id)
    found = alerts.select_related("service", "integration", "series", "incident", "silence", "last_delivery")
    one = found.defer("last_delivery__body").filter(pk=alert_id, incident_id=incident_id).first()
    if one is None:
        raise Http404("There is no such alert.")
    payload = json.dumps(one.payload, indent=2, ensure_ascii=False)
    context = page_context(identity, "incidents") | {
        "shown": shown_alerts([one], identity.organization_id)[0],
        "labels": _pairs(one.labels),
        "annotations": _pairs(one.annotations),
        "payload": payload[:LONGEST_PAYLOAD],
        "payload_is_cut": len(payload) > LONGEST_PAYLOAD,
        "parts": one.series.parts,
        "other_times": alerts.filter(fingerprint=one.fingerprint).exclude(pk=one.pk).select_related("incident")
        .defer("payload").order_by("-started_at")[:10],
    }  # fmt: skip
    return render(request, "incidents/_alert_whole.html" if is_part(request) else "incidents/alert.html", context)


def _incidents_named(rows: Iterable[Correlation], organization_id: object) -> dict[str, Incident]:
    wanted = {text for row in rows for each in row.considered if (text := _uuid(each.get("incident_id")))}
    if not wanted:
        return {}
    found = Incident.objects.for_organization(organization_id).filter(Q(pk__in=wanted))
    return {str(incident.pk): incident for incident in found.only("number", "title", "status", "organization_id")}


def _uuid(value: object) -> str:
    try:
        return str(UUID(str(value)))
    except ValueError:
        return ""


def _part(part: Mapping[str, Any]) -> Part:
    return Part(
        name=sentence(str(part.get("name", ""))),
        percent=_percent(part.get("value")),
        weight=float(part.get("weight") or 0),
        reason=str(part.get("reason", "")),
    )


def _near(other: Incident, told: Mapping[str, Any], threshold: float | None) -> Near:
    score = told.get("score")
    share = score / threshold if isinstance(score, (int, float)) and threshold else 0
    return Near(other, _percent(score) or 0, str(told.get("reason", "")), share >= 1, share >= 0.5)


def _percent(share: object) -> int | None:
    return round(100 * min(1.0, max(0.0, share))) if isinstance(share, (int, float)) else None


def _pairs(values: object) -> list[tuple[str, str]]:
    items = values.items() if isinstance(values, Mapping) else ()
    return [(str(name), str(value)) for name, value in items]
