from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from aurora_site.accounts.models import Invitation, Membership, Organization, User
from tests.factories.accounts import Api, signed_in_as, stranger, user_factory

EMAIL = "newcomer@example.com"
NEWCOMER = {"name": "New Comer", "password": "securepassword123"}


@pytest.fixture
def invited(admin_api: Api) -> dict[str, Any]:
    answer = admin_api.post("/api/auth/invitations", {"email": EMAIL, "role": "editor"})
    assert answer.status_code == 201
    return answer.json()


def test_inviting_mails_a_link(
    admin_api: Api, admin: Membership, django_capture_on_commit_callbacks: Any, settings: Any
) -> None:
    settings.AURORA_PUBLIC_URL = "https://aurora.test"
    with django_capture_on_commit_callbacks(execute=True):
        answer = admin_api.post("/api/auth/invitations", {"email": "New@Example.com", "role": "viewer"})
    body = answer.json()
    assert (answer.status_code, body["email"], body["state"]) == (201, "new@example.com", "open")
    assert body["url"] == f"https://aurora.test/invitations/{body['token']}"
    assert mail.outbox[0].to == ["new@example.com"]
    assert body["url"] in mail.outbox[0].body
    assert body["token"] not in Invitation.objects.get().token_hash
    listed = admin_api.get("/api/auth/invitations").json()
    assert listed["total"] == 1 and "token" not in listed["invitations"][0]


def test_whoever_holds_the_link_sees_what_it_offers(api: Api, admin: Membership, invited: dict[str, Any]) -> None:
    body = api.get(f"/api/auth/invitations/{invited['token']}").json()
    assert (body["email"], body["role"], body["organization"], body["has_account"]) == (
        EMAIL,
        "editor",
        "Example",
        False,
    )


def test_a_newcomer_joins_with_name_and_password(api: Api, admin: Membership, invited: dict[str, Any]) -> None:
    answer = api.post(f"/api/auth/invitations/{invited['token']}/accept", NEWCOMER)
    assert answer.status_code == 201
    body = answer.json()
    assert (body["email"], body["role"], body["orgId"]) == (EMAIL, "editor", str(admin.organization_id))
    assert Organization.objects.count() == 1
    assert signed_in_as(User.objects.get(email=EMAIL)).get("/editor").status_code == 200
    again = stranger().post(f"/api/auth/invitations/{invited['token']}/accept", NEWCOMER)
    assert (again.status_code, again.json()["code"]) == (404, "INVITATION_INVALID")


def test_registering_with_the_token_joins_too(api: Api, admin: Membership, invited: dict[str, Any]) -> None:
    answer = api.post("/api/auth/register", {**NEWCOMER, "email": EMAIL, "invitation": invited["token"]})
    assert (answer.status_code, answer.json()["orgId"]) == (201, str(admin.organization_id))


def test_registering_under_another_address_does_not(api: Api, invited: dict[str, Any]) -> None:
    body = {**NEWCOMER, "email": "someone@example.com", "invitation": invited["token"]}
    answer = api.post("/api/auth/register", body)
    assert (answer.status_code, answer.json()["code"]) == (403, "INVITATION_MISMATCH")
    assert not User.objects.filter(email="someone@example.com").exists()
    assert Invitation.objects.get().state == "open"


def test_a_person_with_an_account_accepts_signed_in(invited: dict[str, Any], admin: Membership) -> None:
    user = user_factory(EMAIL)
    path = f"/api/auth/invitations/{invited['token']}/accept"
    taken = stranger().post(path, NEWCOMER)
    assert (taken.status_code, taken.json()["code"]) == (409, "EMAIL_TAKEN")
    api = signed_in_as(user)
    answer = api.post(path)
    assert (answer.status_code, answer.json()["role"]) == (200, "editor")
    assert api.get("/who").json()["org"] == str(admin.organization_id)


def test_another_person_can_not_use_the_link(invited: dict[str, Any], other_admin: Membership) -> None:
    answer = signed_in_as(other_admin).post(f"/api/auth/invitations/{invited['token']}/accept")
    assert (answer.status_code, answer.json()["code"]) == (403, "INVITATION_MISMATCH")
    assert Membership.objects.filter(user=other_admin.user).count() == 1


@pytest.mark.parametrize("fate", ["revoked", "expired"])
def test_a_link_that_is_over_opens_nothing(admin_api: Api, invited: dict[str, Any], fate: str) -> None:
    if fate == "revoked":
        assert admin_api.delete(f"/api/auth/invitations/{invited['id']}").status_code == 204
        assert admin_api.delete(f"/api/auth/invitations/{invited['id']}").status_code == 404
    else:
        Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    path = f"/api/auth/invitations/{invited['token']}"
    assert stranger().get(path).json()["code"] == "INVITATION_INVALID"
    assert stranger().post(f"{path}/accept", NEWCOMER).status_code == 404
    assert not User.objects.filter(email=EMAIL).exists()


def test_inviting_again_replaces_the_earlier_link(admin_api: Api, invited: dict[str, Any]) -> None:
    admin_api.post("/api/auth/invitations", {"email": EMAIL})
    assert stranger().get(f"/api/auth/invitations/{invited['token']}").status_code == 404
    assert Invitation.objects.filter(revoked_at=None).count() == 1


def test_members_are_not_invited(admin_api: Api, viewer: Membership) -> None:
    answer = admin_api.post("/api/auth/invitations", {"email": viewer.user.email})
    assert (answer.status_code, answer.json()["code"]) == (409, "ALREADY_MEMBER")
    assert Invitation.objects.count() == 0


def test_only_admins_invite(viewer_api: Api) -> None:
    assert viewer_api.post("/api/auth/invitations", {"email": EMAIL}).status_code == 403
    assert viewer_api.get("/api/auth/invitations").status_code == 403
    assert Invitation.objects.count() == 0


def test_another_organisation_s_invitations_are_not_seen(invited: dict[str, Any], other_admin: Membership) -> None:
    api = signed_in_as(other_admin)
    assert api.get("/api/auth/invitations").json()["total"] == 0
    assert api.delete(f"/api/auth/invitations/{invited['id']}").status_code == 404
    assert Invitation.objects.get().revoked_at is None


@pytest.mark.parametrize("token", ["x", "a" * 43, "%00", "ä"])
def test_a_made_up_link_is_not_found(api: Api, db: None, token: str) -> None:
    assert api.get(f"/api/auth/invitations/{token}").status_code == 404


@pytest.mark.parametrize("body", [{}, {"email": "x"}, {"email": EMAIL, "role": "owner"}])
def test_bad_invitations_are_refused(admin_api: Api, body: dict[str, Any]) -> None:
    assert admin_api.post("/api/auth/invitations", body).json()["code"] == "VALIDATION_ERROR"
    assert Invitation.objects.count() == 0
