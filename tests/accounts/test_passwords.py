from __future__ import annotations

import re
from datetime import timedelta
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from celery.exceptions import Retry
from django.core import mail
from django.utils import timezone

from audit.models import Record
from aurora_site.accounts import tasks
from aurora_site.accounts.models import Membership, PasswordReset, SignIn
from aurora_site.accounts.services.passwords import password_reset_request
from tests.factories.accounts import PASSWORD, Api, session_of, signed_in_as, user_factory

NEW = "a new password"
CHANGE = {"currentPassword": PASSWORD, "newPassword": NEW}


def password_is(membership: Membership, password: str) -> bool:
    membership.user.refresh_from_db()
    return membership.user.check_password(password)


def test_changing_keeps_this_sign_in_and_ends_the_others(viewer: Membership) -> None:
    here, elsewhere, browser = signed_in_as(viewer), signed_in_as(viewer), session_of(viewer)
    answer = here.post("/api/auth/change-password", CHANGE)
    assert (answer.status_code, answer.json()) == (200, {"message": "Password changed successfully"})
    assert password_is(viewer, NEW)
    assert here.get("/who").status_code == 200
    assert elsewhere.get("/who").json()["code"] == "SIGN_IN_ENDED"
    assert browser.get("/who").json()["code"] == "SIGN_IN_ENDED"
    assert Record.objects.filter(event="accounts.password_changed", actor_id=viewer.user_id).count() == 1


def test_changing_by_session_keeps_the_session(viewer: Membership) -> None:
    browser = session_of(viewer)
    body = {"current_password": PASSWORD, "new_password": NEW}
    assert browser.post("/api/auth/change-password", body, content_type="application/json").status_code == 200
    assert browser.get("/who").status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({**CHANGE, "currentPassword": "wrong"}, 401, "INVALID_CREDENTIALS"),
        ({**CHANGE, "newPassword": "seven77"}, 400, "VALIDATION_ERROR"),
        ({"newPassword": NEW}, 400, "VALIDATION_ERROR"),
        ({}, 400, "VALIDATION_ERROR"),
    ],
)
def test_a_refused_change_changes_nothing(viewer: Membership, body: dict[str, str], status: int, code: str) -> None:
    elsewhere = signed_in_as(viewer)
    answer = signed_in_as(viewer).post("/api/auth/change-password", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert password_is(viewer, PASSWORD)
    assert elsewhere.get("/who").status_code == 200


def test_strangers_can_not_change_a_password(api: Api, viewer: Membership) -> None:
    assert api.post("/api/auth/change-password", CHANGE).status_code == 401


def request_reset(api: Api, email: str, capture: Any) -> Any:
    with capture(execute=True):
        return api.post("/api/auth/password-reset", {"email": email})


def mailed_token() -> str:
    found = re.search(r"/password-reset/([A-Za-z0-9_-]{43})\s", mail.outbox[-1].body)
    assert found
    return found[1]


def test_a_mailed_link_sets_a_password_once(
    api: Api, viewer: Membership, django_capture_on_commit_callbacks: Any
) -> None:
    elsewhere = signed_in_as(viewer)
    answer = request_reset(api, viewer.user.email.upper(), django_capture_on_commit_callbacks)
    assert answer.status_code == 202
    assert mail.outbox[0].to == [viewer.user.email]
    body = {"token": mailed_token(), "password": NEW}
    assert api.post("/api/auth/password-reset/confirm", body).status_code == 200
    assert password_is(viewer, NEW)
    assert elsewhere.get("/who").json()["code"] == "SIGN_IN_ENDED"
    again = api.post("/api/auth/password-reset/confirm", {**body, "password": "yet another one"})
    assert (again.status_code, again.json()["code"]) == (400, "TOKEN_INVALID")
    assert password_is(viewer, NEW)


@pytest.mark.parametrize("who", ["unknown", "inactive", "demo"])
def test_nobody_learns_whether_an_address_is_known(
    api: Api, db: None, who: str, django_capture_on_commit_callbacks: Any
) -> None:
    user_factory("inactive@example.com", is_active=False)
    user_factory("demo@example.com", is_demo=True)
    user_factory("known@example.com")
    unknown = request_reset(api, f"{who}@example.com", django_capture_on_commit_callbacks)
    assert (len(mail.outbox), PasswordReset.objects.count()) == (0, 0)
    known = request_reset(api, "known@example.com", django_capture_on_commit_callbacks)
    assert (unknown.status_code, unknown.json()) == (known.status_code, known.json())


def test_an_expired_link_is_refused(api: Api, viewer: Membership, django_capture_on_commit_callbacks: Any) -> None:
    request_reset(api, viewer.user.email, django_capture_on_commit_callbacks)
    PasswordReset.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    answer = api.post("/api/auth/password-reset/confirm", {"token": mailed_token(), "password": NEW})
    assert answer.json()["code"] == "TOKEN_INVALID"
    assert password_is(viewer, PASSWORD)


@pytest.mark.parametrize("token", ["x", "a" * 43, "ä" * 43])
def test_a_made_up_link_is_refused(api: Api, viewer: Membership, token: str) -> None:
    answer = api.post("/api/auth/password-reset/confirm", {"token": token, "password": NEW})
    assert (answer.status_code, answer.json()["code"]) == (400, "TOKEN_INVALID")


def test_a_new_password_voids_links_that_are_still_open(
    api: Api, viewer: Membership, django_capture_on_commit_callbacks: Any
) -> None:
    request_reset(api, viewer.user.email, django_capture_on_commit_callbacks)
    signed_in_as(viewer).post("/api/auth/change-password", CHANGE)
    answer = api.post("/api/auth/password-reset/confirm", {"token": mailed_token(), "password": "yet another one"})
    assert answer.json()["code"] == "TOKEN_INVALID"


def test_mail_is_sent_once_and_again_after_a_failure(viewer: Membership, monkeypatch: pytest.MonkeyPatch) -> None:
    password_reset_request(email=viewer.user.email)
    reset = PasswordReset.objects.get()

    def fail(*args: Any) -> None:
        raise SMTPServerDisconnected("gone")

    monkeypatch.setattr(tasks, "send_mail", fail)
    with pytest.raises(Retry):
        tasks.send_password_reset.apply(args=[str(reset.pk)], throw=True, retries=0)
    reset.refresh_from_db()
    assert reset.sent_at is None
    monkeypatch.undo()
    tasks.send_password_reset(str(reset.pk))
    tasks.send_password_reset(str(reset.pk))
    assert len(mail.outbox) == 1


def test_the_sweep_finds_mail_that_was_never_rung_for(viewer: Membership) -> None:
    password_reset_request(email=viewer.user.email)
    tasks.sweep_mail()
    assert len(mail.outbox) == 0
    PasswordReset.objects.update(created_at=timezone.now() - timedelta(minutes=3))
    tasks.sweep_mail()
    tasks.sweep_mail()
    assert len(mail.outbox) == 1


def test_a_reset_opens_no_sign_in(api: Api, viewer: Membership, django_capture_on_commit_callbacks: Any) -> None:
    request_reset(api, viewer.user.email, django_capture_on_commit_callbacks)
    api.post("/api/auth/password-reset/confirm", {"token": mailed_token(), "password": NEW})
    assert SignIn.objects.filter(ended_at=None).count() == 0
