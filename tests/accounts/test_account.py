"""Oneself, one's organisations, one's API keys."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from aurora_site.accounts.models import ApiKey, Membership, Role
from aurora_site.accounts.tokens import secret_hash
from tests.factories.accounts import Api, api_key_for, member_factory, signed_in_as


def test_me_tells_who_and_where_i_am(viewer: Membership, viewer_api: Api) -> None:
    body = viewer_api.get("/api/auth/me/").json()
    assert body["organizations"] == [
        {
            "id": str(viewer.organization_id),
            "name": "Example",
            "slug": viewer.organization.slug,
            "role": "viewer",
            "is_default": True,
        }
    ]
    del body["organizations"]
    assert body == {
        "id": viewer.user_id,
        "email": viewer.user.email,
        "name": viewer.user.name,
        "role": "viewer",
        "orgId": str(viewer.organization_id),
        "orgName": "Example",
        "mustChangePassword": False,
        "isDemo": False,
        "isOperator": False,
        "signedInBy": "bearer",
    }


def test_my_name_and_default_organisation_can_change(
    admin: Membership, admin_api: Api, other_admin: Membership
) -> None:
    second = Membership.objects.create(user=admin.user, organization=other_admin.organization, role=Role.VIEWER)
    answer = admin_api.patch("/api/auth/me", {"name": "New Name", "default_organization": str(second.organization_id)})
    assert (answer.status_code, answer.json()["name"]) == (200, "New Name")
    assert admin_api.get("/who").json()["org"] == str(second.organization_id)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"default_organization": str(uuid4())}, 403),
        ({"default_organization": "x"}, 400),
        ({"name": ""}, 400),
        ({"name": "a\nb"}, 400),
    ],
)
def test_a_refused_change_changes_nothing(admin: Membership, admin_api: Api, body: dict[str, Any], status: int) -> None:
    name = admin.user.name
    assert admin_api.patch("/api/auth/me", body).status_code == status
    admin.user.refresh_from_db()
    assert (admin.user.name, admin.user.default_organization_id) == (name, admin.organization_id)


def test_a_default_must_be_one_s_own(admin: Membership, admin_api: Api, other_admin: Membership) -> None:
    answer = admin_api.patch("/api/auth/me", {"default_organization": str(other_admin.organization_id)})
    assert (answer.status_code, answer.json()["code"]) == (403, "NOT_A_MEMBER")


def test_organizations_lists_mine_alone(admin_api: Api, admin: Membership, other_admin: Membership) -> None:
    body = admin_api.get("/api/auth/organizations").json()
    assert ([each["id"] for each in body["organizations"]], body["total"]) == ([str(admin.organization_id)], 1)


def test_a_key_is_shown_once_and_stored_as_a_hash(viewer: Membership, viewer_api: Api) -> None:
    answer = viewer_api.post("/api/auth/api-keys", {"name": "laptop", "scopes": ["write"], "expires_in_days": 30})
    assert answer.status_code == 201
    text = answer.json()["key"]
    key = ApiKey.objects.get()
    assert (key.key_hash, key.prefix, key.scopes) == (secret_hash(text), text[:12], ["write"])
    assert (key.expires_at - key.created_at).days == 30
    assert Api(Client(), {"X-API-Key": text}).get("/who").json()["user"] == viewer.user_id
    listed = viewer_api.get("/api/auth/api-keys").json()
    assert listed["total"] == 1 and "key" not in listed["api_keys"][0] and key.key_hash not in str(listed)


def test_a_key_reads_only_unless_asked(viewer_api: Api) -> None:
    assert viewer_api.post("/api/auth/api-keys", {"name": "default"}).json()["scopes"] == ["read"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"name": "x", "scopes": []}, 400),
        ({"name": "x", "scopes": ["root"]}, 400),
        ({"name": "x", "scopes": "read"}, 400),
        ({"name": "x", "expires_in_days": 0}, 400),
        ({"name": "x", "scopes": ["admin"]}, 403),
    ],
)
def test_a_refused_key_is_not_made(viewer_api: Api, body: dict[str, Any], status: int) -> None:
    assert viewer_api.post("/api/auth/api-keys", body).status_code == status
    assert ApiKey.objects.count() == 0


def test_revoking_stops_a_key_at_once(viewer: Membership, viewer_api: Api) -> None:
    text = api_key_for(viewer)
    key = ApiKey.objects.get()
    assert viewer_api.delete(f"/api/auth/api-keys/{key.pk}").status_code == 204
    assert Api(Client(), {"X-API-Key": text}).get("/who").json()["code"] == "API_KEY_REVOKED"
    assert viewer_api.delete(f"/api/auth/api-keys/{key.pk}").status_code == 404


def test_others_keys_are_an_admin_s_business_within_the_organisation(
    viewer: Membership, admin_api: Api, other_admin: Membership
) -> None:
    api_key_for(viewer)
    path = f"/api/auth/api-keys/{ApiKey.objects.get().pk}"
    colleague = signed_in_as(member_factory(viewer.organization))
    for stranger in (colleague, signed_in_as(other_admin)):
        assert stranger.get("/api/auth/api-keys").json()["total"] == 0
        assert stranger.delete(path).status_code == 404
    assert ApiKey.objects.get().revoked_at is None
    assert admin_api.get("/api/auth/api-keys").json()["total"] == 1
    assert admin_api.delete(path).status_code == 204


def test_a_key_can_not_make_keys(admin: Membership) -> None:
    api = Api(Client(), {"X-API-Key": api_key_for(admin, "admin")})
    assert api.post("/api/auth/api-keys", {"name": "child"}).status_code == 403
    assert ApiKey.objects.count() == 1


@pytest.mark.parametrize("path", ["me", "organizations", "api-keys", "members", "teams", "invitations"])
def test_strangers_read_nothing(api: Api, db: None, path: str) -> None:
    answer = api.get(f"/api/auth/{path}")
    assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHENTICATED")
