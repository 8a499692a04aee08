"""Refusals of known callers are on the ledger, and nobody can fill it with them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.cache import cache
from django.db import DatabaseError

from audit.models import Record
from aurora_site.accounts import refusals
from aurora_site.accounts.models import Membership
from tests.factories.accounts import Api


def refused() -> list[dict[str, Any]]:
    rows = Record.objects.filter(event="accounts.access_refused").order_by("at", "id")
    return [json.loads(bytes(row.body)) for row in rows]


def test_what_a_known_caller_may_not_do_is_recorded_once_and_then_counted(
    viewer: Membership, viewer_api: Api, api: Api
) -> None:
    for name in ("One", "Two", "Three"):
        assert viewer_api.post("/api/auth/teams", {"name": name}).status_code == 403
    (record,) = refused()
    assert (record["actor_id"], record["organization_id"]) == (viewer.user_id, str(viewer.organization_id))
    assert record["data"] == {
        "method": "POST", "route": "api/auth/teams", "code": "FORBIDDEN", "kind": "bearer", "unrecorded": 0,
    }  # fmt: skip
    assert list(record["texts"]) == ["ip"]
    assert viewer_api.get("/api/auth/invitations").status_code == 403
    assert refused()[1]["data"]["unrecorded"] == 2
    assert api.post("/api/auth/teams", {"name": "One"}).status_code == 401
    assert len(refused()) == 2


def test_asking_for_anothers_organisation_or_name_is_recorded(viewer_api: Api, other_admin: Membership) -> None:
    assert viewer_api.get("/api/auth/me", X_ORG_ID=str(other_admin.organization_id)).status_code == 403
    assert viewer_api.get("/api/auth/me", X_USER_ID=other_admin.user_id).status_code == 403
    assert [record["data"]["code"] for record in refused()] == ["NOT_A_MEMBER", "IDENTITY_MISMATCH"]
    assert str(other_admin.organization_id) not in json.dumps(refused())


def test_one_person_gets_so_many_records_an_hour(
    viewer: Membership, viewer_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "MOST_OF_A_PERSON", 2)
    for method, path in (("get", "invitations"), ("delete", "invitations"), ("post", "teams"), ("delete", "members/x")):
        assert viewer_api.request(method, f"/api/auth/{path}").status_code == 403
    assert len(refused()) == 2
    cache.delete(f"refusals.recorded.{viewer.user_id}")
    assert viewer_api.post("/api/auth/invitations", {}).status_code == 403
    assert [record["data"]["unrecorded"] for record in refused()] == [0, 0, 2]


@pytest.mark.parametrize("broken", ["cache", "ledger"])
def test_a_refusal_stays_one_when_it_cannot_be_recorded(
    viewer_api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, broken: str
) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise DatabaseError("away")

    monkeypatch.setattr(*((refusals.cache, "add") if broken == "cache" else (refusals, "record")), fail)
    assert viewer_api.post("/api/auth/teams", {"name": "One"}).status_code == 403
    assert refused() == []
    assert "isn't recorded" in caplog.text
