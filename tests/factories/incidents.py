"""Rows of incidents for tests."""

from datetime import UTC, datetime, timedelta

import factory

from incidents import models
from tests.factories.accounts import organization_factory

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
    title = factory.Sequence(lambda number: f"Incident {number:04}")
    severity = models.Severity.HIGH
    started_at = factory.Sequence(lambda number: FIRST + timedelta(minutes=number))


class AlertFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Alert

    incident = factory.SubFactory(IncidentFactory)
    organization = factory.SelfAttribute("incident.organization")
    fingerprint = factory.Sequence(lambda number: f"{number:064}")
    source_type = "grafana"
    title = factory.Sequence(lambda number: f"Alert {number:04}")
    started_at = FIRST
    received_at = factory.Sequence(lambda number: FIRST + timedelta(seconds=number))


class TimelineEntryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.TimelineEntry

    incident = factory.SubFactory(IncidentFactory)
    kind = "incident.created"
    at = factory.Sequence(lambda number: FIRST + timedelta(seconds=number))
