from __future__ import annotations

import time
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from aurora_site.accounts import ratelimit
from aurora_site.accounts.models import Membership
from tests.factories.accounts import Api, api_key_for, session_of, signed_in_as


@pytest.fixture(autouse=True)
def limits(settings: Any) -> None:
    settings.RATELIMIT_ENABLE = True
    settings.RATE_LIMIT_PER_MINUTE = 5
    settings.CHAT_RATE_LIMIT_PER_MINUTE = 2
    cache.clear()


@pytest.fixture(autouse=True)
def one_window(monkeypatch: pytest.MonkeyPatch, limits: None) -> int:
    """The clock of the limits stands still, so that no test straddles two windows."""
    end = int(time.time()) + 30
    monkeypatch.setattr("django_ratelimit.core._get_window", lambda value, period: end)
    return end


def limit_headers(answer: Any) -> tuple[str, str]:
    return answer["X-RateLimit-Limit"], answer["X-RateLimit-Remaining"]


def test_every_answer_says_what_is_left_and_the_one_over_is_429(viewer_api: Api, one_window: int) -> None:
    for remaining in (4, 3, 2, 1, 0):
        answer = viewer_api.get("/who")
        assert answer.status_code == 200
        assert limit_headers(answer) == ("5", str(remaining))
        assert abs(int(answer["X-RateLimit-Reset"]) - one_window) <= 1
    refused = viewer_api.get("/who")
    assert refused.status_code == 429
    assert limit_headers(refused) == ("5", "0")
    assert 1 <= int(refused["Retry-After"]) <= 31
    body = refused.json()
    assert (body["error"], body["code"]) == ("Rate limit exceeded", "RATE_LIMITED")
    assert body["request_id"] == refused["X-Request-ID"]


def test_errors_carry_the_headers_too(db: None) -> None:
    assert limit_headers(Client().get("/who")) == ("5", "4")
    assert limit_headers(Client().get("/nowhere")) == ("5", "3")


def test_one_user_is_counted_together_however_they_come(viewer: Membership) -> None:
    for api in (signed_in_as(viewer), signed_in_as(viewer)):
        api.get("/who")
    session_of(viewer).get("/who")
    answer = Client().get("/who", headers={"X-API-Key": api_key_for(viewer)})
    assert limit_headers(answer) == ("5", "1")


def test_users_and_addresses_are_counted_apart(viewer_api: Api, admin_api: Api) -> None:
    viewer_api.get("/who")
    assert limit_headers(admin_api.get("/who")) == ("5", "4")
    assert limit_headers(Client(REMOTE_ADDR="10.0.0.1").get("/who")) == ("5", "4")
    assert limit_headers(Client(REMOTE_ADDR="10.0.0.2").get("/who")) == ("5", "4")


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [("2001:db8::1", "2001:db8::ffff", True), ("2001:db8:0:1::1", "2001:db8:0:2::1", False), ("", "", True)],
)
def test_an_ipv6_network_is_one_client(db: None, first: str, second: str, same: bool) -> None:
    Client(REMOTE_ADDR=first).get("/who")
    assert limit_headers(Client(REMOTE_ADDR=second).get("/who")) == ("5", "3" if same else "4")


def test_a_forged_forwarded_for_is_no_new_client(db: None, settings: Any) -> None:
    for number, remaining in enumerate("432"):
        answer = Client().get("/who", headers={"X-Forwarded-For": f"9.9.9.{number}"})
        assert limit_headers(answer) == ("5", remaining)
    settings.AURORA_TRUSTED_PROXIES = 1
    for number, remaining in enumerate("43"):
        answer = Client().get("/who", headers={"X-Forwarded-For": f"9.9.9.{number}, 8.8.8.8"})
        assert limit_headers(answer) == ("5", remaining)
    assert limit_headers(Client().get("/who", headers={"X-Forwarded-For": "8.8.8.8, 7.7.7.7"})) == ("5", "4")


def test_chat_has_a_limit_of_its_own(viewer_api: Api) -> None:
    assert limit_headers(viewer_api.post("/v1/aurora")) == ("2", "1")
    assert limit_headers(viewer_api.get("/v1/aurora")) == ("5", "4")
    viewer_api.post("/v1/aurora/")
    assert viewer_api.post("/v1/aurora").status_code == 429
    assert viewer_api.get("/who").status_code == 200


def test_the_openai_door_answers_openai_s_error(viewer_api: Api) -> None:
    for _ in range(2):
        viewer_api.post("/v1/chat/completions")
    refused = viewer_api.post("/v1/chat/completions")
    assert refused.status_code == 429
    assert refused.json()["error"]["code"] == "rate_limit_exceeded"


@pytest.mark.parametrize(
    "path",
    ["/v1/agents/execute", "/v1/aurora", "/agents/welcome/stream", "/v1/chat/completions",
     "/chat_api/sessions/550e8400/messages", "/api/v1/chat/sessions/550e8400/messages", "/api/incidents/550e8400/chat",
     "/chat_api/sessions/550e8400/messages/1/edit", "/chat_api/sessions/550e8400/messages/1/regenerate",
     "/api/v1/runs/550e8400/retry"],
)  # fmt: skip
def test_what_counts_as_chat(path: str, rf: Any) -> None:
    for each in (path, f"{path}/"):
        assert ratelimit.group_of(rf.post(each))[0] == "chat"
        assert ratelimit.group_of(rf.get(each))[0] == "default"


@pytest.mark.parametrize(
    "path", ["/chat_api/sessions", "/api/incidents/x", "/v1/agents/execute/more", "/api/auth/login"]
)
def test_what_does_not(path: str, rf: Any) -> None:
    assert ratelimit.group_of(rf.post(path))[0] == "default"


@pytest.mark.parametrize("path", ["/health", "/health/", "/health/live", "/static/x.css", "/api/webhooks/generic"])
def test_some_paths_are_never_counted(db: None, path: str) -> None:
    for _ in range(7):
        answer = Client().get(path)
        assert answer.status_code != 429 and "X-RateLimit-Limit" not in answer


def test_a_failing_cache_lets_requests_through(
    viewer_api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise ConnectionError("cache is gone")

    monkeypatch.setattr(ratelimit, "get_usage", fail)
    answer = viewer_api.get("/who")
    assert answer.status_code == 200 and "X-RateLimit-Limit" not in answer
    assert "cache is gone" in caplog.text


def test_it_can_be_switched_off(viewer_api: Api, settings: Any) -> None:
    settings.RATELIMIT_ENABLE = False
    assert {viewer_api.get("/who").status_code for _ in range(8)} == {200}
