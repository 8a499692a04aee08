"""The address that monitoring systems send to."""

import json

import pytest
from django.test import Client

from incidents.models import Delivery
from incidents.services.integrations import integration_address
from tests.factories.accounts import organization_factory
from tests.incidents.engine import said, sender

pytestmark = pytest.mark.django_db


def path_of(integration):
    return "/" + integration_address(integration).split("/", 3)[3]


def post(path, body, **headers):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Client().post(path, data, content_type="application/json", headers=headers)


def test_a_delivery_is_stored_as_it_came_and_accepted():
    integration = sender(organization_factory())
    body = json.dumps(said(title="Größe überschritten")).encode()

    answer = post(path_of(integration), body, Authorization="Bearer nothing", **{"User-Agent": "curl"})

    delivery = Delivery.objects.get()
    assert answer.status_code == 202
    assert answer.json() == {"status": "accepted", "delivery_id": str(delivery.pk)}
    assert (bytes(delivery.body), delivery.state, delivery.duplicates) == (body, "pending", 0)
    assert delivery.headers == {
        "content-type": "application/json", "user-agent": "curl", "content-length": str(len(body))
    }  # fmt: skip
    assert delivery.organization_id == integration.organization_id
