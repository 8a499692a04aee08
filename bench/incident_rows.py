"""Makes organisations full of alerts in bulk, as intake would have left them."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
SERVICES = 60
BATCH = 2000
WORDS = ["latency", "errors", "disk", "memory", "queue", "backlog", "certificate", "replication", "timeout", "restarts"]
SEVERITIES = ["critical", "high", "medium", "low", "info"]


def organization_filled(organization: Any, incidents: int, alerts: int, seed: int) -> None:
    """``alerts`` in ``incidents`` of an organisation, skewed as storms are: a tenth of the incidents has half of them."""
    from incidents.models import Service

    pick = random.Random(seed)
    names = [Service(organization=organization, name=f"service-{number:03}") for number in range(SERVICES)]
    services = Service.objects.bulk_create(names)
    rows = _incidents(organization, services, incidents, pick)
    weights = [10 if number % 10 == 0 else 1 for number in range(incidents)]
    chosen = [*rows, *pick.choices(rows, weights, k=alerts - incidents)]
    _alerts(organization, services, chosen, pick)
    _counters(organization)


def _incidents(organization: Any, services: list[Any], count: int, pick: random.Random) -> list[Any]:
    from incidents.models import Incident, IncidentLog

    rows = []
    for number in range(count):
        at = BEGAN + timedelta(minutes=30 * number)
        resolved = pick.random() < 0.8
        service = pick.choice(services)
        rows.append(
            Incident(
                organization=organization, number=number + 1, title=f"{pick.choice(WORDS)} on {service.name} {number}",
                status="resolved" if resolved else pick.choice(["investigating", "analyzed"]),
                severity=pick.choice(SEVERITIES), service=service, source_type=pick.choice(["alertmanager", "sentry"]),
                summary=" ".join(pick.choices(WORDS, k=60)), started_at=at, last_alert_at=at,
                acknowledged_at=at + timedelta(minutes=4), resolved_at=at + timedelta(hours=1) if resolved else None,
            )
        )  # fmt: skip
    Incident.objects.bulk_create(rows, batch_size=BATCH)
    log, _ = IncidentLog.objects.get_or_create(organization=organization)
    log.last_number = count
    log.save()
    return rows


def _alerts(organization: Any, services: list[Any], chosen: list[Any], pick: random.Random) -> None:
    from incidents.models import Alert, AlertSeries, Correlation, Incident

    for start in range(0, len(chosen), BATCH):
        part = chosen[start : start + BATCH]
        series = [
            AlertSeries(
                organization=organization, fingerprint=f"{start + number:064x}", source_type=incident.source_type
            )
            for number, incident in enumerate(part)
        ]
        AlertSeries.objects.bulk_create(series)
        alerts = [_alert(each, incident, services, pick) for each, incident in zip(series, part, strict=True)]
        Alert.objects.bulk_create(alerts)
        Correlation.objects.bulk_create(_correlation(alert, start == 0) for alert in alerts)
        links = {(alert.incident_id, alert.service_id) for alert in alerts}
        link = Incident.services.through
        link.objects.bulk_create(
            [link(incident_id=incident, service_id=service) for incident, service in links], ignore_conflicts=True
        )


def _alert(series: Any, incident: Any, services: list[Any], pick: random.Random) -> Any:
    from incidents.models import Alert

    firing = incident.status != "resolved"
    at = incident.started_at + timedelta(seconds=pick.randrange(3000))
    return Alert(
        organization_id=series.organization_id, series=series, incident=incident, fingerprint=series.fingerprint,
        open_key=series.fingerprint if firing else None, source_type=series.source_type,
        title=f"{pick.choice(WORDS)} {pick.randrange(10_000)}", service=pick.choice([incident.service, *services[:3]]),
        severity=pick.choice(SEVERITIES), status="firing" if firing else "resolved",
        labels={"job": "web", "instance": f"10.0.0.{pick.randrange(250)}:9100", "region": "eu"},
        annotations={"summary": " ".join(pick.choices(WORDS, k=12))}, payload={"text": " ".join(pick.choices(WORDS, k=80))},
        started_at=at, ended_at=None if firing else at + timedelta(minutes=20), received_at=at, last_received_at=at,
    )  # fmt: skip


def _correlation(alert: Any, opened: bool) -> Any:
    from incidents.models import Correlation

    parts = [
        {"name": name, "value": 0.8, "weight": 1.0, "reason": f"{name} agrees"} for name in ("time", "service", "words")
    ]
    strategy = "opened" if opened else "correlated"
    return Correlation(
        alert=alert, incident=alert.incident, strategy=strategy, score=0.8, parts=parts, at=alert.received_at
    )


def _counters(organization: Any) -> None:
    from incidents.journal import journal
    from incidents.models import Incident
    from incidents.services.counting import incidents_recount

    with journal(organization.pk) as log:
        incidents_recount(log, list(Incident.objects.for_organization(organization)), is_told=False)
