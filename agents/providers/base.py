"""What every language model looks like to the rest of Aurora: a stream of typed events, or a typed error."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

Mode = Literal["llm", "extractive"]
Role = Literal["system", "user", "assistant"]
# The finish reason of a provider that knows that it found no answer.
UNANSWERED = "unanswered"


@dataclass(frozen=True)
class PassageSentence:
    """A sentence of a passage: its text, offsets in the document, and cosine (-1 to 1) with the question."""

    text: str
    start: int
    end: int
    score: float


@dataclass(frozen=True, kw_only=True)
class Passage:
    """A retrieved chunk as it is offered to a model; ``number`` is what ``[n]`` in the answer refers to."""

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
    sentences: Sequence[PassageSentence] = ()


@dataclass(frozen=True)
class ChatMessage:
    """One message of a conversation, as the chat completions format has it."""

    role: Role
    content: str


@dataclass(frozen=True, kw_only=True)
class ModelRequest:
    """What a model is asked: the rendered messages, and the plain parts for providers that work without a model.

    ``timeout`` is in seconds and bounds each silence of the model, not the whole answer.
    """

    model: str
    messages: Sequence[ChatMessage]
    question: str
    passages: Sequence[Passage] = ()
    answerable: bool = True
    searched: int = 0
    max_tokens: int = 1024
    temperature: float = 0.2
    timeout: float = 60.0


@dataclass(frozen=True)
class TextDelta:
    """More text of the answer."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Tokens used; ``estimated`` when the provider did not say."""

    prompt_tokens: int
    completion_tokens: int
    estimated: bool = False


@dataclass(frozen=True)
class Finished:
    """The model is done; ``reason`` is the chat completions format's finish reason."""

    reason: str = "stop"


@dataclass(frozen=True)
class Renumbered:
    """The provider numbers the passages anew before it writes: the one that was ``numbers[0]`` is 1 from here on, and
    so forth; passages that aren't named follow behind in their order."""

    numbers: tuple[int, ...]


ModelEvent = Renumbered | TextDelta | Usage | Finished


class Provider(Protocol):
    """A language model. ``stream`` raises ProviderError and closes the upstream call when its iterator is closed."""

    name: str
    mode: Mode

    def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]: ...


@dataclass
class ProviderError(Exception):
    """A model call that failed. ``retryable`` says whether another try, or another provider, may succeed."""

    message: str
    code: str = field(default="PROVIDER_ERROR", kw_only=True)
    retryable: bool = field(default=True, kw_only=True)

    def __str__(self) -> str:
        return self.message


class ProviderTimeout(ProviderError):
    """The model stayed silent for too long."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="PROVIDER_TIMEOUT")


class ProviderRateLimited(ProviderError):
    """The provider refused because of its rate limit or quota."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="PROVIDER_RATE_LIMITED")


class ProviderUnavailable(ProviderError):
    """The provider can't be reached or answered with a server error."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="PROVIDER_UNAVAILABLE")


class ProviderRefused(ProviderError):
    """The provider rejected the request or the key; trying again won't help."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="PROVIDER_REFUSED", retryable=False)


class ProviderBadResponse(ProviderError):
    """The provider's answer doesn't follow its format, or broke off."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="PROVIDER_BAD_RESPONSE")
