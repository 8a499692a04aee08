"""Who a request acts for: the rules, one row each."""

from __future__ import annotations

import string
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aurora_site.accounts import middleware
from aurora_site.accounts.credentials import Credentials, credentials_from_scope
from aurora_site.accounts.identity import identify, is_current, ticket_for
from aurora_site.accounts.models import ApiKey, Membership, Role
from aurora_site.accounts.services.installation import demo_learner_ensure
from aurora_site.accounts.services.sign_ins import sign_in_end
from aurora_site.core.http.errors import ApiError
from tests.factories.accounts import (
    Api,
    api_key_for,
    member_factory,
    session_of,
    signed_in_as,
    tokens_for,
    user_factory,
)

SECRET = "s" * 32
FORWARDED = [
    {"X-Forwarded-For": "127.0.0.1"},
    {"X-Forwarded-Proto": "https"},
    {"X-Forwarded-Host": "localhost"},
    {"Forwarded": "for=127.0.0.1"},
    {"X-Real-IP": "127.0.0.1"},
    {"Via": "1.1 proxy"},
]


def named(user_id: str, **headers: str) -> dict[str, str]:
    return {"X-User-ID": user_id, **{name.replace("_", "-"): value for name, value in headers.items()}}


def who(headers: dict[str, str], *, peer: str = "127.0.0.1", path: str = "/who") -> Any:
    return Client(REMOTE_ADDR=peer).get(path, headers=headers)


def test_a_stranger_is_asked_to_sign_in(db: None) -> None:
    answer = who({})
    assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHENTICATED")


class TestBareUserHeader:
    @pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
    def test_counts_in_development_from_this_machine(self, viewer: Membership, settings: Any, peer: str) -> None:
        settings.AURORA_ENV = "development"
        answer = who(named(viewer.user_id), peer=peer)
        assert (answer.status_code, answer.json()["user"]) == (200, viewer.user_id)
        assert (answer.json()["kind"], answer.json()["role"]) == ("development", "viewer")

    @pytest.mark.parametrize("environment", ["production", "test", "staging", ""])
    def test_proves_nothing_elsewhere(self, viewer: Membership, settings: Any, environment: str) -> None:
        settings.AURORA_ENV = environment
        assert who(named(viewer.user_id)).status_code == 401

    @pytest.mark.parametrize("peer", ["10.0.0.5", "192.168.1.2", "8.8.8.8", "2001:db8::1", "", "nonsense"])
    def test_proves_nothing_from_another_machine(self, viewer: Membership, settings: Any, peer: str) -> None:
        settings.AURORA_ENV = "development"
        assert who(named(viewer.user_id), peer=peer).status_code == 401

    @pytest.mark.parametrize("forwarded", FORWARDED, ids=lambda each: next(iter(each)))
    def test_proves_nothing_through_a_proxy(self, viewer: Membership, settings: Any, forwarded: dict[str, str]) -> None:
        settings.AURORA_ENV = "development"
        assert who({**named(viewer.user_id), **forwarded}).status_code == 401

    def test_proves_nothing_where_proxies_are_expected(self, viewer: Membership, settings: Any) -> None:
        settings.AURORA_ENV, settings.AURORA_TRUSTED_PROXIES = "development", 1
        assert who(named(viewer.user_id)).status_code == 401

    @pytest.mark.parametrize("user_id", ["user_unknown", "nobody", "USER_X", "user_'; drop", "ä", "x" * 5000])
    def test_must_name_somebody(self, db: None, settings: Any, user_id: str) -> None:
        settings.AURORA_ENV = "development"
        answer = who(named(user_id))
        assert (answer.status_code, answer.json()["code"]) == (401, "UNKNOWN_USER")

    def test_must_name_an_active_account(self, viewer: Membership, settings: Any) -> None:
        settings.AURORA_ENV = "development"
        viewer.user.is_active = False
        viewer.user.save()
        assert who(named(viewer.user_id)).json()["code"] == "ACCOUNT_DISABLED"


class TestInternalSecret:
    def test_a_matching_secret_names_the_caller_anywhere(self, viewer: Membership, settings: Any) -> None:
        settings.AURORA_ENV, settings.INTERNAL_API_SECRET = "production", SECRET
        answer = who(
            {**named(viewer.user_id), "X-Internal-Secret": SECRET, "X-Forwarded-For": "8.8.8.8"}, peer="10.0.0.5"
        )
        assert (answer.status_code, answer.json()["kind"]) == (200, "internal")

    @pytest.mark.parametrize(
        ("configured", "given_secret"),
        [(SECRET, "t" * 32), (SECRET, SECRET[:-1]), (SECRET, "ä" * 32), ("short", "short"), ("", "x" * 32)],
    )
    def test_any_other_is_refused_even_on_this_machine(
        self, viewer: Membership, settings: Any, configured: str, given_secret: str
    ) -> None:
        settings.AURORA_ENV, settings.INTERNAL_API_SECRET = "development", configured
        answer = who({**named(viewer.user_id), "X-Internal-Secret": given_secret})
        assert (answer.status_code, answer.json()["code"]) == (401, "INTERNAL_SECRET_INVALID")

    def test_the_secret_alone_names_nobody(self, db: None, settings: Any) -> None:
        settings.INTERNAL_API_SECRET = SECRET
        assert who({"X-Internal-Secret": SECRET}).status_code == 401


class TestPrecedence:
    @pytest.mark.parametrize("kind", ["bearer", "api_key", "x_api_key", "session"])
    @pytest.mark.parametrize("trusted", [False, True])
    def test_disagreeing_with_the_proven_user_is_refused(
        self, viewer: Membership, admin: Membership, settings: Any, kind: str, trusted: bool
    ) -> None:
        settings.INTERNAL_API_SECRET = SECRET
        secret = {"X-Internal-Secret": SECRET} if trusted else {}
        answer = self.ask(kind, viewer, {**named(admin.user_id), **secret})
        assert (answer.status_code, answer.json()["code"]) == (403, "IDENTITY_MISMATCH")

    @pytest.mark.parametrize("kind", ["bearer", "api_key", "x_api_key", "session"])
    def test_agreeing_changes_nothing(self, viewer: Membership, kind: str) -> None:
        answer = self.ask(kind, viewer, named(viewer.user_id))
        assert (answer.status_code, answer.json()["kind"]) == (200, kind.removeprefix("x_"))

    def test_a_bearer_token_outranks_the_session(self, viewer: Membership, admin: Membership) -> None:
        headers = {"Authorization": f"Bearer {tokens_for(admin.user)[1].access}"}
        assert session_of(viewer).get("/who", headers=headers).json()["user"] == admin.user_id

    def test_a_bad_bearer_token_is_not_rescued_by_a_session(self, viewer: Membership) -> None:
        answer = session_of(viewer).get("/who", headers={"Authorization": "Bearer a.b.c"})
        assert (answer.status_code, answer.json()["code"]) == (401, "TOKEN_INVALID")

    def ask(self, kind: str, member: Membership, headers: dict[str, str]) -> Any:
        client = session_of(member) if kind == "session" else Client()
        if kind == "bearer":
            headers = {**headers, "Authorization": f"Bearer {tokens_for(member.user)[1].access}"}
        if kind == "api_key":
            headers = {**headers, "Authorization": f"Bearer {api_key_for(member)}"}
        if kind == "x_api_key":
            headers = {**headers, "X-API-Key": api_key_for(member)}
        return client.get("/who", headers=headers)


@pytest.mark.parametrize(
    "authorization",
    ["Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "token", "Bearer a", "Bearer a.b.c", "Bearer aur_short",
     "Bearer " + "a" * 9000, "Bearer aur_" + "a" * 43, "Bearer ä.ö.ü",
     "bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1c2VyX3gifQ.x"],
)  # fmt: skip
def test_a_broken_authorization_is_401_with_the_reason(db: None, authorization: str) -> None:
    answer = who({"Authorization": authorization})
    assert answer.status_code == 401
    assert answer.json()["code"] in {"TOKEN_INVALID", "API_KEY_INVALID"}


def test_a_token_signed_with_another_key_or_none_is_refused(viewer: Membership) -> None:
    import jwt

    _, pair = tokens_for(viewer.user)
    claims = jwt.decode(pair.access, options={"verify_signature": False})
    forged = jwt.encode(claims, "another key of thirty-two characters", algorithm="HS256")
    unsigned = jwt.encode(claims, None, algorithm="none")
    for token in (forged, unsigned + "x"):
        assert who({"Authorization": f"Bearer {token}"}).json()["code"] == "TOKEN_INVALID"


class TestOrganization:
    def test_the_default_is_used_without_a_header(self, admin: Membership, other_admin: Membership) -> None:
        Membership.objects.create(user=admin.user, organization=other_admin.organization, role=Role.VIEWER)
        assert signed_in_as(admin).get("/who").json()["org"] == str(admin.organization_id)

    def test_a_member_may_name_another(self, admin: Membership, other_admin: Membership) -> None:
        Membership.objects.create(user=admin.user, organization=other_admin.organization, role=Role.VIEWER)
        body = signed_in_as(admin).get("/who", X_Org_ID=str(other_admin.organization_id)).json()
        assert (body["org"], body["role"]) == (str(other_admin.organization_id), "viewer")

    def test_others_may_not(self, admin_api: Api, other_admin: Membership) -> None:
        answer = admin_api.get("/who", X_Org_ID=str(other_admin.organization_id))
        assert (answer.status_code, answer.json()["code"]) == (403, "NOT_A_MEMBER")

    @pytest.mark.parametrize("value", ["x", "1", "ä", "' or 1=1", "0" * 4000, "0f8fad5b-d9cb-469f-a165-70867728950e"])
    def test_nonsense_is_403(self, admin_api: Api, value: str) -> None:
        assert admin_api.get("/who", X_Org_ID=value).status_code == 403

    def test_a_key_s_own_organisation_counts(self, admin: Membership, other_admin: Membership) -> None:
        Membership.objects.create(user=admin.user, organization=other_admin.organization, role=Role.ADMIN)
        headers = {"X-API-Key": api_key_for(admin), "X-Org-ID": str(other_admin.organization_id)}
        assert who(headers).json()["org"] == str(admin.organization_id)

    def test_an_operator_is_no_member_of_others(self, admin: Membership, other_admin: Membership) -> None:
        admin.user.is_staff = admin.user.is_superuser = True
        admin.user.save()
        assert signed_in_as(admin).get("/who", X_Org_ID=str(other_admin.organization_id)).status_code == 403

    def test_without_any_organisation_one_is_known_but_may_do_nothing_in_it(self, db: None) -> None:
        api = signed_in_as(user_factory())
        assert api.get("/api/auth/me").json()["orgId"] is None
        assert api.get("/who").status_code == 403


class TestRoles:
    @pytest.mark.parametrize(
        ("role", "expected"), [("viewer", (200, 403, 403)), ("editor", (200, 200, 403)), ("admin", (200, 200, 200))]
    )
    def test_each_may_what_the_lower_may(self, db: None, role: str, expected: tuple[int, ...]) -> None:
        api = signed_in_as(member_factory(role=role))
        assert tuple(api.get(path).status_code for path in ("/who", "/editor", "/admin-only")) == expected

    @pytest.mark.parametrize(
        ("scope", "expected"), [("read", (200, 403, 403)), ("write", (200, 200, 403)), ("admin", (200, 200, 200))]
    )
    def test_a_key_s_scopes_cap_its_owner_s_role(
        self, admin: Membership, scope: str, expected: tuple[int, ...]
    ) -> None:
        api = Api(Client(), {"X-API-Key": api_key_for(admin, scope)})
        assert tuple(api.get(path).status_code for path in ("/who", "/editor", "/admin-only")) == expected

    def test_a_key_never_exceeds_its_owner(self, viewer: Membership) -> None:
        api = Api(Client(), {"X-API-Key": api_key_for(viewer, "admin")})
        assert api.get("/editor").status_code == 403

    def test_a_reading_key_may_not_write(self, admin: Membership) -> None:
        api = Api(Client(), {"Authorization": f"Bearer {api_key_for(admin, 'read')}"})
        answer = api.post("/who")
        assert (answer.status_code, answer.json()["code"]) == (403, "SCOPE_MISSING")
        assert Api(Client(), {"X-API-Key": api_key_for(admin, "write")}).post("/who").status_code == 200


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"revoked_at": "2020-01-01T00:00:00Z"}, "API_KEY_REVOKED"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "API_KEY_EXPIRED"),
        ({"scopes": []}, "FORBIDDEN"),
    ],
)
def test_a_key_that_is_spent_is_refused(admin: Membership, change: dict[str, Any], code: str) -> None:
    key = api_key_for(admin)
    ApiKey.objects.update(**change)
    assert who({"X-API-Key": key}).json()["code"] == code


def test_a_key_of_someone_who_left_is_refused(admin: Membership) -> None:
    key = api_key_for(admin)
    admin.delete()
    assert who({"X-API-Key": key}).json()["code"] == "API_KEY_REVOKED"


class TestSession:
    def test_unsafe_methods_need_the_csrf_token(self, viewer: Membership) -> None:
        browser = session_of(viewer, enforce_csrf=True)
        answer = browser.post("/who")
        assert (answer.status_code, answer.json()["code"]) == (403, "CSRF_FAILED")
        browser.cookies["aurora_csrf"] = token = "a" * 32
        assert browser.post("/who", headers={"X-CSRFToken": token}).status_code == 200
        assert browser.get("/who").status_code == 200

    def test_bearer_requests_need_none(self, viewer: Membership) -> None:
        client = Client(enforce_csrf_checks=True)
        headers = {"Authorization": f"Bearer {tokens_for(viewer.user)[1].access}"}
        assert client.post("/who", headers=headers).status_code == 200

    @pytest.mark.parametrize("cookie", ['"abcdefgh\\000"', "x" * 5000, "ä" * 8, "", "short", "a" * 32])
    def test_a_nonsense_cookie_is_a_stranger(self, db: None, cookie: str) -> None:
        answer = Client().get("/who", headers={"Cookie": f"aurora_session={cookie}"})
        assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHENTICATED")
        assert Client().get("/django-user", headers={"Cookie": f"aurora_session={cookie}"}).json() == {"user": None}

    def test_a_changed_password_shuts_it(self, viewer: Membership) -> None:
        browser = session_of(viewer)
        viewer.user.set_password("another password")
        viewer.user.save()
        assert browser.get("/who").json()["code"] == "SIGN_IN_ENDED"

    def test_only_a_session_makes_django_s_user(self, viewer: Membership) -> None:
        browser = session_of(viewer)
        assert browser.get("/django-user").json() == {"user": viewer.user_id}
        assert signed_in_as(viewer).get("/django-user").json() == {"user": None}
        sign_in_end(sign_in_id=browser.session["sign_in"], reason="operator")
        assert browser.get("/django-user").json() == {"user": None}


class TestTicket:
    def ticket(self, api: Api) -> str:
        answer = api.post("/api/auth/ws-ticket")
        assert (answer.status_code, answer.json()["expires_in"]) == (200, 60)
        return answer.json()["ticket"]

    def test_opens_one_stream_in_the_same_organisation(self, admin: Membership, other_admin: Membership) -> None:
        Membership.objects.create(user=admin.user, organization=other_admin.organization, role=Role.VIEWER)
        asked = signed_in_as(admin).post("/api/auth/ws-ticket", X_Org_ID=str(other_admin.organization_id))
        path = f"/who/stream?ticket={asked.json()['ticket']}"
        assert Client().get(path).json()["org"] == str(other_admin.organization_id)
        assert Client().get(path).json()["code"] == "TICKET_USED"

    def test_counts_with_an_event_stream_s_accept_header(self, viewer_api: Api) -> None:
        answer = Client().get(f"/who?ticket={self.ticket(viewer_api)}", headers={"Accept": "text/event-stream, */*"})
        assert answer.status_code == 200

    def test_takes_up_the_stream_that_it_opened(self, viewer: Membership, monkeypatch: pytest.MonkeyPatch) -> None:
        sign_in, pair = tokens_for(viewer.user)
        ticket = self.ticket(Api(Client(), {"Authorization": f"Bearer {pair.access}"}))
        resume = {"Last-Event-ID": "3"}
        assert Client().get(f"/who/stream?ticket={ticket}").status_code == 200
        monkeypatch.setattr("aurora_site.accounts.tokens.TICKET_SECONDS", -1)
        assert Client().get(f"/who/stream?ticket={ticket}", headers=resume).json()["user"] == viewer.user_id
        assert Client().get(f"/who/stream?ticket={ticket}").json()["code"] == "TICKET_EXPIRED"
        elsewhere = {**resume, "Accept": "text/event-stream, */*"}
        assert Client().get(f"/who?ticket={ticket}", headers=elsewhere).json()["code"] == "TICKET_EXPIRED"
        monkeypatch.setattr("aurora_site.accounts.tokens.TICKET_SECONDS", 60)
        assert Client().get(f"/who?ticket={ticket}", headers=elsewhere).json()["code"] == "TICKET_USED"
        monkeypatch.setattr("aurora_site.accounts.tokens.STREAM_TICKET_SECONDS", -1)
        assert Client().get(f"/who/stream?ticket={ticket}", headers=resume).json()["code"] == "TICKET_EXPIRED"
        monkeypatch.undo()
        sign_in_end(sign_in_id=sign_in.pk, reason="signed_out")
        assert Client().get(f"/who/stream?ticket={ticket}", headers=resume).json()["code"] == "SIGN_IN_ENDED"

    def test_that_was_never_used_expires_for_those_who_come_back_too(
        self, viewer_api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ticket = self.ticket(viewer_api)
        monkeypatch.setattr("aurora_site.accounts.tokens.TICKET_SECONDS", -1)
        answer = Client().get(f"/who/stream?ticket={ticket}", headers={"Last-Event-ID": "3"})
        assert answer.json()["code"] == "TICKET_EXPIRED"

    def test_counts_nowhere_else(self, viewer_api: Api) -> None:
        ticket = self.ticket(viewer_api)
        assert Client().get(f"/who?ticket={ticket}").status_code == 401
        assert Client().post(f"/who/stream?ticket={ticket}").status_code == 401
        assert Client().get(f"/who/stream?ticket={ticket}").status_code == 200

    def test_dies_with_its_sign_in(self, viewer: Membership) -> None:
        sign_in, pair = tokens_for(viewer.user)
        ticket = self.ticket(Api(Client(), {"Authorization": f"Bearer {pair.access}"}))
        sign_in_end(sign_in_id=sign_in.pk, reason="signed_out")
        assert Client().get(f"/who/stream?ticket={ticket}").json()["code"] == "SIGN_IN_ENDED"

    def test_of_a_key_keeps_the_key_s_limits(self, admin: Membership) -> None:
        ticket = self.ticket(Api(Client(), {"X-API-Key": api_key_for(admin, "write")}))
        assert Client().get(f"/who/stream?ticket={ticket}").json()["role"] == "editor"

    @pytest.mark.parametrize("ticket", ["x", "a:b:c", "%00", "ä", "a" * 5000])
    def test_nonsense_is_401(self, db: None, ticket: str) -> None:
        assert Client().get(f"/who/stream?ticket={ticket}").json()["code"] == "TICKET_INVALID"

    def test_expires(self, viewer_api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        ticket = self.ticket(viewer_api)
        monkeypatch.setattr("aurora_site.accounts.tokens.TICKET_SECONDS", -1)
        assert Client().get(f"/who/stream?ticket={ticket}").json()["code"] == "TICKET_EXPIRED"

    def test_strangers_get_none(self, api: Api, db: None) -> None:
        assert api.post("/api/auth/ws-ticket").status_code == 401


class TestDemo:
    @pytest.fixture(autouse=True)
    def _open(self, settings: Any, admin: Membership) -> None:
        settings.AURORA_ENV, settings.AURORA_DEMO = "development", True
        demo_learner_ensure(organization=admin.organization)

    def test_a_stranger_at_this_machine_is_the_demo_learner(self, admin: Membership) -> None:
        body = who({}, path="/demo").json()
        assert body == {"user": "user_demo", "kind": "demo", "role": "viewer", "org": str(admin.organization_id)}
        assert Client().post("/demo").status_code == 200

    def test_only_where_the_view_allows_it(self) -> None:
        assert who({}).status_code == 401

    @pytest.mark.parametrize("forwarded", FORWARDED, ids=lambda each: next(iter(each)))
    def test_not_through_a_proxy(self, forwarded: dict[str, str]) -> None:
        assert who(forwarded, path="/demo").status_code == 401

    def test_not_from_another_machine(self) -> None:
        assert who({}, peer="10.0.0.5", path="/demo").status_code == 401

    @pytest.mark.parametrize(("name", "value"), [("AURORA_ENV", "production"), ("AURORA_DEMO", False)])
    def test_not_where_it_is_closed(self, settings: Any, name: str, value: Any) -> None:
        browser = Client()
        assert browser.get("/").json() == {"user": "user_demo"}
        setattr(settings, name, value)
        assert who({}, path="/demo").status_code == 401
        assert browser.get("/who").json()["code"] == "DEMO_CLOSED"
        assert Client().get("/").json() == {"user": None}

    def test_bad_credentials_do_not_become_the_demo_learner(self) -> None:
        assert who({"Authorization": "Bearer a.b.c"}, path="/demo").status_code == 401

    def test_the_home_page_opens_a_session_once(self) -> None:
        browser = Client()
        assert browser.get("/").json() == {"user": "user_demo"}
        assert browser.get("/who").json()["kind"] == "session"
        first = browser.session["sign_in"]
        browser.get("/")
        assert browser.session["sign_in"] == first

    def test_the_home_page_keeps_who_is_signed_in(self, viewer: Membership) -> None:
        assert session_of(viewer).get("/").json() == {"user": viewer.user_id}

    @pytest.mark.parametrize("role", ["editor", "admin"])
    def test_it_stays_a_viewer(self, role: str) -> None:
        Membership.objects.filter(user_id="user_demo").update(role=role)
        assert who({}, path="/demo").json()["role"] == "viewer"

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("patch", "/api/auth/me"),
            ("post", "/api/auth/change-password"),
            ("post", "/api/auth/api-keys"),
            ("get", "/api/auth/members"),
        ],
    )
    def test_it_has_no_account_to_manage(self, method: str, path: str) -> None:
        browser = Client()
        browser.get("/")
        assert getattr(browser, method)(path).status_code == 403


class TestWebsocketScope:
    def scope(self, **headers: str) -> dict[str, Any]:
        query = headers.pop("query", "")
        raw = [(name.replace("_", "-").lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
        return {"type": "websocket", "headers": raw, "query_string": query.encode(), "client": ("127.0.0.1", 5)}

    def test_a_cookie_needs_our_origin(self, viewer: Membership) -> None:
        cookie = f"aurora_session={session_of(viewer).session.session_key}"
        ours = credentials_from_scope(self.scope(cookie=cookie, host="aurora.test", origin="https://aurora.test"))
        assert identify(ours).user_id == viewer.user_id  # type: ignore[union-attr]
        for origin in (
            "https://evil.test",
            "",
            "null",
            "https://aurora.test.evil.test",
            "http://[",
            "file://aurora.test",
        ):
            theirs = credentials_from_scope(self.scope(cookie=cookie, host="aurora.test", origin=origin))
            assert identify(theirs) is None

    def test_a_front_end_s_origin_counts(self, viewer: Membership, settings: Any) -> None:
        settings.CORS_ALLOWED_ORIGINS = ["https://front.test"]
        cookie = f"aurora_session={session_of(viewer).session.session_key}"
        scope = self.scope(cookie=cookie, host="aurora.test", origin="https://front.test")
        assert identify(credentials_from_scope(scope)).kind == "session"  # type: ignore[union-attr]

    def test_a_bearer_token_and_a_ticket_need_none(self, viewer: Membership) -> None:
        token = tokens_for(viewer.user)[1].access
        identity = identify(credentials_from_scope(self.scope(authorization=f"Bearer {token}")))
        assert identity and identity.kind == "bearer"
        again = identify(credentials_from_scope(self.scope(query=f"ticket={ticket_for(identity)}")))
        assert again and again.user_id == viewer.user_id

    def test_an_open_connection_can_tell_that_its_identity_ended(self, viewer: Membership) -> None:
        sign_in, pair = tokens_for(viewer.user)
        identity = identify(credentials_from_scope(self.scope(authorization=f"Bearer {pair.access}")))
        assert identity and is_current(identity)
        sign_in_end(sign_in_id=sign_in.pk, reason="signed_out")
        assert not is_current(identity)


def test_a_database_that_fails_is_503_not_500(viewer_api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(credentials: Credentials) -> None:
        raise DatabaseError("gone")

    monkeypatch.setattr(middleware, "identify", fail)
    assert viewer_api.get("/who").status_code == 503
    assert viewer_api.get("/django-user").json() == {"user": None}


HEADERS = st.dictionaries(
    st.sampled_from(
        ["authorization", "x-api-key", "x-user-id", "x-internal-secret", "x-org-id", "x-forwarded-for", "cookie",
         "origin", "host", "user-agent"]
    ),
    st.one_of(
        st.text(st.characters(max_codepoint=255), max_size=80),
        st.text(string.ascii_letters + ".-_:= ", max_size=80).map("Bearer ".__add__),
        st.text(string.ascii_letters + "-_", max_size=80).map("Bearer aur_".__add__),
        st.text(string.printable, max_size=60).map("aurora_session=".__add__),
    ),
)  # fmt: skip


@pytest.mark.django_db
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(headers=HEADERS, query=st.binary(max_size=40), peer=st.text(max_size=20))
def test_no_header_crashes_identification(headers: dict[str, str], query: bytes, peer: str) -> None:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    scope = {"headers": raw, "query_string": b"ticket=" + query, "client": (peer, 1)}
    try:
        assert identify(credentials_from_scope(scope)) is None
    except ApiError as error:
        assert error.status in {401, 403}
