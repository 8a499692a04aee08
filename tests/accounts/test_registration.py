from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from audit.selectors import records_for
from aurora_site.accounts.models import Membership, Organization, SignIn, User
from tests.factories.accounts import Api, stranger, user_factory

BODY = {"email": "User@Example.com", "password": "securepassword123", "name": "John Doe"}


def test_registering_makes_one_admin_of_ones_own_organisation(api: Api, db: None) -> None:
    answer = api.post("/api/auth/register", BODY)
    assert answer.status_code == 201
    body = answer.json()
    assert (body["email"], body["name"], body["role"]) == ("user@example.com", "John Doe", "admin")
    assert body["id"].startswith("user_") and len(body["id"]) == 25
    membership = Membership.objects.select_related("organization").get(user_id=body["id"])
    assert (str(membership.organization_id), membership.organization.name) == (body["orgId"], body["orgName"])
    assert User.objects.get().password.startswith("bcrypt")
    me = Api(stranger().client, {"Authorization": f"Bearer {body['access']}"}).get("/api/auth/me")
    assert (me.status_code, me.json()["id"]) == (200, body["id"])
    assert api.get("/api/auth/me").json()["id"] == body["id"]
    events = set(records_for(body["orgId"]).values_list("event", flat=True))
    assert events == {"accounts.organization_created", "accounts.signed_in"}


def test_the_organisation_may_be_named(api: Api, db: None) -> None:
    answer = api.post("/api/auth/register/", {**BODY, "org_name": "Harbour Works"})
    assert (answer.status_code, answer.json()["orgName"]) == (201, "Harbour Works")


def test_an_address_registers_once_whatever_its_case(api: Api, db: None) -> None:
    user_factory("user@example.com")
    answer = api.post("/api/auth/register", BODY)
    assert answer.status_code == 409
    assert answer.json()["code"] == "EMAIL_TAKEN"
    assert (User.objects.count(), Organization.objects.count(), SignIn.objects.count()) == (1, 0, 0)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"password": "seven77"}, "password"),
        ({"password": ""}, "password"),
        ({"password": None}, "password"),
        ({"password": "x" * 1025}, "password"),
        ({"email": "not-an-address"}, "email"),
        ({"email": ["user@example.com"]}, "email"),
        ({"email": f"{'a' * 250}@example.com"}, "email"),
        ({"name": "a\nBcc: someone@example.com"}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": "nul\x00"}, "name"),
        ({"organization": {"a": 1}}, "organization"),
    ],
)
def test_bad_fields_are_named_and_nothing_is_made(api: Api, db: None, change: dict[str, Any], field: str) -> None:
    answer = api.post("/api/auth/register", {**BODY, **change})
    assert answer.status_code == 400
    assert answer.json()["code"] == "VALIDATION_ERROR"
    assert list(answer.json()["fields"]) == [field]
    assert User.objects.count() == 0


@pytest.mark.parametrize("body", [[], "text", 7, None])
def test_a_body_that_is_no_object_is_refused(api: Api, db: None, body: Any) -> None:
    answer = api.client.post("/api/auth/register", data=json.dumps(body), content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["code"] == "VALIDATION_ERROR"


@pytest.mark.parametrize("password", ["12345678", "        ", "password", "user@example.com", "pässwörd🔑", "x" * 200])
def test_eight_characters_are_the_only_rule(api: Api, db: None, password: str) -> None:
    assert api.post("/api/auth/register", {**BODY, "password": password}).status_code == 201
    assert api.post("/api/auth/login", {"email": BODY["email"], "password": password}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_twenty_registrations_at_once_one_wins() -> None:
    def register(number: int) -> int:
        try:
            return stranger().post("/api/auth/register", {**BODY, "name": f"Racer {number}"}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        statuses = sorted(pool.map(register, range(20)))
    assert statuses == [201] + [409] * 19
    assert (User.objects.count(), Organization.objects.count(), Membership.objects.count()) == (1, 1, 1)
