from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import Record
from aurora_site.accounts import tokens
from aurora_site.accounts.models import Membership, SignIn
from aurora_site.accounts.services.members import user_deactivate
from aurora_site.accounts.services.sign_ins import sign_in_end
from tests.factories.accounts import PASSWORD, Api, session_of, signed_in_as, stranger, tokens_for


def bearer(access: str) -> Api:
    return Api(Client(), {"Authorization": f"Bearer {access}"})


def login(api: Api, membership: Membership, password: str = PASSWORD) -> Any:
    return api.post("/api/auth/login", {"email": membership.user.email, "password": password})


def test_login_answers_the_account_tokens_and_a_session(api: Api, admin: Membership) -> None:
    answer = login(api, admin)
    assert answer.status_code == 200
    body = answer.json()
    assert body == {
        "id": admin.user_id,
        "email": admin.user.email,
        "name": admin.user.name,
        "role": "admin",
        "orgId": str(admin.organization_id),
        "orgName": "Example",
        "mustChangePassword": False,
        "access": body["access"],
        "refresh": body["refresh"],
        "expires_in": 1800,
    }
    assert answer.cookies["aurora_session"]["httponly"] is True
    assert api.get("/api/auth/me").json()["signedInBy"] == "session"
    assert bearer(body["access"]).get("/api/auth/me").json()["signedInBy"] == "bearer"
    sign_in = SignIn.objects.get()
    assert (sign_in.user_id, sign_in.kind, sign_in.ip) == (admin.user_id, "api", "127.0.0.1")


@pytest.mark.parametrize("email", ["known", "nobody@example.com", "not an address", "nul\u0001@example.com"])
def test_wrong_credentials_look_alike_and_are_on_the_ledger(api: Api, admin: Membership, email: str) -> None:
    known = email == "known"
    answer = api.post("/api/auth/login", {"email": admin.user.email if known else email, "password": "wrong password"})
    assert answer.status_code == 401
    assert answer.json()["code"] == "INVALID_CREDENTIALS"
    assert answer.json()["detail"] == "Invalid credentials"
    assert SignIn.objects.count() == 0
    record = Record.objects.get(event="accounts.sign_in_failed")
    # Whoever tried isn't the account that was tried.
    user_id = admin.user_id if known else ""
    assert (record.actor_id, record.subject_type, record.subject_id) == ("", "user", user_id)
    assert {text.person_id for text in record.texts.all()} == {user_id}


def test_an_unknown_address_costs_a_password_hash(api: Api, admin: Membership, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.contrib.auth.hashers import BCryptSHA256PasswordHasher

    hashed: list[str] = []
    encode = BCryptSHA256PasswordHasher.encode

    def counted(self: Any, password: str, salt: Any) -> str:
        hashed.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(BCryptSHA256PasswordHasher, "encode", counted)
    login(api, admin, "wrong password")
    api.post("/api/auth/login", {"email": "nobody@example.com", "password": "wrong password"})
    assert hashed == ["wrong password", "wrong password"]


def test_a_switched_off_account_can_not_sign_in(api: Api, admin: Membership) -> None:
    admin.user.is_active = False
    admin.user.save()
    assert login(api, admin).json()["code"] == "INVALID_CREDENTIALS"


@pytest.mark.parametrize("body", [{}, {"email": "a@example.com"}, {"password": "x"}, {"email": 1, "password": {}}])
def test_login_names_missing_fields(api: Api, db: None, body: dict[str, Any]) -> None:
    answer = api.post("/api/auth/login", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")


def test_a_stale_token_does_not_hinder_signing_in(admin: Membership) -> None:
    api = bearer("stale.token.here")
    assert login(api, admin).status_code == 200


def test_refresh_tokens_rotate(api: Api, admin: Membership) -> None:
    _, pair = tokens_for(admin.user)
    first = api.post("/api/auth/refresh", {"refresh": pair.refresh})
    assert first.status_code == 200
    second = api.post("/api/auth/refresh/", {"refresh": first.json()["refresh"]})
    assert second.status_code == 200
    assert bearer(second.json()["access"]).get("/who").status_code == 200


def test_a_refresh_token_used_twice_ends_the_sign_in(api: Api, admin: Membership) -> None:
    sign_in, pair = tokens_for(admin.user)
    renewed = api.post("/api/auth/refresh", {"refresh": pair.refresh}).json()
    reuse = api.post("/api/auth/refresh", {"refresh": pair.refresh})
    assert (reuse.status_code, reuse.json()["code"]) == (401, "TOKEN_REUSED")
    sign_in.refresh_from_db()
    assert sign_in.ended_reason == "refresh_reused"
    after = api.post("/api/auth/refresh", {"refresh": renewed["refresh"]})
    assert (after.status_code, after.json()["code"]) == (401, "SIGN_IN_ENDED")
    assert bearer(renewed["access"]).get("/who").json()["code"] == "SIGN_IN_ENDED"


@pytest.mark.parametrize("refresh", ["", None, [], {}])
def test_refresh_names_a_missing_token(api: Api, db: None, refresh: Any) -> None:
    assert api.post("/api/auth/refresh", {"refresh": refresh}).status_code == 400


@pytest.mark.parametrize("refresh", ["x", "a.b.c", "\ud83d", "ä", "[" * 3000, f"{'W1tb' * 400}.a.b"])
def test_refresh_refuses_what_is_no_token(api: Api, db: None, refresh: str) -> None:
    answer = api.post("/api/auth/refresh", {"refresh": refresh})
    assert (answer.status_code, answer.json()["code"]) in {(401, "TOKEN_INVALID"), (400, "VALIDATION_ERROR")}


def test_an_access_token_does_not_refresh_nor_a_refresh_token_sign_in(api: Api, admin: Membership) -> None:
    _, pair = tokens_for(admin.user)
    assert api.post("/api/auth/refresh", {"refresh": pair.access}).json()["code"] == "TOKEN_INVALID"
    answer = bearer(pair.refresh).get("/who")
    assert (answer.status_code, answer.json()["code"]) == (401, "TOKEN_INVALID")
    assert "another kind" in answer.json()["detail"]


def test_logging_out_ends_cookie_access_and_refresh_at_once(api: Api, admin: Membership) -> None:
    body = login(api, admin).json()
    elsewhere = signed_in_as(admin)
    assert bearer(body["access"]).post("/api/auth/logout").json() == {"message": "Signed out"}
    assert api.get("/who").json()["code"] == "SIGN_IN_ENDED"
    assert bearer(body["access"]).get("/who").json()["code"] == "SIGN_IN_ENDED"
    assert stranger().post("/api/auth/refresh", {"refresh": body["refresh"]}).json()["code"] == "SIGN_IN_ENDED"
    assert elsewhere.get("/who").status_code == 200


def test_logging_out_by_cookie_ends_the_tokens(api: Api, admin: Membership) -> None:
    body = login(api, admin).json()
    assert api.post("/api/auth/logout").status_code == 200
    assert api.get("/who").json()["code"] == "UNAUTHENTICATED"
    assert bearer(body["access"]).get("/who").status_code == 401


def test_a_stranger_can_not_log_out(api: Api, db: None) -> None:
    assert api.post("/api/auth/logout").status_code == 401


def test_signing_in_again_in_a_browser_ends_what_it_held(api: Api, admin: Membership) -> None:
    first = login(api, admin).json()
    login(api, admin)
    assert bearer(first["access"]).get("/who").json()["code"] == "SIGN_IN_ENDED"
    assert SignIn.objects.filter(ended_at=None).count() == 1


def test_off_boarding_shuts_everything_at_once(admin: Membership, viewer: Membership) -> None:
    api, browser = signed_in_as(viewer), session_of(viewer)
    user_deactivate(user=viewer.user, actor=admin.user)
    assert api.get("/who").status_code == 401
    assert browser.get("/who").status_code == 401


def test_an_expired_access_token_says_so(admin: Membership, settings: Any) -> None:
    sign_in, _ = tokens_for(admin.user)
    token = tokens.AccessToken()
    token["sub"], token["sid"] = admin.user_id, str(sign_in.pk)
    token.set_exp(from_time=timezone.now() - timedelta(hours=2), lifetime=timedelta(hours=1))
    answer = bearer(str(token)).get("/who")
    assert (answer.status_code, answer.json()["code"]) == (401, "TOKEN_EXPIRED")
    assert answer["WWW-Authenticate"] == "Bearer"


def test_ending_a_sign_in_twice_is_on_the_ledger_once(admin: Membership) -> None:
    sign_in, _ = tokens_for(admin.user)
    assert sign_in_end(sign_in_id=sign_in.pk, reason="signed_out") is True
    assert sign_in_end(sign_in_id=sign_in.pk, reason="signed_out") is False
    assert Record.objects.filter(event="accounts.signed_out").count() == 1


def test_the_admin_s_own_form_signs_in_with_a_sign_in(admin: Membership) -> None:
    admin.user.is_staff = admin.user.is_superuser = True
    admin.user.save()
    browser = Client()
    form = {"username": admin.user.email, "password": PASSWORD, "next": "/admin/"}
    assert browser.post("/admin/login/", form).status_code == 302
    assert SignIn.objects.get().kind == "page"
    assert browser.get("/admin/").status_code == 200
    sign_in_end(sign_in_id=SignIn.objects.get().pk, reason="operator")
    assert browser.get("/admin/").status_code == 302
