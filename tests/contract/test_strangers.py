"""Every route in the URL table, tried by a stranger: 401 or 404, or on the short list of what is public."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.factories.accounts import member_factory, signed_in_as

pytestmark = pytest.mark.django_db(databases=["default", "retrieval"])

VALUES = {
    "uuid": "0f8fad5b-d9cb-469f-a165-70867728950e",
    "str": "something",
    "slug": "something",
    "int": "1",
    "path": "some/thing",
}
# Addresses that anyone may use.
PUBLIC = {
    "/health", "/health/live", "/health/liveness", "/health/ready", "/health/readiness", "/health/startup",
    "/docs", "/redoc", "/openapi.json", "/api/v1/schemas/run-events",
    "/sign-in", "/sign-up", "/sign-out", "/password-reset", "/password-reset/something", "/invitations/something",
    "/login", "/api/webhooks/something/something", "/calendars/learning/something.ics",
    "/api/auth/register", "/api/auth/login", "/api/auth/refresh", "/api/auth/logout",
    "/api/auth/password-reset", "/api/auth/password-reset/confirm",
}  # fmt: skip
PUBLIC_PREFIXES = ("/admin/login", "/admin/logout", "/admin/jsi18n", "/api/auth/invitations/something")
API_PREFIXES = ("/api", "/v1", "/agents", "/chat_api", "/admin/audit", "/admin/reindex")
# Django's admin of the ledger, beside its API.
ADMIN_PAGES = ("/admin/audit/record/", "/admin/audit/treehead/")
METHODS = ("get", "post", "put", "patch", "delete")


def routes(patterns: list[Any], prefix: str = "/") -> Iterator[str]:
    for pattern in patterns:
        path = prefix + filled(pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            yield path


def filled(pattern: Any) -> str:
    """A route with its parameters replaced by values; admin's regular expressions are left out."""
    route = str(pattern.pattern)
    for name, converter in getattr(pattern.pattern, "converters", {}).items():
        kind = type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")
        route = route.replace(f"<{kind}:{name}>", VALUES[kind]).replace(f"<{name}>", VALUES["str"])
    return route


def all_routes() -> list[str]:
    paths = set(routes(get_resolver().url_patterns))
    return sorted(path for path in paths if "(" not in path and "^" not in path)


def is_public(path: str) -> bool:
    return path in PUBLIC or path.startswith(PUBLIC_PREFIXES)


def leads_to_sign_in(response: Any) -> bool:
    return response.status_code == 302 and response["Location"].startswith(("/sign-in", "/admin/login"))


def is_api(path: str) -> bool:
    return path.startswith(API_PREFIXES) and not path.startswith(ADMIN_PAGES)


@pytest.mark.parametrize("path", [path for path in all_routes() if not is_public(path)])
def test_a_stranger_is_turned_away(path: str) -> None:
    for method in METHODS if is_api(path) else METHODS[:2]:
        response = getattr(Client(), method)(path, **({} if method == "get" else {"content_type": "application/json"}))
        if not is_api(path):
            assert response.status_code in (401, 404, 405) or leads_to_sign_in(response), (method, response.status_code)
            continue
        assert response.status_code in (401, 404), (method, response.status_code)
        assert response["Content-Type"] == "application/json"
        assert set(response.json()) >= {"error", "code", "detail", "request_id"}


@pytest.mark.parametrize("path", [path for path in all_routes() if path in PUBLIC])
def test_public_routes_answer_strangers(path: str) -> None:
    assert Client().get(path).status_code in (200, 204, 302, 401, 404, 405, 503)


def test_the_list_of_public_addresses_has_no_leftovers() -> None:
    assert set(all_routes()) >= PUBLIC


@pytest.mark.parametrize("path", [path for path in all_routes() if path.startswith(("/api", "/v1", "/chat_api"))])
def test_api_paths_match_with_and_without_a_slash(path: str) -> None:
    with_slash, without = Client().get(path.rstrip("/") + "/"), Client().get(path.rstrip("/"))
    assert with_slash.status_code == without.status_code
    assert with_slash.status_code not in (301, 302, 307, 308)


@pytest.mark.parametrize("path", ["/nope", "/api/nope", "/v1/nope/", "/chat_api/x/y", "/admin/audit/nope"])
def test_unknown_paths_answer_json(path: str) -> None:
    response = Client().get(path, headers={"Accept": "text/html"} if path.startswith("/api") else {})
    assert response.status_code == 404
    assert response.json()["code"] == "NOT_FOUND"


def test_looking_for_login_leads_to_the_sign_in_page() -> None:
    response = Client().get("/login")
    assert (response.status_code, response["Location"]) == (302, "/sign-in")


def test_connectors_say_that_none_is_configured() -> None:
    member = member_factory()
    api = signed_in_as(member)
    answers = [
        api.post("/login", {"userId": member.user.pk}),
        api.get("/callback"),
        api.post("/api/gcp/force-disconnect"),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (503, "CONNECTOR_NOT_CONFIGURED")
    ] * 3
    assert api.post("/login", {"userId": "user_someoneelse"}).status_code == 403
    assert Client().post("/login", {"userId": member.user.pk}).status_code == 401
