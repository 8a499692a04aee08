"""Requests while the main database is away: a 503 that says so and nothing else, and all is well afterwards."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from incidents.models import Delivery
from incidents.services.integrations import integration_address
from tests.factories.accounts import api_key_for, member_factory, organization_factory
from tests.incidents.engine import said, sender

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])
SIGN_IN = {"email": "nobody@example.com", "password": "not the password"}


def test_what_needs_the_database_is_unavailable_and_tells_no_inner_matters(outage: Callable[[bool], None]) -> None:
    key = api_key_for(member_factory())
    outage(True)
    client = APIClient(raise_request_exception=False)
    sign_in = client.post("/api/auth/login", SIGN_IN, format="json")
    assert (sign_in.status_code, sign_in["Retry-After"]) == (503, "5")
    body = sign_in.json()
    assert (body["code"], body["detail"]) == (
        "DATABASE_UNAVAILABLE",
        "The database can't be used right now. Try again in some seconds.",
    )
    runs = client.get("/api/v1/runs", headers={"Authorization": f"Bearer {key}"})
    assert (runs.status_code, runs.json()["code"]) == (503, "UNAVAILABLE")
    outage(False)
    assert client.post("/api/auth/login", SIGN_IN, format="json").status_code == 401
    assert client.get("/api/v1/runs", headers={"Authorization": f"Bearer {key}"}).json() == {"runs": [], "total": 0}


def test_a_webhook_is_told_to_send_again_and_nothing_is_half_stored(outage: Callable[[bool], None]) -> None:
    integration = sender(organization_factory())
    path = "/" + integration_address(integration).split("/", 3)[3]
    outage(True)
    client = APIClient(raise_request_exception=False)
    refused = client.post(path, said(), format="json")
    assert (refused.status_code, refused["Retry-After"]) == (503, "5")
    outage(False)
    assert not Delivery.objects.exists()
    assert client.post(path, said(), format="json").status_code == 202
    assert Delivery.objects.count() == 1
