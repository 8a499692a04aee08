"""Follow-up questions in a conversation: what is searched for, what the model is told, what is carried over."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agents.catalog.greeting import WELCOME_BACK
from agents.models import Run
from agents.runs.database import in_database
from audit.models import PersonalText
from tests.agents.chat_client import Chat
from tests.agents.scripted import events_of
from tests.model_replies import Reply
from tests.model_server import ModelServer

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])

LEAVE = "How many days of leave do I get?"
FIRST = "You get 25 days of paid leave a year [1]."


@pytest.fixture
def model(model_server: ModelServer, settings: Any) -> ModelServer:
    settings.OPENAI_BASE_URL, settings.AURORA_MODEL = model_server.url, "scripted"
    return model_server


async def shown(run_id: str) -> list[tuple[str, dict[str, Any]]]:
    return await in_database(events_of, run_id)


async def data_of(run_id: str, type: str) -> list[dict[str, Any]]:
    return [data for kind, data in await shown(run_id) if kind == type]


async def test_without_a_model_a_follow_up_is_made_to_stand_alone(chat: Chat, documents: dict[str, Any]) -> None:
    session = (await chat.session())["id"]
    await chat.asked(session, LEAVE)
    run_id = (await chat.asked(session, "Can I move them into the next year?"))["run_id"]
    alone = "Can I move them into the next year (days of leave, Annual leave)?"
    assert (await data_of(run_id, "thought"))[0]["text"] == f"Searching for: {alone}"
    (call,) = await data_of(run_id, "tool.call")
    assert call["arguments"] == {"query": alone, "limit": 8}
    (message,) = await data_of(run_id, "message")
    assert "up to five move into the next year" in message["text"]
    assert message["answered"] is True
    kept = await in_database(lambda: list(PersonalText.objects.filter(name="query").values_list("text", flat=True)))
    assert kept == [alone]


async def test_a_change_of_topic_is_searched_for_as_it_is(chat: Chat, documents: dict[str, Any]) -> None:
    session = (await chat.session())["id"]
    await chat.asked(session, LEAVE)
    run_id = (await chat.asked(session, "What do I do when DiskSpaceLow fires?"))["run_id"]
    (call,) = await data_of(run_id, "tool.call")
    assert call["arguments"]["query"] == "What do I do when DiskSpaceLow fires?"
    assert not any(data["text"].startswith("Searching for") for data in await data_of(run_id, "thought"))
    assert "journalctl" in (await data_of(run_id, "message"))[0]["text"]


async def test_a_model_rewrites_and_gets_the_conversation(
    chat: Chat, documents: dict[str, Any], model: ModelServer
) -> None:
    model.script(FIRST, "May I carry unused days of leave over?", "Up to five move into the next year [1].")
    session = (await chat.session())["id"]
    await chat.asked(session, LEAVE)
    run_id = (await chat.asked(session, "Can I carry them over?"))["run_id"]
    (call,) = await data_of(run_id, "tool.call")
    assert call["arguments"]["query"] == "May I carry unused days of leave over?"
    _, rewriting, answering = model.requests
    assert rewriting["max_tokens"] == 80
    roles = [(message["role"], message["content"]) for message in answering["messages"]]
    assert roles[1:3] == [("user", LEAVE), ("assistant", "You get 25 days of paid leave a year.")]
    assert roles[3][1].endswith("<question>\nCan I carry them over?\n</question>")
    (usage,) = await data_of(run_id, "usage")
    assert (usage["prompt_tokens"], usage["completion_tokens"]) == (642, 24)


async def test_a_model_is_not_asked_to_rewrite_what_stands_alone(
    chat: Chat, documents: dict[str, Any], model: ModelServer
) -> None:
    model.script(FIRST, "Delete old logs [1].")
    session = (await chat.session())["id"]
    await chat.asked(session, LEAVE)
    await chat.asked(session, "What do I do when DiskSpaceLow fires?")
    assert len(model.requests) == 2


async def test_a_model_that_fails_to_rewrite_costs_only_its_help(
    chat: Chat, documents: dict[str, Any], model: ModelServer
) -> None:
    model.script(FIRST, Reply(model="failing"), "Up to five [1].")
    session = (await chat.session())["id"]
    await chat.asked(session, LEAVE)
    run_id = (await chat.asked(session, "Can I carry them over?"))["run_id"]
    (call,) = await data_of(run_id, "tool.call")
    assert call["arguments"]["query"] == "Can I carry them over (days of leave, Annual leave)?"
    assert (await in_database(Run.objects.get, pk=run_id)).state == "succeeded"


async def test_passages_of_the_answer_before_are_carried_over_when_nothing_is_found(
    chat: Chat, documents: dict[str, Any], model: ModelServer
) -> None:
    model.script(FIRST, "Who sang the song about Waterloo in 1974?", "You get 25 days of paid leave a year [1].")
    session = (await chat.session())["id"]
    first = await chat.asked(session, LEAVE)
    cited = (await data_of(first["run_id"], "citation"))[0]
    run_id = (await chat.asked(session, "Are you sure?"))["run_id"]
    assert (await data_of(run_id, "tool.result"))[0]["found"] == []
    (citation,) = await data_of(run_id, "citation")
    assert (citation["id"], citation["number"], citation["path"]) == (cited["id"], 1, "policies/annual-leave.md")
    assert (await data_of(run_id, "message"))[0]["answered"] is True


async def test_secrets_of_the_conversation_do_not_reach_the_model(
    chat: Chat, documents: dict[str, Any], model: ModelServer
) -> None:
    model.script("Who are you? I know ann@example.org [1].", "How is leave booked?", FIRST)
    session = (await chat.session())["id"]
    await chat.asked(session, "How many days of leave do I get? My card is 4111 1111 1111 1111.")
    await chat.asked(session, "How do I book it?")
    sent = json.dumps(model.requests[1:])
    assert "4111" not in sent
    assert "ann@example.org" not in sent


@pytest.mark.parametrize("thanks", ["Thanks!", "ok, great"])
async def test_thanks_end_no_conversation(chat: Chat, documents: dict[str, Any], thanks: str) -> None:
    session = (await chat.session())["id"]
    await chat.asked(session, LEAVE)
    await chat.asked(session, thanks)
    assert (await chat.texts(session))[-1] == WELCOME_BACK
    run_id = (await chat.asked(session, "And can I move them into the next year?"))["run_id"]
    (call,) = await data_of(run_id, "tool.call")
    assert "days of leave" in call["arguments"]["query"]
