"""What every language model looks like to the rest of Aurora: a stream of typed events, or a typed error."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, Protocol

Mode = Literal["llm", "extractive"]
Role = Literal["system", "user", "assistant", "tool"]
# The finish reason of a provider that knows that it found no answer.
UNANSWERED = "unanswered"
# The finish reason of a model that wants tools called before it goes on.
TOOL_CALLS = "tool_calls"


@dataclass(frozen=True)
class PassageSentence:
    """A sentence of a passage: its text, offsets in the document, and cosine (-1 to 1) with the question.

    ``kind`` is prose, item, header, row or code; ``context`` a row's header line or the line that introduces a list.
    """

    text: str
    start: int
    end: int
    score: float
    kind: str = "prose"
    context: str = ""


@dataclass(frozen=True, kw_only=True)
class Passage:
    """A retrieved chunk as it is offered to a model; ``number`` is what ``[n]`` in the answer refers to.

    ``dated`` is the day that the document says it is of, else the day it came in.
    """

    number: int
    id: str
    document_id: str
    path: str
    title: str
    heading: str
    text: str
    start: int
    end: int
    score: float
    relevant: bool = True
    owner: str = ""
    dated: date | None = None
    sentences: Sequence[PassageSentence] = ()


@dataclass(frozen=True)
class ToolSpec:
    """A tool as a model is told of it. ``name`` matches ``^[A-Za-z0-9_-]{1,64}$``; ``parameters`` is a JSON Schema."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class ToolRequest:
    """A tool call that a model asks for: ``arguments`` is the JSON text as the model wrote it, not yet checked.

    ``id`` is unique within the answer and comes back in the tool message that carries the result.
    """

    id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class ChatMessage:
    """One message of a conversation, as the chat completions format has it.

    ``tool_calls`` belongs to an assistant message that asked for tools; ``tool_call_id`` to the tool message that
    answers one of them.
    """

    role: Role
    content: str
    tool_calls: Sequence[ToolRequest] = ()
    tool_call_id: str = ""


@dataclass(frozen=True, kw_only=True)
class ModelRequest:
    """What a model is asked: the rendered messages, and the plain parts for providers that work without a model.

    Which model is asked is the provider's to know. ``timeout`` is in seconds and bounds each silence of the model, not
    the whole answer.
    """

    messages: Sequence[ChatMessage]
    question: str = ""
    passages: Sequence[Passage] = ()
    answerable: bool = True
    searched: int = 0
    tools: Sequence[ToolSpec] = ()
    tool_choice: Literal["auto", "none"] = "auto"
    max_tokens: int = 1024
    temperature: float = 0.2
    timeout: float = 60.0


@dataclass(frozen=True)
class TextDelta:
    """More text of the answer: all that one read from the network brought."""

    text: str


@dataclass(frozen=True)
class ToolRequested:
    """The tool calls the model asks for, complete and in its order. Comes once, after the text, before Usage."""

    requests: tuple[ToolRequest, ...]


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Tokens used, and their cost in US dollars (None when no price is known).

    ``estimated`` when the provider did not say how many tokens; ``cost_estimated`` when the cost rests on such tokens.
    """

    prompt_tokens: int
    completion_tokens: int
    estimated: bool = False
    cost_usd: float | None = None
    cost_estimated: bool = False


@dataclass(frozen=True)
class Finished:
    """The model is done; ``reason`` is the chat completions format's finish reason."""

    reason: str = "stop"


@dataclass(frozen=True)
class Renumbered:
    """The provider numbers the passages anew before it writes: the one that was ``numbers[0]`` is 1 from here on, and
    so forth; passages that aren't named follow behind in their order."""

    numbers: tuple[int, ...]


ModelEvent = Renumbered | TextDelta | ToolRequested | Usage | Finished


class Provider(Protocol):
    """A language model.

    ``stream`` yields text, then at most one ToolRequested, then Usage, then Finished; it raises ProviderError, and
    closes the upstream connection when its iterator is closed. A server without tools raises ToolsUnsupported for a
    request that names some, and ``supports_tools`` is False from then on.
    """

    @property
    def name(self) -> str: ...

    @property
    def mode(self) -> Mode: ...

    @property
    def model(self) -> str:
        """The model's name at its server; empty for a provider that needs none."""

    @property
    def supports_tools(self) -> bool: ...

    def available(self) -> bool:
        """False while calls are held back because the last ones failed."""

    def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]: ...

    def estimate_usage(self, request: ModelRequest, written: str) -> Usage | None:
        """What a call that ended early used, given the text it wrote; None if such calls use nothing."""


@dataclass(eq=False)
class ProviderError(Exception):
    """A model call that failed. ``retryable`` says whether another try, or another provider, may succeed;
    ``retry_after`` is in seconds, where the server said when."""

    message: str
    code: str = field(default="PROVIDER_ERROR", kw_only=True)
    retryable: bool = field(default=True, kw_only=True)
    retry_after: float | None = field(default=None, kw_only=True)

    def __str__(self) -> str:
        return self.message


class ProviderTimeout(ProviderError):
    """The model stayed silent for too long."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="PROVIDER_TIMEOUT")


class ProviderRateLimited(ProviderError):
    """The provider refused because of its rate limit or quota."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message, code="PROVIDER_RATE_LIMITED", retry_after=retry_after)


class ProviderUnavailable(ProviderError):
    """The provider can't be reached, answered with a server error, or its connection broke."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message, code="PROVIDER_UNAVAILABLE", retry_after=retry_after)


class ProviderRefused(ProviderError):
    """The provider rejected the request, the model's name or the key; trying again won't help."""

    def __init__(self, message: str, code: str = "PROVIDER_REFUSED") -> None:
        super().__init__(message, code=code, retryable=False)


class ContextTooLong(ProviderRefused):
    """The messages don't fit into the model's window."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="CONTEXT_TOO_LONG")


class ToolsUnsupported(ProviderRefused):
    """The server or the model can't call tools; the same request without them may succeed."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="TOOLS_UNSUPPORTED")


class ProviderBadResponse(ProviderError):
    """The provider's answer doesn't follow its format, or broke off."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="PROVIDER_BAD_RESPONSE")
