"""People who learn, asking the agents of learning."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.agents.conftest import Streams
from tests.factories.accounts import Api, signed_in_as
from tests.learning.plans.catalogue import School, school
from tests.model_server import ModelServer

Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def pupil(transactional_db: None) -> School:
    """A viewer who learns towards the one role there is, without a plan yet."""
    found = school()
    found.role.name = "Site reliability engineer"
    found.role.save()
    for number, resource in enumerate(found.resources):
        resource.title, resource.url = f"Course number {number}", f"https://learn.example/{number}"
        resource.save()
    return found


@pytest.fixture
def api(pupil: School) -> Api:
    return signed_in_as(pupil.member)


@pytest.fixture
def streams(api: Api) -> Streams:
    return Streams(api.headers)


@pytest.fixture
def ask(api: Api) -> Ask:
    """Asks an agent and gives the whole answer, which must be one."""

    def asked(question: str, agent: str = "skillnav", **given: Any) -> dict[str, Any]:
        body = {"agent_id": agent, "input": {"question": question, **given}}
        answer = api.post("/v1/agents/execute", body)
        assert answer.status_code == 200, answer.content
        return answer.json()

    return asked


@pytest.fixture
def planned(ask: Ask) -> dict[str, Any]:
    """The output of a plan that was just made."""
    return ask("45-day plan towards SRE, 5 hours a week")["output"]


@pytest.fixture
def model(model_server: ModelServer, settings: Any) -> ModelServer:
    settings.OPENAI_BASE_URL, settings.AURORA_MODEL = model_server.url, "scripted"
    return model_server
