"""How long things are kept is an admin's decision, checked and on the ledger."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from audit.models import Record
from aurora_site.accounts.models import Membership, RetentionPolicy
from aurora_site.core import retention
from tests.factories.accounts import Api, signed_in_as

PATH = "/api/v1/organization/retention"


@pytest.fixture(autouse=True)
def all_routes(settings: Any, settings_of_accounts: None) -> None:
    settings.ROOT_URLCONF = "aurora_site.urls"


def put(api: Api, body: Any) -> Any:
    return api.request("put", PATH, body)


def changes() -> list[dict[str, Any]]:
    rows = Record.objects.filter(event="accounts.retention_changed").order_by("at", "id")
    return [json.loads(bytes(row.body))["data"]["changed"] for row in rows]


def test_an_admin_sees_and_sets_what_is_kept(admin_api: Api, admin: Membership, other_admin: Membership) -> None:
    shown = admin_api.get(PATH).json()
    assert shown["retention"] == dict.fromkeys(["deliveries", "documents", "events", "ledger", "nudges"])
    assert [(kind["name"], kind["minimum_days"]) for kind in shown["kinds"]] == [
        ("deliveries", 7), ("documents", 30), ("events", 7), ("ledger", 90), ("nudges", 30),
    ]  # fmt: skip
    assert put(admin_api, {"ledger": 365, "events": 30}).json()["retention"] == {
        "deliveries": None, "documents": None, "events": 30, "ledger": 365, "nudges": None,
    }  # fmt: skip
    assert put(admin_api, {"events": 0, "ledger": 365}).json()["retention"]["events"] is None
    assert put(admin_api, {"ledger": None}).json()["retention"]["ledger"] is None
    assert put(admin_api, {"ledger": None}).status_code == 200
    assert changes() == [
        {"events": {"from": None, "to": 30}, "ledger": {"from": None, "to": 365}},
        {"events": {"from": 30, "to": None}},
        {"ledger": {"from": 365, "to": None}},
    ]
    put(admin_api, {"ledger": 100})
    assert signed_in_as(other_admin).get(PATH).json()["retention"]["ledger"] is None


@pytest.mark.parametrize("days", [89, -1, 36_501, "100", True, 100.5, [100]])
def test_periods_that_cannot_be_are_refused_by_name(admin_api: Api, days: Any) -> None:
    answer = put(admin_api, {"ledger": days, "events": 30, "gossip": 3})
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")
    assert answer.json()["fields"] == {
        "ledger": ["Give whole days from 90 to 36,500, or null to keep it for ever."],
        "gossip": ["There is no such kind. Kinds: deliveries, documents, events, ledger, nudges."],
    }
    assert not RetentionPolicy.objects.exists()


def test_only_admins_may(viewer_api: Api, api: Api, admin_api: Api) -> None:
    for client, status in ((viewer_api, 403), (api, 401)):
        assert (client.get(PATH).status_code, put(client, {"ledger": 100}).status_code) == (status, status)
    assert put(admin_api, [1]).status_code == 400
    assert not RetentionPolicy.objects.exists()


def test_the_admin_site_checks_the_same(operator_client: Client, admin: Membership) -> None:
    path = "/admin/accounts/retentionpolicy/add/"
    form = {"organization": str(admin.organization_id), "kind": "ledger", "days": "30"}
    refused = operator_client.post(path, form)
    assert (refused.status_code, b"Give whole days from 90" in refused.content) == (200, True)
    assert (
        b"One of deliveries, documents, events, ledger"
        in operator_client.post(path, {**form, "kind": "gossip"}).content
    )
    assert operator_client.post(path, {**form, "days": "120"}).status_code == 302
    assert RetentionPolicy.objects.get().days == 120
    assert Record.objects.filter(event="accounts.retentionpolicy_added").count() == 1


def test_one_kind_that_fails_does_not_keep_the_others(admin: Membership, monkeypatch: pytest.MonkeyPatch) -> None:
    from aurora_site.accounts.services.retention import retention_apply

    def kind(name: str, prune: Any) -> None:
        monkeypatch.setitem(retention._kinds, name, retention.Kind(name=name, meaning="", minimum_days=1, prune=prune))
        RetentionPolicy.objects.create(organization=admin.organization, kind=name, days=5)

    def fails(**_: Any) -> int:
        raise RuntimeError("broken")

    asked: list[dict[str, Any]] = []
    kind("a", fails)
    kind("b", lambda **options: asked.append(options) or 3)
    with pytest.raises(RuntimeError, match="broken"):
        retention_apply()
    assert [options["organization_id"] for options in asked] == [str(admin.organization_id)]
