"""Rows of incidents for tests."""

from datetime import UTC, datetime, timedelta

import factory

from incidents import models
from incidents.journal import journal
from incidents.services.counting import incident_recount
from tests.factories.accounts import member_factory, organization_factory

FIRST = datetime(2026, 1, 6, 9, tzinfo=UTC)


class ServiceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Service

    organization = factory.LazyFunction(organization_factory)
    name = factory.Sequence(lambda number: f"service-{number:04}")


class IncidentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Incident

    organization = factory.LazyFunction(organization_factory)
    number = factory.Sequence(lambda number: number + 1)
    title = factory.Sequence(lambda number: f"Incident {number:04}")
    severity = models.Severity.HIGH
    started_at = factory.Sequence(lambda number: FIRST + timedelta(minutes=number))


class AlertSeriesFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.AlertSeries

    organization = factory.LazyFunction(organization_factory)
    fingerprint = factory.Sequence(lambda number: f"{number:064}")
    source_type = "grafana"


class AlertFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Alert

    incident = factory.SubFactory(IncidentFactory)
    organization = factory.SelfAttribute("incident.organization")
    series = factory.SubFactory(AlertSeriesFactory, organization=factory.SelfAttribute("..organization"))
    fingerprint = factory.SelfAttribute("series.fingerprint")
    open_key = factory.LazyAttribute(lambda row: row.fingerprint if row.status == "firing" else None)
    source_type = "grafana"
    title = factory.Sequence(lambda number: f"Alert {number:04}")
    status = "firing"
    started_at = FIRST
    ended_at = factory.LazyAttribute(lambda row: None if row.status == "firing" else FIRST + timedelta(hours=1))
    received_at = factory.Sequence(lambda number: FIRST + timedelta(seconds=number))
    last_received_at = factory.SelfAttribute("received_at")


class TimelineEntryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.TimelineEntry

    incident = factory.SubFactory(IncidentFactory)
    organization = factory.SelfAttribute("incident.organization")
    seq = factory.Sequence(lambda number: number + 1)
    kind = "incident.created"
    at = factory.Sequence(lambda number: FIRST + timedelta(seconds=number))


def counted(incident):
    """An incident whose counters are those of the alerts that a test made."""
    with journal(incident.organization_id) as log:
        incident_recount(log, incident)
    return incident


class CorrelationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Correlation

    alert = factory.SubFactory(AlertFactory)
    incident = factory.SelfAttribute("alert.incident")
    strategy = "opened"
    at = FIRST


class MergeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Merge

    source = factory.SubFactory(IncidentFactory)
    target = factory.SubFactory(IncidentFactory, organization=factory.SelfAttribute("..source.organization"))
    source_status = "investigating"
    at = FIRST


class RosterFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Roster

    organization = factory.LazyFunction(organization_factory)
    name = factory.Sequence(lambda number: f"Roster {number:04}")


class ShiftFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Shift

    roster = factory.SubFactory(RosterFactory)
    user = factory.LazyAttribute(lambda row: member_factory(organization=row.roster.organization).user)
    starts_at = FIRST
    ends_at = FIRST + timedelta(hours=8)


class RunbookLinkFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.RunbookLink

    organization = factory.LazyFunction(organization_factory)
    title = factory.Sequence(lambda number: f"Runbook {number:04}")
    url = "https://runbooks.example.org/web"
