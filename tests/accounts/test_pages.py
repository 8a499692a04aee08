"""The account pages, and the admin's."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.utils import quote
from django.core import mail
from django.test import Client

from aurora_site.accounts.models import ApiKey, Membership, Role, SignIn, User
from aurora_site.accounts.services.invitations import invitation_create
from aurora_site.accounts.services.passwords import password_reset_request
from tests.factories.accounts import PASSWORD, api_key_for, member_factory, session_of, signed_in_as, user_factory


@pytest.mark.parametrize("path", ["/sign-in", "/sign-up/", "/password-reset"])
def test_strangers_see_the_forms(client: Client, db: None, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert b"csrfmiddlewaretoken" in answer.content


def test_signing_in_leads_back_to_where_one_was(client: Client, viewer: Membership) -> None:
    form = {"email": viewer.user.email.upper(), "password": PASSWORD, "next": "/documents?q=leave"}
    answer = client.post("/sign-in", form)
    assert (answer.status_code, answer["Location"]) == (302, "/documents?q=leave")
    assert client.get("/who").json()["user"] == viewer.user_id
    assert client.get("/sign-in").status_code == 302


@pytest.mark.parametrize(
    "target", ["https://evil.test/", "//evil.test", "/\\evil.test", "javascript:alert(1)", "http:evil.test", "\x00/"]
)
def test_no_link_leads_off_the_site(client: Client, viewer: Membership, target: str) -> None:
    form = {"email": viewer.user.email, "password": PASSWORD, "next": target}
    assert client.post("/sign-in", form)["Location"] == "/"


@pytest.mark.parametrize(
    ("form", "status"),
    [({"email": "known", "password": "wrong"}, 401), ({"email": "x", "password": "y"}, 400), ({}, 400)],
)
def test_a_failed_sign_in_says_so_and_signs_nobody_in(
    client: Client, viewer: Membership, form: dict[str, str], status: int
) -> None:
    if form.get("email") == "known":
        form = {**form, "email": viewer.user.email}
    answer = client.post("/sign-in", form)
    assert answer.status_code == status
    assert SignIn.objects.count() == 0
    assert "wrong" not in answer.content.decode().split("<form", 1)[1]


def test_forms_need_the_csrf_token(viewer: Membership) -> None:
    browser = Client(enforce_csrf_checks=True)
    assert browser.post("/sign-in", {"email": viewer.user.email, "password": PASSWORD}).status_code == 403
    assert SignIn.objects.count() == 0


def test_signing_up_makes_an_account_and_signs_in(client: Client, db: None) -> None:
    form = {"name": "New Comer", "email": "new@example.com", "password": "eight888", "organization": "Harbour Works"}
    assert client.post("/sign-up", form).status_code == 302
    assert client.get("/api/auth/me").json()["orgName"] == "Harbour Works"
    again = Client().post("/sign-up", form)
    assert again.status_code == 409 and b"has an account already" in again.content
    short = Client().post("/sign-up", {**form, "email": "b@example.com", "password": "seven77"})
    assert (short.status_code, User.objects.count()) == (400, 1)


def test_signing_out_ends_the_sign_in(viewer: Membership) -> None:
    browser = session_of(viewer)
    assert browser.get("/sign-out").status_code == 405
    answer = browser.post("/sign-out")
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in")
    assert SignIn.objects.get().ended_reason == "signed_out"
    assert browser.get("/who").status_code == 401


def test_a_forgotten_password_is_replaced_by_mail(
    client: Client, viewer: Membership, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post("/password-reset", {"email": viewer.user.email})
    assert answer.status_code == 200 and b"Check your mail" in answer.content
    path = "/password-reset/" + mail.outbox[0].body.split("/password-reset/")[1].split()[0]
    assert b"csrfmiddlewaretoken" in client.get(path).content
    assert client.post(path, {"password": "seven77"}).status_code == 400
    assert client.post(path, {"password": "a new password"}).status_code == 302
    assert client.get("/who").json()["user"] == viewer.user_id
    used = Client().get(path)
    assert (used.status_code, used.context["form"]) == (404, None)


@pytest.mark.parametrize("path", ["/password-reset/x", "/invitations/x", f"/invitations/{'a' * 43}"])
def test_a_made_up_link_says_that_it_does_not_work(client: Client, db: None, path: str) -> None:
    for answer in (client.get(path), client.post(path, {"name": "A", "password": "eight888"})):
        assert (answer.status_code, answer.context["form"]) == (404, None)


class TestInvitation:
    @pytest.fixture
    def path(self, admin: Membership) -> str:
        _, token = invitation_create(
            organization=admin.organization, email="new@example.com", role=Role.EDITOR, invited_by=admin.user
        )
        return f"/invitations/{token}"

    def test_a_newcomer_fills_in_the_form(self, client: Client, path: str) -> None:
        assert b"Join Example" in client.get(path).content
        assert client.post(path, {"name": "", "password": "eight888"}).status_code == 400
        assert client.post(path, {"name": "New", "password": "eight888"}).status_code == 302
        assert client.get("/who").json()["role"] == "editor"

    def test_a_person_with_an_account_signs_in_first(self, client: Client, path: str) -> None:
        user = user_factory("new@example.com")
        assert client.get(path)["Location"] == f"/sign-in?next={path.replace('/', '%2F')}"
        browser = session_of(user)
        assert b"Join Example" in browser.get(path).content
        assert browser.post(path)["Location"] == "/"
        assert Membership.objects.get(user=user).role == "editor"

    def test_another_person_is_told(self, path: str, other_admin: Membership) -> None:
        answer = session_of(other_admin).post(path)
        assert answer.status_code == 403 and b"another e-mail address" in answer.content
        assert Membership.objects.filter(user=other_admin.user).count() == 1


class TestAdmin:
    @pytest.fixture
    def browser(self, admin: Membership) -> Client:
        admin.user.is_staff = admin.user.is_superuser = True
        admin.user.save()
        return session_of(admin)

    @pytest.mark.parametrize("name", ["user", "organization", "team", "invitation", "apikey", "signin"])
    def test_every_list_and_form_opens(self, browser: Client, admin: Membership, viewer: Membership, name: str) -> None:
        key = api_key_for(viewer)
        invitation_create(organization=admin.organization, email="a@example.com", role="viewer", invited_by=admin.user)
        admin.organization.teams.create(name="Platform")
        password_reset_request(email=viewer.user.email)
        listed = browser.get(f"/admin/accounts/{name}/")
        assert listed.status_code == 200
        row = {"user": viewer.user, "organization": admin.organization, "signin": SignIn.objects.first()}.get(name)
        if name == "apikey":
            row = ApiKey.objects.get()
            assert row.key_hash not in listed.content.decode() and key not in listed.content.decode()
        if row:
            shown = browser.get(f"/admin/accounts/{name}/{quote(row.pk)}/change/")
            assert shown.status_code == 200
            assert "key_hash" not in shown.content.decode()

    def test_adding_a_user(self, browser: Client) -> None:
        assert browser.get("/admin/accounts/user/add/").status_code == 200
        form = {
            "email": "Made@Example.com",
            "usable_password": "true",
            "password1": "eight888",
            "password2": "eight888",
        }
        assert browser.post("/admin/accounts/user/add/", form).status_code == 302
        assert User.objects.get(email="made@example.com").check_password("eight888")

    def test_changing_a_password_ends_the_person_s_sign_ins(self, browser: Client, viewer: Membership) -> None:
        api = signed_in_as(viewer)
        path = f"/admin/accounts/user/{quote(viewer.user_id)}/password/"
        assert browser.get(path).status_code == 200
        form = {"usable_password": "true", "password1": "a new password", "password2": "a new password"}
        assert browser.post(path, form).status_code == 302
        viewer.user.refresh_from_db()
        assert viewer.user.check_password("a new password")
        assert api.get("/who").json()["code"] == "SIGN_IN_ENDED"

    def test_ending_sign_ins_and_revoking_keys(self, browser: Client, viewer: Membership) -> None:
        api, key = signed_in_as(viewer), api_key_for(viewer)
        sign_in = SignIn.objects.get(user=viewer.user)
        browser.post("/admin/accounts/signin/", {"action": "end", "_selected_action": [str(sign_in.pk)]})
        assert api.get("/who").json()["code"] == "SIGN_IN_ENDED"
        row = ApiKey.objects.get()
        browser.post("/admin/accounts/apikey/", {"action": "revoke", "_selected_action": [str(row.pk)]})
        assert Client().get("/who", headers={"X-API-Key": key}).json()["code"] == "API_KEY_REVOKED"

    def test_the_last_admin_survives_the_members_form(self, browser: Client, admin: Membership) -> None:
        organization = admin.organization
        form = {
            "name": organization.name,
            "slug": organization.slug,
            "memberships-TOTAL_FORMS": "1",
            "memberships-INITIAL_FORMS": "1",
            "memberships-0-id": str(admin.pk),
            "memberships-0-organization": str(organization.pk),
            "memberships-0-user": admin.user_id,
            "memberships-0-role": "viewer",
        }
        path = f"/admin/accounts/organization/{quote(organization.pk)}/change/"
        assert browser.post(path, form).status_code == 302
        assert Membership.objects.get(pk=admin.pk).role == "admin"
        member_factory(organization, Role.ADMIN)
        browser.post(path, form)
        assert Membership.objects.get(pk=admin.pk).role == "viewer"

    def test_it_is_closed_to_others_and_to_tokens(self, viewer: Membership, browser: Client, admin: Membership) -> None:
        assert session_of(viewer).get("/admin/").status_code == 302
        assert signed_in_as(admin).get("/admin/").status_code == 302
