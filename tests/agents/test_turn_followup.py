"""Follow-up questions: which ones they are, and how they are made to stand alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.catalog.greeting import WELCOME_BACK, greeting_answer
from agents.providers.base import Usage
from agents.providers.registry import ProviderConfig, providers_for
from agents.runtime import rewriting
from agents.runtime.conversation import Conversation, Turn
from agents.runtime.followup import LONGEST, is_follow_up, stand_alone
from agents.runtime.rewriting import Rewriting, rewrite
from tests.model_replies import Reply
from tests.model_server import ModelServer

LEAVE = Conversation(
    [
        Turn("user", "How many days of leave do I get?"),
        Turn("assistant", "You get 25 days [1].", [{"title": "Annual leave", "path": "policies/annual-leave.md"}]),
    ]
)


@pytest.mark.parametrize(
    ("question", "alone"),
    [
        ("And for contractors?", "How many days of leave do I get, for contractors?"),
        ("what about part-timers", "How many days of leave do I get, part-timers?"),
        ("Can I carry them over?", "Can I carry them over (days of leave, Annual leave)?"),
        ("ok, and how is that booked?", "How is that booked (days of leave, Annual leave)?"),
        ("Why?", "How many days of leave do I get, why?"),
        ("Tell me more, please.", "How many days of leave do I get (Annual leave)?"),
        ("Who decides?", "Who decides (days of leave, Annual leave)?"),
    ],
)
def test_a_follow_up_gets_what_it_refers_to(question: str, alone: str) -> None:
    assert is_follow_up(question, LEAVE)
    assert stand_alone(question, LEAVE) == alone


@pytest.mark.parametrize(
    "question",
    [
        "How do I roll back a deployment?",
        "Is it possible to work from another country?",
        "Is there a learning budget?",
        "What is SEV1?",
        "password policy",
        "My laptop is broken, who repairs it?",
        "How do new colleagues get their laptops?",
        "Which services need checkout so that it works?",
        "What changes this year in the salary bands?",
        "And how do I claim travel expenses?",
    ],
)
def test_a_change_of_topic_stays_as_it_is(question: str) -> None:
    assert not is_follow_up(question, LEAVE)
    assert stand_alone(question, LEAVE) == question


def test_without_a_question_before_nothing_is_a_follow_up() -> None:
    for before in (Conversation(), Conversation([Turn("assistant", "Welcome!")])):
        assert not is_follow_up("And for contractors?", before)
        assert stand_alone("And for contractors?", before) == "And for contractors?"


def test_a_chain_is_followed_to_its_beginning() -> None:
    chain = Conversation([*LEAVE.turns, Turn("user", "Can I buy extra ones?"), Turn("assistant", "Five [1].")])
    assert (
        stand_alone("What do they cost?", chain) == "What do they cost (buy extra ones, days of leave, Annual leave)?"
    )


def test_a_phrase_that_begins_alike_is_replaced() -> None:
    before = Conversation([Turn("user", "Where is the assembly point in Leeds?")])
    assert stand_alone("And in Bristol?", before) == "Where is the assembly point in Bristol?"


@given(st.text(max_size=200), st.lists(st.text(max_size=200), max_size=5), st.text(max_size=50))
def test_any_text_is_rewritten_to_a_bounded_one(question: str, said: list[str], title: str) -> None:
    turns = [
        Turn("user" if place % 2 == 0 else "assistant", text, [{"title": title}]) for place, text in enumerate(said)
    ]
    rewritten = stand_alone(question, Conversation(turns))
    assert rewritten == question or len(rewritten) <= LONGEST


async def rewritten(server: ModelServer, question: str = "And for contractors?", model: str = "tiny") -> Rewriting:
    config = ProviderConfig(openai_base_url=server.url, model=model)
    return await rewrite(question, LEAVE, providers_for(config))


async def test_a_model_rewrites_in_one_short_call(model_server: ModelServer) -> None:
    model_server.script('"How many days of leave do contractors get?"\nI hope this helps')
    assert await rewritten(model_server) == Rewriting(
        "How many days of leave do contractors get?", Usage(prompt_tokens=321, completion_tokens=12), "tiny", "openai"
    )
    (asked,) = model_server.requests
    assert asked["max_tokens"] == 80
    assert "tools" not in asked
    assert [message["role"] for message in asked["messages"]] == ["system", "user", "assistant", "user"]


@pytest.mark.parametrize("said", ["x" * 1000, Reply(model="failing"), Reply(model="garbage")])
async def test_a_model_that_is_no_help_leaves_it_to_the_rule(model_server: ModelServer, said: str | Reply) -> None:
    model_server.script(said)
    assert (await rewritten(model_server)).text == "How many days of leave do I get, for contractors?"


async def test_a_model_that_takes_too_long_leaves_it_to_the_rule(
    model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rewriting, "SECONDS", 0.2)
    left = await rewritten(model_server, model="slow")
    assert left.text == "How many days of leave do I get, for contractors?"
    assert left.usage is not None
    assert left.usage.estimated
    assert model_server.closed_early.wait(5)


@pytest.mark.parametrize("thanks", ["Thanks!", "thank you very much", "ok, great", "Perfect, that helped.", "bye"])
def test_thanks_are_acknowledged_in_a_conversation(thanks: str) -> None:
    assert greeting_answer(thanks, LEAVE) == WELCOME_BACK


@pytest.mark.parametrize(
    "message", ["thanks, and for contractors?", "great service?", "ok what about sick leave", "", "ok " * 2000]
)
def test_questions_are_no_greetings(message: str) -> None:
    assert greeting_answer(message, LEAVE) is None


@pytest.mark.parametrize("message", ["Hello", "Good morning!", "What can you do?"])
def test_greetings_introduce_aurora_in_a_conversation_too(message: str) -> None:
    assert "How many days of leave do I get?" in str(greeting_answer(message, LEAVE))
