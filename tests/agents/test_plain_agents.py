"""Agents that an organisation makes: with and without the documents, and the tools they were given."""

from __future__ import annotations

from typing import Any

import pytest

from agents.models import Agent, Run
from agents.runs.database import in_database
from tests.agents.conftest import Streams
from tests.agents.turns import SEARCH, asked, of, results, shown_types
from tests.factories.accounts import Api
from tests.model_replies import Reply
from tests.model_server import ModelServer

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])


@pytest.fixture
def model(model_server: ModelServer, settings: Any) -> ModelServer:
    settings.OPENAI_BASE_URL, settings.AURORA_MODEL = model_server.url, "scripted"
    return model_server


def make(api: Api, **fields: Any) -> Any:
    return api.post("/api/v1/agents", {"name": "poet", "instructions": "You write verse.", **fields})


@pytest.fixture
def plain(api: Api) -> None:
    assert make(api, config={"knowledge": False}).status_code == 201


async def test_an_agent_without_knowledge_answers_without_a_search(
    plain: None, streams: Streams, documents: dict[str, Any], model: ModelServer
) -> None:
    model.script("Roses are red, arrays start at items[0].")
    events = await asked(streams, "How many days of leave do I get?", agent="poet")
    assert shown_types(events) == ["run.started", "token", "message", "usage", "run.finished"]
    assert of(events, "message") == [
        {"text": "Roses are red, arrays start at items[0].", "citations": [], "answered": True, "mode": "llm"}
    ]
    (request,) = model.requests
    assert request["messages"] == [
        {"role": "system", "content": "You write verse."},
        {"role": "user", "content": "How many days of leave do I get?"},
    ]
    assert "tools" not in request


async def test_an_agent_without_knowledge_needs_a_model(plain: None, streams: Streams) -> None:
    events = await asked(streams, "A poem, please.", agent="poet")
    assert [event["type"] for event in events] == ["run.started", "error", "run.finished"]
    assert of(events, "error")[0]["code"] == "PROVIDER_UNAVAILABLE"
    assert events[-1]["data"]["state"] == "failed"


async def test_an_agent_without_knowledge_quotes_nothing_when_its_model_fails(
    plain: None, streams: Streams, documents: dict[str, Any], model: ModelServer
) -> None:
    model.script(Reply(model="failing"))
    events = await asked(streams, "How many days of leave do I get?", agent="poet")
    assert [event["type"] for event in events] == ["run.started", "error", "run.finished"]
    assert of(events, "error")[0]["code"] == "PROVIDER_UNAVAILABLE"


async def test_an_agent_without_knowledge_may_be_given_the_search(
    api: Api, streams: Streams, documents: dict[str, Any], model: ModelServer
) -> None:
    config = {"knowledge": False, "tools": ["knowledge.search"]}
    assert (await in_database(make, api, config=config)).status_code == 201
    model.script(
        Reply("", [(SEARCH, {"query": "How many days of leave?"})]), "You get 25 days of paid leave a year [1]."
    )
    events = await asked(streams, "How many days of leave do I get?", agent="poet")
    assert [tool["function"]["name"] for tool in model.requests[0]["tools"]] == [SEARCH]
    assert [data["call_id"] for data in of(events, "tool.result")] == ["call-1-1"]
    (message,) = of(events, "message")
    assert [citation["path"] for citation in message["citations"]] == ["policies/annual-leave.md"]


async def test_an_agent_uses_no_tool_that_it_was_not_given(
    api: Api, streams: Streams, documents: dict[str, Any], model: ModelServer
) -> None:
    assert (await in_database(make, api)).status_code == 201
    model.script(Reply("", [(SEARCH, {"query": "x y"})]), "You get 25 days of paid leave a year [1].")
    events = await asked(streams, "How many days of leave do I get?", agent="poet")
    assert [code for _, _, _, code in results(events)] == ["UNKNOWN_TOOL"]


@pytest.mark.parametrize(
    ("config", "field", "said"),
    [
        ({"knowledge": "no"}, "config.knowledge", "Give true or false."),
        ({"tools": "knowledge.search"}, "config.tools", "Expected a list of items"),
        ({"tools": ["knowledge.search", "sing"]}, "config.tools", "There is no tool called 'sing'. Tools here: "),
        ({"tools": [5]}, "config.tools[0]", "Give text."),
        ("text", "config", "Expected a dictionary"),
    ],
)
def test_a_bad_configuration_names_its_field(api: Api, config: Any, field: str, said: str) -> None:
    answer = make(api, config=config)
    assert answer.status_code == 400
    (found,) = answer.json()["fields"].items()
    assert found[0] == field
    assert said in found[1][0]
    assert not Agent.objects.filter(name="poet").exists()


def test_other_configuration_is_kept_as_it_is(api: Api) -> None:
    config = {"temperature": 0.3, "tools": ["knowledge.read"], "knowledge": True}
    assert make(api, config=config).json()["config"] == config


async def test_an_agent_that_is_gone_ends_its_runs_in_order(
    plain: None, streams: Streams, model: ModelServer, api: Api
) -> None:
    from agents.runs import dispatch
    from agents.runs.services import run_create
    from tests.agents.conftest import wait_for

    def orphan() -> Run:
        agent = Agent.objects.get(name="poet")
        run, _ = run_create(
            organization_id=agent.organization_id, actor_id=agent.created_by_id, kind="answer", agent="poet",
            input={"question": "A poem, please."},
        )  # fmt: skip
        agent.delete()
        return run

    run = await in_database(orphan)
    await dispatch.start(str(run.pk))
    await wait_for(Run.objects.filter(pk=run.pk, finished_at__isnull=False).exists)
    run = await in_database(Run.objects.get, pk=run.pk)
    assert (run.state, run.error["code"]) == ("failed", "UNKNOWN_AGENT")
