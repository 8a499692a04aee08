"""The router on labelled messages, and its reasons."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agents.catalog.definitions import UnknownAgent, definition_named
from agents.catalog.router import route_message

QUESTIONS = Path(__file__).resolve().parents[1] / "data" / "routing_questions.jsonl"


def labelled() -> list[dict[str, str]]:
    rows = [json.loads(line) for line in QUESTIONS.read_text().splitlines()]
    return [row for row in rows if row["agent"] in ("welcome", "assistant")]


def test_at_least_four_in_five_messages_reach_their_agent_by_words_alone() -> None:
    rows = labelled()
    wrong = [row for row in rows if route_message(row["message"]).agent.name != row["agent"]]
    assert len(rows) >= 30
    assert len(wrong) <= len(rows) // 5, wrong


def test_documents_outweigh_keywords() -> None:
    route = route_message("claim", found_collections=["runbooks", "runbooks", "engineering"])
    assert route.agent.name == "assistant"
    assert "runbooks" in route.reason


@pytest.mark.parametrize(("action", "agent"), [("FAQ", "welcome"), ("question", "welcome"), ("docs", "assistant")])
def test_a_known_action_decides(action: str, agent: str) -> None:
    route = route_message("anything at all", action=action)
    assert (route.agent.name, route.confidence) == (agent, 1.0)


def test_an_unknown_action_is_ignored() -> None:
    assert route_message("How many days of leave do I get?", action="dance").agent.name == "welcome"


def test_shares_add_up_to_one() -> None:
    route = route_message("How do I roll back a deployment?")
    assert route.confidence + sum(route.alternatives.values()) == pytest.approx(1)


def test_aliases_name_the_same_agent() -> None:
    assert definition_named("onboarding") is definition_named("welcome")
    with pytest.raises(UnknownAgent, match="'nobody'"):
        definition_named("nobody")
