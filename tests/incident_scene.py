"""An organisation in the middle of a bad night, for pictures and for looking at: run by ``manage.py shell`` of a home."""

from __future__ import annotations

import random
import secrets
from datetime import timedelta
from typing import Any

from django.utils import timezone

from aurora_site.accounts.models import Membership, Organization, Role, User
from aurora_site.core.secret_text import seal
from incidents import models
from incidents.journal import journal
from incidents.services.integrations import token_digest

SERVICES = ("checkout", "payments", "cart", "catalogue", "search", "accounts", "postgres-orders", "edge-proxy")
CALLS = (
    ("edge-proxy", "checkout"),
    ("checkout", "payments"),
    ("checkout", "cart"),
    ("payments", "postgres-orders"),
    ("cart", "postgres-orders"),
    ("edge-proxy", "catalogue"),
    ("catalogue", "search"),
    ("edge-proxy", "accounts"),
)
PEOPLE = ("Ines Moura", "Tomasz Wilk", "Aisha Rahman")
# Title, severity, services, alerts, firing, minutes ago, state.
STORY = (
    (
        "Orders fail: payments answers 5xx to one in four",
        "critical",
        ("payments", "checkout", "postgres-orders"),
        7,
        5,
        11,
        "open",
    ),
    ("Latency of search above 2 s (p99)", "high", ("search", "catalogue"), 3, 3, 26, "acknowledged"),
    ("Disk of postgres-orders-1 is 91 % full", "high", ("postgres-orders",), 1, 1, 190, "snoozed"),
    ("Certificate of accounts.example.com ends in 6 days", "medium", ("accounts",), 1, 1, 700, "open"),
    ("Queue of order confirmations grows", "medium", ("checkout",), 2, 1, 48, "acknowledged"),
    ("Batch of nightly prices took 3 h", "low", (), 1, 1, 1300, "open"),
    ("Edge proxies reload their configuration too often", "info", ("edge-proxy",), 4, 2, 90, "open"),
    ("cart lost its connections to the cache", "high", ("cart",), 3, 0, 1500, "resolved"),
    ("Sign-ins slower than usual", "medium", ("accounts",), 2, 0, 2900, "resolved"),
    ("Payments unreachable from one zone", "critical", ("payments",), 6, 0, 4300, "resolved"),
)


def build(organization: Organization, admin: User) -> dict[str, Any]:
    """All of it. Returns the ids that pictures need."""
    people = [admin, *(_person(organization, name) for name in PEOPLE)]
    services = {name: models.Service.objects.create(organization=organization, name=name) for name in SERVICES}
    for caller, callee in CALLS:
        models.ServiceDependency.objects.create(caller=services[caller], callee=services[callee])
    integration = _integrations(organization)
    made = [_incident(organization, integration, services, people, line) for line in STORY]
    _older(organization, services)
    _around(organization, services, people, made[0])
    return {"incident": str(made[0].pk), "integration": str(integration.pk)}


def _person(organization: Organization, name: str) -> User:
    user = User.objects.create_user(f"{name.partition(' ')[0].lower()}@example.com", secrets.token_hex(8), name=name)
    Membership.objects.create(organization=organization, user=user, role=Role.EDITOR)
    return user


def _integrations(organization: Organization) -> models.Integration:
    rows = []
    for source, name in (("alertmanager", "Production cluster"), ("grafana", "Dashboards"), ("generic", "Cron watch")):
        token = secrets.token_urlsafe(24)
        rows.append(
            models.Integration.objects.create(
                organization=organization,
                source=source,
                name=name,
                token_hash=token_digest(token),
                token_sealed=seal(token),
            )
        )
    now = timezone.now()
    chance = random.Random(7)
    for minute in range(0, 1380, 11):
        models.Delivery.objects.create(
            organization=organization,
            integration=rows[0],
            key=secrets.token_hex(32),
            body=b'{"version": "4", "alerts": []}',
            headers={"content-type": "application/json", "user-agent": "Alertmanager/0.25.0"},
            state="processed",
            alert_count=chance.randint(1, 5),
            received_at=now - timedelta(minutes=minute + chance.randint(0, 9)),
        )
    models.Delivery.objects.create(
        organization=organization,
        integration=rows[0],
        key=secrets.token_hex(32),
        body=b'{"version": "4", "alarms": [',
        state="unreadable",
        reason="The body is not JSON: it ends in the middle of a list.",
        received_at=now,
    )
    rows[1].refused_count, rows[1].refused_at = 12, now - timedelta(minutes=3)
    rows[1].refused_reason = "X-Grafana-Alerting-Signature is missing."
    rows[1].save()
    return rows[0]


def _incident(organization: Any, integration: Any, services: Any, people: Any, line: tuple) -> models.Incident:
    title, severity, names, alerts, firing, minutes, state = line
    started = timezone.now() - timedelta(minutes=minutes)
    with journal(organization.pk) as log:
        incident = models.Incident.objects.create(
            organization=organization,
            number=log.next_number(),
            title=title,
            severity=severity,
            started_at=started,
            service=services[names[0]] if names else None,
            source_type="alertmanager",
            alert_count=alerts,
            firing_count=firing,
            last_alert_at=started + timedelta(minutes=min(8, minutes)),
        )
        incident.services.set([services[name] for name in names])
        log.add(incident, "incident.opened", at=started, data={"alert": {"title": title}})
        for index in range(alerts):
            alert = _alert(incident, integration, services, names, index, firing)
            if index:
                data = {"alert": {"id": str(alert.pk), "title": alert.title}}
                log.add(incident, "alert.joined", at=alert.received_at, data=data)
        _state(log, incident, people, state, started)
    return incident


def _state(log: Any, incident: models.Incident, people: Any, state: str, started: Any) -> None:
    if state != "open":
        incident.acknowledged_at, incident.acknowledged_by_id = started + timedelta(minutes=4), people[1].pk
        incident.assignee = people[1]
        log.add(incident, "incident.acknowledged", actor_id=people[1].pk, at=incident.acknowledged_at)
        note = "Looked at the dashboards: it began with the deployment of 14:02.\nRolled back one of three instances."
        log.add(incident, "incident.note", actor_id=people[1].pk, at=started + timedelta(minutes=6), text=note)
    if state == "snoozed":
        incident.snoozed_until = timezone.now() + timedelta(hours=3)
    if state == "resolved":
        incident.status, incident.resolved_at = "resolved", started + timedelta(minutes=37)
        log.add(incident, "incident.resolved", at=incident.resolved_at, text="All of its alerts are resolved.")
    incident.save()


def _alert(incident: Any, integration: Any, services: Any, names: Any, index: int, firing: int) -> models.Alert:
    service = names[index % len(names)] if names else ""
    mark = secrets.token_hex(32)
    is_firing = index < firing
    at = incident.started_at + timedelta(seconds=40 * index)
    titles = (
        incident.title,
        f"{service or 'job'}: error rate above 5 %",
        f"{service or 'job'}: latency above 1 s",
        f"{service or 'job'}: replicas missing",
    )
    series = models.AlertSeries.objects.create(
        organization=incident.organization,
        fingerprint=mark,
        source_type="alertmanager",
        parts=[
            {"name": "version", "value": "1"},
            {"name": "alertname", "value": "ErrorRate"},
            {"name": "service", "value": service},
        ],
    )
    labels = {
        "alertname": "ErrorRate",
        "service": service or "none",
        "severity": "page",
        "instance": f"10.2.0.{index}:9100",
        "zone": "eu-1b",
    }
    alert = models.Alert.objects.create(
        organization=incident.organization,
        series=series,
        integration=integration,
        incident=incident,
        fingerprint=mark,
        open_key=mark if is_firing else None,
        source_type="alertmanager",
        title=titles[index % 4],
        severity=incident.severity,
        service=services.get(service),
        status="firing" if is_firing else "resolved",
        labels=labels,
        count=3 + index,
        started_at=at,
        annotations={"summary": "More requests fail than usual.", "description": "Measured over five minutes."},
        payload={"labels": labels, "status": "firing"},
        source_url="https://prometheus.example.com/graph",
        ended_at=None if is_firing else at + timedelta(minutes=3),
        received_at=at,
        last_received_at=at + timedelta(minutes=2),
    )
    parts = [
        {"name": "time", "value": 0.92, "weight": 0.3, "reason": f"{40 * index} s after the incident's newest alert."},
        {
            "name": "service",
            "value": 0.0 if index % 2 else 1.0,
            "weight": 0.3,
            "reason": "Of the same service." if index % 2 == 0 else "Of another service.",
        },
        {
            "name": "graph",
            "value": 0.8,
            "weight": 0.25,
            "reason": "checkout calls payments, which has alerts here.",
        },
        {"name": "text", "value": None, "weight": 0.15, "reason": "The title has no words of its own."},
    ]
    models.Correlation.objects.create(
        alert=alert,
        incident=incident,
        strategy="correlated" if index else "opened",
        score=0.74 if index else None,
        threshold=0.6,
        parts=parts if index else [],
        at=at,
        considered=[
            {"incident_id": str(other.pk), "score": 0.41, "reason": "Near in time, of another service."}
            for other in models.Incident.objects.filter(organization=incident.organization).exclude(pk=incident.pk)[:2]
        ],
    )
    return alert


def _older(organization: Any, services: Any) -> None:
    chance = random.Random(3)
    with journal(organization.pk) as log:
        for _ in range(60):
            started = timezone.now() - timedelta(hours=chance.randint(30, 24 * 29))
            length = timedelta(minutes=chance.randint(6, 300))
            models.Incident.objects.create(
                organization=organization,
                number=log.next_number(),
                title="Errors of a service above what is usual",
                severity=chance.choice(["critical", "high", "medium", "low"]),
                status="resolved",
                started_at=started,
                acknowledged_at=started + length / 6,
                resolved_at=started + length,
                source_type="grafana",
                service=services[chance.choice(SERVICES)],
                alert_count=chance.randint(1, 9),
            )


def _around(organization: Any, services: Any, people: Any, incident: models.Incident) -> None:
    now = timezone.now()
    for name, service, person in (("Shop, primary", None, people[2]), ("Payments", services["payments"], people[3])):
        roster = models.Roster.objects.create(organization=organization, name=name, service=service)
        for week in range(3):
            starts = now - timedelta(days=2) + timedelta(days=7 * week)
            models.Shift.objects.create(
                roster=roster,
                user=person if week != 1 else people[1],
                starts_at=starts,
                ends_at=starts + timedelta(days=7),
            )
    models.Roster.objects.create(organization=organization, name="Search", service=services["search"])
    for title in ("Payments answers 5xx", "How orders flow through the shop"):
        models.RunbookLink.objects.create(
            organization=organization, title=title, url="https://wiki.example.com/runbook", service=services["payments"]
        )
    models.Responder.objects.create(incident=incident, user=people[2], role="commander", added_at=now)
    window = models.Silence.objects.create(
        organization=organization,
        kind="maintenance",
        comment="Nightly restart of the batch hosts",
        starts_at=now - timedelta(minutes=20),
        ends_at=now + timedelta(minutes=40),
        repeat="daily",
        created_by_id=people[1].pk,
        matchers=[{"name": "alertname", "operator": "=~", "value": "Batch.*"}],
    )
    window.services.set([services["catalogue"]])
    models.Silence.objects.create(
        organization=organization,
        comment="Known: the old search cluster is being emptied",
        starts_at=now + timedelta(hours=2),
        ends_at=now + timedelta(hours=9),
        created_by_id=people[2].pk,
        matchers=[{"name": "service", "operator": "=", "value": "search"}],
    )


def build_for_default() -> dict[str, Any]:
    """``build`` for the installation's own organisation and its administrator."""
    organization = Organization.objects.get(slug="aurora")
    return build(organization, Membership.objects.get(organization=organization, role=Role.ADMIN).user)
