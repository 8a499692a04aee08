"""Keeps what a model is asked within its window. Pure.

What goes first, until the rest fits: the oldest turns of the conversation; then tool outputs, oldest first, and passages,
least relevant first, are shortened; then passages and the oldest tool calls with their outputs are left out. The
instructions and the question always stay. Tokens are estimated, rather too many than too few (``providers.tokens``).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from agents.providers.base import ChatMessage, ContextTooLong, Passage, ToolRequest, ToolSpec
from agents.providers.tokens import estimate_message_tokens, estimate_tool_tokens
from agents.runtime.prompts import question_text, system_text, tool_text

SHORT_OUTPUTS = (2_000, 400)
SHORT_PASSAGES = (600, 200)
CUT_NOTE = "\n[shortened]"


@dataclass(frozen=True)
class ToolReply:
    """What a tool call gave back, as the model is told; ``request_id`` names the request that it answers."""

    request_id: str
    tool: str
    text: str


@dataclass(frozen=True)
class Exchange:
    """What a model wrote and which tools it asked for, with a reply to each."""

    text: str
    requests: tuple[ToolRequest, ...]
    replies: tuple[ToolReply, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """What a model is asked, before it is rendered. ``as_text`` tells tool calls in words, for a model that has none."""

    instructions: str
    question: str
    turns: Sequence[ChatMessage] = ()
    passages: Sequence[Passage] = ()
    exchanges: Sequence[Exchange] = ()
    tools: Sequence[ToolSpec] = ()
    grounded: bool = True
    as_text: bool = False

    def messages(self) -> list[ChatMessage]:
        """The rendered messages; each tool message follows the assistant message that asked for it."""
        system = system_text(self.instructions, grounded=self.grounded, tools=bool(self.tools))
        asked = question_text(self.question, self.passages, grounded=self.grounded)
        render = _told if self.as_text else _called
        return [
            ChatMessage("system", system),
            *self.turns,
            ChatMessage("user", asked),
            *(message for exchange in self.exchanges for message in render(exchange)),
        ]

    def tokens(self) -> int:
        """About how many tokens it takes, the descriptions of the tools included."""
        return estimate_message_tokens(self.messages()) + estimate_tool_tokens(self.tools)


@dataclass(frozen=True)
class Fitted:
    """Messages that fit, their tokens, and what was left out of them in words (empty when nothing was)."""

    messages: list[ChatMessage]
    tokens: int
    left_out: str = ""


def fit(prompt: Prompt, room: int) -> Fitted:
    """The prompt's messages within ``room`` tokens. Raises ContextTooLong if instructions and question alone don't fit."""
    for smaller in _ever_smaller(prompt):
        tokens = smaller.tokens()
        if tokens <= room:
            return Fitted(smaller.messages(), tokens, _left_out(prompt, smaller))
    raise ContextTooLong(
        f"The instructions and the question take about {tokens} tokens, and the model's window has room for {room}."
    )


def _ever_smaller(prompt: Prompt) -> Iterator[Prompt]:
    yield prompt
    while prompt.turns:
        prompt = dataclasses.replace(prompt, turns=prompt.turns[2:])
        yield prompt
    for length in SHORT_OUTPUTS:
        for index in range(len(prompt.exchanges)):
            prompt = _with_short_outputs(prompt, index, length)
            yield prompt
    for length in SHORT_PASSAGES:
        for index in reversed(range(len(prompt.passages))):
            prompt = _with_short_passage(prompt, index, length)
            yield prompt
    while prompt.passages:
        prompt = dataclasses.replace(prompt, passages=prompt.passages[:-1])
        yield prompt
    while prompt.exchanges:
        prompt = dataclasses.replace(prompt, exchanges=prompt.exchanges[1:])
        yield prompt


def _with_short_outputs(prompt: Prompt, index: int, length: int) -> Prompt:
    exchange = prompt.exchanges[index]
    replies = tuple(dataclasses.replace(reply, text=_cut(reply.text, length)) for reply in exchange.replies)
    short = dataclasses.replace(exchange, replies=replies)
    return dataclasses.replace(prompt, exchanges=[*prompt.exchanges[:index], short, *prompt.exchanges[index + 1 :]])


def _with_short_passage(prompt: Prompt, index: int, length: int) -> Prompt:
    short = dataclasses.replace(prompt.passages[index], text=_cut(prompt.passages[index].text, length))
    return dataclasses.replace(prompt, passages=[*prompt.passages[:index], short, *prompt.passages[index + 1 :]])


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[:length] + CUT_NOTE


def _called(exchange: Exchange) -> list[ChatMessage]:
    """An exchange as the chat completions format has it."""
    asked = ChatMessage("assistant", exchange.text, tool_calls=exchange.requests)
    answered = [
        ChatMessage("tool", tool_text(reply.tool, reply.text), tool_call_id=reply.request_id)
        for reply in exchange.replies
    ]
    return [asked, *answered]


def _told(exchange: Exchange) -> list[ChatMessage]:
    """An exchange for a model that knows no tools."""
    outputs = "\n\n".join(tool_text(reply.tool, reply.text) for reply in exchange.replies)
    told = f"{outputs}\n\nAnswer the question now."
    return [ChatMessage("assistant", exchange.text or "Let me look that up."), ChatMessage("user", told)]


def _left_out(whole: Prompt, part: Prompt) -> str:
    gone = _counted(
        {
            "earlier message": len(whole.turns) - len(part.turns),
            "tool call": len(whole.exchanges) - len(part.exchanges),
            "passage": len(whole.passages) - len(part.passages),
        }
    )
    cut = _counted({"tool output": _shortened_outputs(whole, part), "passage": _shortened_passages(whole, part)})
    return "; ".join(said for said in (gone and f"{gone} left out", cut and f"{cut} shortened") if said)


def _counted(counts: Mapping[str, int]) -> str:
    """``2 earlier messages and 1 passage``; empty when every count is 0."""
    return " and ".join(f"{count} {name}{'s' * (count != 1)}" for name, count in counts.items() if count)


def _shortened_outputs(whole: Prompt, part: Prompt) -> int:
    kept = whole.exchanges[len(whole.exchanges) - len(part.exchanges) :]
    return sum(
        before.text != after.text
        for old, new in zip(kept, part.exchanges, strict=True)
        for before, after in zip(old.replies, new.replies, strict=True)
    )


def _shortened_passages(whole: Prompt, part: Prompt) -> int:
    return sum(before.text != after.text for before, after in zip(whole.passages, part.passages, strict=False))
