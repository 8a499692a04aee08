"""The router on labelled messages, and its reasons."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agents.catalog.definitions import UnknownAgent, definition_named
from agents.catalog.router import route_message

LEARNING = ("skill-navigator", "progress-companion")
QUESTIONS = Path(__file__).resolve().parents[1] / "data" / "routing_questions.jsonl"


def labelled() -> list[dict[str, str]]:
    rows = [json.loads(line) for line in QUESTIONS.read_text().splitlines()]
    return [row for row in rows if row["agent"] in LEARNING or row["agent"] in ("welcome", "assistant")]


def test_at_least_four_in_five_messages_reach_their_agent_by_words_alone() -> None:
    rows = labelled()
    wrong = [row for row in rows if route_message(row["message"]).agent.name != row["agent"]]
    assert len(rows) >= 30
    assert len(wrong) <= len(rows) // 5, wrong


@pytest.mark.parametrize("collection", ["engineering", "handbook"])
def test_learning_messages_reach_their_agent_whatever_the_documents_say(collection: str) -> None:
    rows = [row for row in labelled() if row["agent"] in LEARNING]
    found = [collection] * 5
    wrong = [row for row in rows if route_message(row["message"], found_collections=found).agent.name != row["agent"]]
    assert len(rows) >= 40
    assert len(wrong) <= len(rows) // 20, wrong


@pytest.mark.parametrize("message", ["my progress?", "progress", "How am I doing?", "mark it as done"])
def test_questions_about_progress_go_to_the_progress_companion(message: str) -> None:
    assert route_message(message).agent.name == "progress-companion"


@pytest.mark.parametrize(
    ("action", "agent"),
    [("plan", "skill-navigator"), ("Skills", "skill-navigator"), ("skillnav", "skill-navigator"),
     ("progress", "progress-companion"), ("feedback", "progress-companion"), ("status", "progress-companion")],
)  # fmt: skip
def test_actions_of_the_learning_agents(action: str, agent: str) -> None:
    assert route_message("anything at all", action=action).agent.name == agent


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
