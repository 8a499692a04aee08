"""What the turn is told of the conversation before its question."""

from __future__ import annotations

from typing import Any

import pytest

from agents.catalog.conversation import conversation_of
from agents.chat import conversation
from agents.chat.asking import message_post
from agents.chat.models import Message
from agents.chat.services import session_create
from agents.models import Run
from agents.runs.executors import RunContext
from aurora_site.accounts.models import Membership

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])


def context_of(run: Run) -> RunContext:
    return RunContext(
        run_id=str(run.pk),
        trace_id=run.trace_id,
        organization_id=str(run.organization_id),
        actor_id=run.actor_id,
        agent=run.agent,
        input=run.input,
        session_id=str(run.session_id or ""),
    )


def asked_after(editor: Membership, *said: str, **options: Any) -> Run:
    """A question in a session in which something was said, in turns, and the run that is to answer it."""
    senders = ("user", "assistant")
    messages = [{"sender": senders[place % 2], "text": text} for place, text in enumerate(said)]
    owner = {"organization_id": editor.organization_id, "user_id": editor.user_id}
    session = session_create(**owner, messages=messages)
    return message_post(**owner, session_id=session.pk, text="And then?", **options).run


def said_before(run: Run) -> list[tuple[str, str]]:
    return [(turn.sender, turn.text) for turn in conversation_of(context_of(run)).turns]


def test_it_is_the_branch_above_the_question_oldest_first(editor: Membership) -> None:
    run = asked_after(editor, "Hello", "Hello to you", "Why?", "Because.")
    assert said_before(run) == [
        ("user", "Hello"), ("assistant", "Hello to you"), ("user", "Why?"), ("assistant", "Because."),
    ]  # fmt: skip


def test_other_branches_are_not_told(editor: Membership) -> None:
    run = asked_after(editor, "Hello", "Hello to you", "Why?", "Because.")
    reply = Message.objects.get(session_id=run.session_id, position=2)
    owner = {"organization_id": editor.organization_id, "user_id": editor.user_id}
    beside = message_post(**owner, session_id=run.session_id, text="Where?", parent_id=reply.pk).run
    assert said_before(beside) == [("user", "Hello"), ("assistant", "Hello to you")]


def test_citations_come_along_and_answers_without_text_do_not(editor: Membership) -> None:
    run = asked_after(editor, "Hello", "See [1].", "Why?", "Because.")
    cited = [{"number": 1, "path": "a.md"}]
    Message.objects.filter(session_id=run.session_id, position=2).update(citations=cited)
    Message.objects.filter(session_id=run.session_id, position=4).update(text="")
    turns = conversation_of(context_of(run)).turns
    assert [(turn.text, turn.citations) for turn in turns] == [("Hello", []), ("See [1].", cited), ("Why?", [])]


def test_there_is_nothing_before_the_first_question_and_outside_sessions(editor: Membership) -> None:
    run = asked_after(editor)
    assert said_before(run) == []
    Message.objects.all().delete()
    assert said_before(run) == []
    run.session_id = None
    assert said_before(run) == []


def test_only_the_last_turns_are_read(
    editor: Membership, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr(conversation, "MAXIMUM_TURNS", 4)
    run = asked_after(editor, *(f"{number}" * 10 for number in range(8)))
    with django_assert_num_queries(3):
        assert [text[0] for _, text in said_before(run)] == ["4", "5", "6", "7"]
    monkeypatch.setattr(conversation, "MAXIMUM_CHARACTERS", 29)
    assert [text[0] for _, text in said_before(run)] == ["6", "7"]
