"""Old deliveries go when their organisation wants it."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import Record
from aurora_site.core import retention
from incidents import pruning
from incidents.models import Alert, Delivery, Incident
from tests.factories.accounts import organization_factory
from tests.incidents.engine import deliver, said, sender, told

pytestmark = pytest.mark.django_db


def test_old_deliveries_go_and_what_came_of_them_stays(monkeypatch):
    monkeypatch.setattr(pruning, "DELIVERIES_AT_ONCE", 2)
    integration, other = sender(organization_factory()), sender(organization_factory())
    old = timezone.now() - timedelta(days=30)
    for minute in range(3):
        told(integration, said(minute=minute), at=old)
    told(other, said(), at=old)
    recent = told(integration, said(minute=4))
    waiting = deliver(integration, said(minute=5), at=old)
    prune = retention.kinds()["deliveries"].prune
    wanted = {"organization_id": str(integration.organization_id), "before": timezone.now() - timedelta(days=7)}

    assert prune(**wanted, dry_run=True) == 3
    assert Delivery.objects.count() == 6
    assert prune(**wanted) == 3

    left = Delivery.objects.filter(organization=integration.organization)
    assert set(left) == {recent, waiting}
    assert Delivery.objects.filter(organization=other.organization).count() == 1
    assert (Alert.objects.filter(organization=integration.organization).count(), Incident.objects.count()) == (1, 2)
    records = Record.objects.filter(event="incidents.deliveries_pruned")
    assert [json.loads(bytes(record.body))["data"]["deliveries"] for record in records.order_by("at")] == [2, 1]
    assert prune(**wanted) == 0
    assert records.count() == 2
