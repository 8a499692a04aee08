"""The same rules on the event loop, where the database may not be touched: as the server runs it."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient

from aurora_site.accounts.models import Membership
from aurora_site.accounts.services.installation import demo_learner_ensure
from tests.factories.accounts import member_factory, tokens_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def member(transactional_db: None) -> Membership:
    return member_factory()


@pytest.fixture
def access(member: Membership) -> str:
    return tokens_for(member.user)[1].access


async def test_an_asynchronous_view_knows_the_caller(member: Membership, access: str) -> None:
    answer = await AsyncClient().get("/who-async", headers={"Authorization": f"Bearer {access}"})
    assert (answer.status_code, answer.json()["user"]) == (200, member.user_id)


@pytest.mark.parametrize(("headers", "status"), [({}, 401), ({"Authorization": "Bearer a.b.c"}, 401)])
async def test_and_refuses_others(transactional_db: None, headers: dict[str, str], status: int) -> None:
    answer = await AsyncClient().get("/who-async", headers=headers)
    assert answer.status_code == status
    assert answer.json()["code"] in {"UNAUTHENTICATED", "TOKEN_INVALID"}


async def test_a_session_counts_and_needs_the_csrf_token(member: Membership) -> None:
    client = AsyncClient(enforce_csrf_checks=True)
    await client.aforce_login(member.user)
    assert (await client.get("/who-async")).json()["kind"] == "session"
    assert (await client.post("/who-async")).json()["code"] == "CSRF_FAILED"


async def test_the_demo_learner_is_served(member: Membership, settings: Any) -> None:
    settings.AURORA_ENV, settings.AURORA_DEMO = "development", True
    await sync_to_async(demo_learner_ensure)(organization=member.organization)
    answer = await AsyncClient().get("/demo-async")
    assert (answer.status_code, answer.json()["user"]) == (200, "user_demo")
    assert (await AsyncClient().get("/who-async")).status_code == 401


async def test_requests_are_counted(member: Membership, access: str, settings: Any) -> None:
    settings.RATELIMIT_ENABLE = True
    answer = await AsyncClient().get("/who-async", headers={"Authorization": f"Bearer {access}"})
    assert answer["X-RateLimit-Limit"] == str(settings.RATE_LIMIT_PER_MINUTE)
    assert int(answer["X-RateLimit-Remaining"]) == settings.RATE_LIMIT_PER_MINUTE - 1
