"""Correlation with the database: the incidents that an alert may join, and why it joined.

A decision takes at most six queries, whatever there is: the incidents, the first and newest alerts of those that changed
since this process last read them, and the version of the graph, which is read when it changed. The decisions of one
journal share all but the first.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings as django_settings
from django.db.models import Q, QuerySet

from incidents.correlation.distance import ServiceGraph
from incidents.correlation.facts import AlertFacts, Decision, IncidentFacts
from incidents.correlation.graph import graph_of
from incidents.correlation.scoring import decide
from incidents.correlation.settings import CorrelationSettings, settings_checked, weights_from
from incidents.journal import Journal
from incidents.models import Alert, Correlation, Incident, IncidentStatus
from incidents.trials import is_test

MOST_INCIDENTS = 50
FIRST_ALERTS, NEWEST_ALERTS = 5, 15
_MOST_COMPARED = FIRST_ALERTS + NEWEST_ALERTS
_OPEN = (IncidentStatus.INVESTIGATING, IncidentStatus.ANALYZED)
_MOST_KEPT = 200
_LOOKED_AT = ("status", "alert_count", "firing_count", "last_alert_at", "updated_at")

# Facts of incidents by id, each with what tells whether they are of today.
_kept: OrderedDict[UUID, tuple[tuple[Any, ...], tuple[AlertFacts, ...]]] = OrderedDict()


class Candidates:
    """The incidents that alerts may join, while the journal is open: what was read of them is read once."""

    def __init__(self, log: Journal) -> None:
        self._log = log
        self._chosen = correlation_settings()
        self._graph: ServiceGraph | None = None
        self._alerts: dict[UUID, tuple[AlertFacts, ...]] = {}

    def decision_for(self, alert: Alert) -> Decision:
        """The incident that an alert (not in any yet) should join; None in it to open a new one. Changes nothing.

        Test alerts join none, and nothing joins theirs.
        """
        if self._graph is None:
            self._graph = graph_of(self._log.organization_id)
        incidents = [] if is_test(alert.labels) else _candidates(self._log, alert, self._chosen)
        unread = [incident for incident in incidents if incident.pk not in self._alerts]
        if unread:
            self._alerts |= _alerts_of(self._log.organization_id, unread, self._graph.version)
        compared = [
            IncidentFacts(id=str(incident.pk), alerts=alerts, is_open=incident.status in _OPEN)
            for incident in incidents
            if (alerts := self._alerts.get(incident.pk)) and not all(is_test(each.labels) for each in alerts)
        ]
        return decide(alert_facts(alert), compared, self._graph, self._chosen)

    def joined(self, alert: Alert, incident: Incident, *, is_new: bool = False) -> None:
        """An alert was put into an incident, a new one perhaps; the next alerts are compared with it, too."""
        if is_new or incident.pk in self._alerts:
            facts = sorted((*self._alerts.get(incident.pk, ()), alert_facts(alert)), key=_arrival)
            self._alerts[incident.pk] = (
                tuple(facts) if len(facts) <= _MOST_COMPARED else (*facts[:FIRST_ALERTS], *facts[-NEWEST_ALERTS:])
            )

    def forget(self, *incidents: Incident) -> None:
        """The alerts of these changed in another way."""
        for incident in incidents:
            self._alerts.pop(incident.pk, None)


def decision_for(log: Journal, alert: Alert) -> Decision:
    """As ``Candidates.decision_for``, for one alert."""
    return Candidates(log).decision_for(alert)


def correlation_store(
    alert: Alert, incident: Incident, decision: Decision | None, strategy: str, *, at: datetime | None = None
) -> Correlation:
    """Keep why an alert is in an incident. ``strategy`` is one of those that ``Correlation`` names."""
    compared: dict[str, Any] = {}
    if decision is not None:
        compared = {"score": decision.score, "threshold": decision.threshold}
        compared["parts"] = [asdict(part) for part in decision.parts]
        compared["considered"] = [asdict(one) for one in decision.considered]
    return Correlation.objects.create(
        alert=alert, incident=incident, strategy=strategy, at=at or alert.last_received_at, **compared
    )


def correlation_settings() -> CorrelationSettings:
    """As the environment says. Raises BadWeights."""
    return settings_checked(
        CorrelationSettings(
            weights=weights_from(django_settings.AURORA_CORRELATION_WEIGHTS),
            threshold=django_settings.AURORA_CORRELATION_THRESHOLD,
            window_seconds=django_settings.AURORA_CORRELATION_WINDOW_SECONDS,
            halving_seconds=django_settings.AURORA_CORRELATION_HALVING_SECONDS,
        )
    )


def alert_facts(alert: Alert) -> AlertFacts:
    """What correlation knows of a stored alert, whose service is loaded."""
    return AlertFacts(
        id=str(alert.pk),
        title=alert.title,
        service=alert.service.name if alert.service else "",
        severity=alert.severity,
        source=alert.source_type,
        started_at=alert.started_at,
        received_at=alert.received_at,
        labels={str(name): str(value) for name, value in alert.labels.items()},
    )


def _arrival(alert: AlertFacts) -> tuple[datetime, UUID]:
    return alert.received_at or alert.started_at, UUID(alert.id)


def _candidates(log: Journal, alert: Alert, chosen: CorrelationSettings) -> list[Incident]:
    """Incidents that are open, or that their alerts ended so late that a refiring would reopen them, with an alert not long
    ago. What a person resolved is done with; only its own alerts reopen it."""
    moment = min(alert.received_at, alert.started_at)
    reopened = moment - timedelta(seconds=django_settings.AURORA_REOPEN_SECONDS)
    recent = moment - timedelta(seconds=chosen.window_seconds)
    rows = Incident.objects.for_organization(log.organization_id).filter(
        Q(status__in=_OPEN) | Q(status=IncidentStatus.RESOLVED, resolved_by_id="", resolved_at__gte=reopened),
        last_alert_at__gte=recent,
    )
    return list(rows.only(*_LOOKED_AT).order_by("-last_alert_at", "id")[:MOST_INCIDENTS])


def _alerts_of(
    organization_id: UUID, incidents: Sequence[Incident], version: str
) -> dict[UUID, tuple[AlertFacts, ...]]:
    """The first and the newest alerts of each; those of incidents that are as they were aren't read again, while
    services keep their names (``version`` of the graph)."""
    keys = {
        one.pk: (version, one.alert_count, one.firing_count, one.last_alert_at, one.updated_at) for one in incidents
    }
    found = {pk: _kept[pk][1] for pk, key in keys.items() if pk in _kept and _kept[pk][0] == key}
    stale = [pk for pk in keys if pk not in found]
    for pk, alerts in _read(organization_id, stale).items():
        found[pk] = alerts
        _kept[pk] = (keys[pk], alerts)
        _kept.move_to_end(pk)
    while len(_kept) > _MOST_KEPT:
        _kept.popitem(last=False)
    return found


def _read(organization_id: UUID, incident_ids: Sequence[UUID]) -> dict[UUID, tuple[AlertFacts, ...]]:
    """Two queries, of a few look-ups in an index for each incident, however many alerts it has."""
    if not incident_ids:
        return {}
    alerts = Alert.objects.for_organization(organization_id)
    looked_up: list[QuerySet[Alert, Any]] = []
    for pk in incident_ids:
        ids = alerts.filter(incident_id=pk).values("pk")
        looked_up += [
            ids.order_by("received_at", "id")[:FIRST_ALERTS],
            ids.order_by("-received_at", "-id")[:NEWEST_ALERTS],
        ]
    wanted = {row["pk"] for row in looked_up[0].union(*looked_up[1:], all=True)}
    facts: dict[UUID, list[AlertFacts]] = {pk: [] for pk in incident_ids}
    rows = alerts.filter(pk__in=wanted).select_related("service").defer("payload", "annotations")
    for alert in rows.order_by("received_at", "id"):
        if alert.incident_id in facts:
            facts[alert.incident_id].append(alert_facts(alert))
    return {pk: tuple(alerts) for pk, alerts in facts.items()}
