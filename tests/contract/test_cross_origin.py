"""What front ends on other origins may do: those of FRONTEND_URL with credentials, nobody else anything."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db(databases=["default", "retrieval"])

FRONT_END = "https://front.example.com"
HEADERS = (
    "content-type", "authorization", "x-provider", "x-provider-preference", "x-requested-with", "x-user-id",
    "x-org-id", "idempotency-key", "last-event-id", "x-csrftoken",
)  # fmt: skip


@pytest.fixture(autouse=True)
def front_end(settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = [FRONT_END]


def preflight(origin: str, method: str) -> Any:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": ", ".join(HEADERS),
    }
    return Client().options("/api/incidents", headers=headers)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_a_front_end_may_ask_with_credentials(method: str) -> None:
    response = preflight(FRONT_END, method)
    assert response.status_code == 200
    assert response["Access-Control-Allow-Origin"] == FRONT_END
    assert response["Access-Control-Allow-Credentials"] == "true"
    assert method in response["Access-Control-Allow-Methods"]
    allowed = {name.strip() for name in response["Access-Control-Allow-Headers"].split(",")}
    assert allowed == set(HEADERS)


def test_other_origins_may_nothing() -> None:
    response = preflight("https://elsewhere.example.com", "GET")
    assert "Access-Control-Allow-Origin" not in response
    assert "Access-Control-Allow-Credentials" not in response


def test_answers_expose_the_headers_that_clients_read() -> None:
    response = Client().get("/api/incidents", headers={"Origin": FRONT_END})
    assert response.status_code == 401
    exposed = {name.strip() for name in response["Access-Control-Expose-Headers"].split(",")}
    assert exposed == {
        "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After", "X-Request-ID", "Location",
    }  # fmt: skip


def test_every_answer_names_its_request() -> None:
    mine = Client().get("/api/incidents", headers={"X-Request-ID": "my-own-request-1"})
    assert mine["X-Request-ID"] == mine.json()["request_id"] == "my-own-request-1"
    unusable = Client().get("/api/incidents", headers={"X-Request-ID": "no spaces, please"})
    assert unusable["X-Request-ID"] == unusable.json()["request_id"] != "no spaces, please"


@pytest.mark.parametrize("path", ["/", "/api/incidents"])
def test_an_unknown_host_name_is_refused_with_what_to_do(path: str) -> None:
    response = Client().get(path, headers={"Host": "evil.example.com", "Accept": "text/html"})
    assert response.status_code == 400
    assert response.json()["code"] == "HOST_NOT_ALLOWED"
    assert "AURORA_ALLOWED_HOSTS" in response.json()["detail"]
