"""A model that fails leaves a recovery behind, and so does its return."""

from __future__ import annotations

import asyncio

import pytest

from agents.providers import failover
from agents.providers.base import ChatMessage, ModelRequest, ProviderError
from agents.providers.registry import ProviderConfig, providers_for
from agents.runs.database import in_database
from aurora_site.ops.models import Recovery
from tests.model_server import ModelServer

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])


def rows() -> list[tuple[str, str, str, str]]:
    return list(Recovery.objects.order_by("id").values_list("what", "why", "action", "result"))


async def wait_for_rows(count: int) -> list[tuple[str, str, str, str]]:
    async with asyncio.timeout(10):
        while len(found := await in_database(rows)) < count:
            await asyncio.sleep(0.01)
    return found


async def test_a_model_that_fails_and_comes_back(model_server: ModelServer) -> None:
    asked = providers_for(ProviderConfig(openai_base_url=model_server.url), "openai", "failing")[0]
    for _ in range(3):
        with pytest.raises(ProviderError):
            await anext(asked.stream(ModelRequest(messages=[ChatMessage("user", "x")])))
    why = "The model's server failed with status 500."
    held = ("Model openai:failing", why, "Held back calls to it", "The next model of the chain answers.")
    assert await wait_for_rows(1) == [held]
    failover._tell("openai:failing", "closed", "a call succeeded")
    again = ("Model openai:failing", "a call succeeded", "Called it again", "It answers.")
    assert await wait_for_rows(2) == [held, again]
