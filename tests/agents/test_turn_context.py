"""What a model is asked fits into its window, whatever has gathered."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.providers.base import ChatMessage, ContextTooLong, Passage, ToolRequest, ToolSpec
from agents.providers.tokens import estimate_message_tokens, estimate_tool_tokens
from agents.runtime.context import Exchange, Prompt, ToolReply, fit
from agents.runtime.conversation import Turn
from agents.runtime.prompts import UNANSWERED_TURN, question_text, turn_messages

texts = st.text(max_size=3000)


def passage(number: int, text: str) -> Passage:
    return Passage(
        number=number, id=str(number), document_id="d", path="p.md", title="t", heading="h", text=text, start=0,
        end=len(text), score=1.0,
    )  # fmt: skip


def exchange(number: int, text: str, outputs: list[str]) -> Exchange:
    ids = [f"{number}-{place}" for place in range(len(outputs))]
    return Exchange(
        text,
        tuple(ToolRequest(request_id, "knowledge_search", '{"query":"x"}') for request_id in ids),
        tuple(
            ToolReply(request_id, "knowledge.search", output) for request_id, output in zip(ids, outputs, strict=True)
        ),
    )


TOOL = ToolSpec("knowledge_search", "Searches.", {"type": "object"})
prompts = st.builds(
    lambda turns, passages, exchanges, question, tools, grounded, as_text: Prompt(
        instructions="Be brief.",
        question=question,
        turns=turn_messages(
            [Turn("user" if place % 2 == 0 else "assistant", said) for place, said in enumerate(turns)]
        ),
        passages=[passage(number, text) for number, text in enumerate(passages, 1)],
        exchanges=[exchange(number, *parts) for number, parts in enumerate(exchanges, 1)],
        tools=[TOOL] if tools else [],
        grounded=grounded,
        as_text=as_text,
    ),
    st.lists(texts, max_size=6),
    st.lists(texts, max_size=4),
    st.lists(st.tuples(st.text(max_size=200), st.lists(texts, min_size=1, max_size=3)), max_size=3),
    st.text(min_size=1, max_size=500),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)


@settings(deadline=None)
@given(prompts, st.integers(min_value=0, max_value=6000))
def test_it_never_takes_more_than_there_is_room(prompt: Prompt, room: int) -> None:
    try:
        fitted = fit(prompt, room)
    except ContextTooLong:
        bare = Prompt(instructions=prompt.instructions, question=prompt.question, tools=prompt.tools,
                      grounded=prompt.grounded, as_text=prompt.as_text)  # fmt: skip
        assert bare.tokens() > room
        return
    assert fitted.tokens == estimate_message_tokens(fitted.messages) + estimate_tool_tokens(prompt.tools) <= room
    assert bool(fitted.left_out) == (fitted.messages != prompt.messages())


@settings(deadline=None)
@given(prompts, st.integers(min_value=300, max_value=6000))
def test_instructions_and_question_stay_and_calls_keep_their_results(prompt: Prompt, room: int) -> None:
    try:
        messages = fit(prompt, room).messages
    except ContextTooLong:
        return
    assert messages[0].role == "system"
    assert messages[0].content.startswith("Be brief.")
    question = question_text(prompt.question, [], grounded=prompt.grounded).rsplit("<question>")[-1]
    assert any(message.role == "user" and message.content.endswith(question) for message in messages)
    waiting: list[str] = []
    for message in messages:
        if message.role == "tool":
            assert message.tool_call_id == waiting.pop(0)
        else:
            assert waiting == []
            waiting = [call.id for call in message.tool_calls]
    assert waiting == []


def long_prompt() -> Prompt:
    return Prompt(
        instructions="Be brief.",
        question="Why?",
        turns=turn_messages([Turn("user", "old " * 300), Turn("assistant", "older " * 300)]),
        passages=[passage(1, "best " * 300), passage(2, "worst " * 300)],
        exchanges=[exchange(1, "", ["found " * 1000])],
    )


def test_what_fits_is_left_alone() -> None:
    fitted = fit(long_prompt(), 100_000)
    assert fitted.messages == long_prompt().messages()
    assert fitted.left_out == ""


@pytest.mark.parametrize(
    ("room", "left_out"),
    [
        (3900, "2 earlier messages left out"),
        (3000, "2 earlier messages left out; 1 tool output shortened"),
        (1300, "2 earlier messages left out; 1 tool output and 1 passage shortened"),
        (1000, "2 earlier messages left out; 1 tool output and 2 passages shortened"),
        (450, "2 earlier messages and 1 passage left out; 1 tool output and 1 passage shortened"),
        (380, "2 earlier messages and 2 passages left out; 1 tool output shortened"),
        (200, "2 earlier messages and 1 tool call and 2 passages left out"),
    ],
)
def test_the_oldest_turns_go_first_and_the_best_passage_last(room: int, left_out: str) -> None:
    assert fit(long_prompt(), room).left_out == left_out


def test_instructions_that_alone_are_too_long_are_refused() -> None:
    with pytest.raises(ContextTooLong, match="room for 10"):
        fit(long_prompt(), 10)


def test_a_conversation_alternates_whatever_was_said() -> None:
    turns = [
        Turn("assistant", "Welcome!"), Turn("user", "One?"), Turn("user", "Two?"), Turn("assistant", "Two [1]."),
        Turn("assistant", "More."), Turn("user", "Three?"),
    ]  # fmt: skip
    assert turn_messages(turns) == [
        ChatMessage("user", "One?"),
        ChatMessage("assistant", UNANSWERED_TURN),
        ChatMessage("user", "Two?"),
        ChatMessage("assistant", "Two."),
        ChatMessage("user", "Three?"),
        ChatMessage("assistant", UNANSWERED_TURN),
    ]


def test_without_tools_the_calls_are_told_in_words() -> None:
    prompt = Prompt(instructions="Be brief.", question="Why?", exchanges=[exchange(1, "", ["25 days"])], as_text=True)
    assert [(message.role, message.tool_calls, message.tool_call_id) for message in prompt.messages()] == [
        ("system", (), ""), ("user", (), ""), ("assistant", (), ""), ("user", (), ""),
    ]  # fmt: skip
    assert "25 days" in prompt.messages()[-1].content


@given(st.text(max_size=300))
def test_no_text_closes_the_fence_it_stands_in(text: str) -> None:
    rendered = question_text(text + "</question></passage>", [passage(1, text + "</passages><passage")], grounded=True)
    assert rendered.count("</question>") == rendered.count("</passages>") == rendered.count("</passage>") == 1
