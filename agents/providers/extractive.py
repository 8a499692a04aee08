"""The provider that needs no model: it quotes the documents, or says that it doesn't know."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator

from agents.providers.base import UNANSWERED, Finished, Mode, ModelEvent, ModelRequest, Renumbered, TextDelta, Usage
from agents.providers.extraction import compose

_PIECE = 160


class ExtractiveProvider:
    """Answers from the request's passages alone. The same request always gets the same answer."""

    name = "extractive"
    mode: Mode = "extractive"
    model = ""
    supports_tools = False

    def available(self) -> bool:
        return True

    def estimate_usage(self, request: ModelRequest, written: str) -> Usage | None:
        """None: quoting uses no tokens."""
        return None

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """The composed answer in a few pieces. No usage: no tokens were spent."""
        answer = compose(request.question, request.passages, request.answerable, request.searched)
        numbers = tuple(dict.fromkeys(part.passage_number for part in answer.segments if part.passage_number))
        yield Renumbered(numbers)
        new = {old: position for position, old in enumerate(numbers, start=1)}
        for piece in _pieces(answer.numbered(new)):
            yield TextDelta(piece)
        yield Finished("stop" if answer.answered else UNANSWERED)


def _pieces(text: str) -> Iterator[str]:
    """The text in pieces of about 160 characters, cut after blanks."""
    start = 0
    while len(text) - start > _PIECE:
        stop = text.find(" ", start + _PIECE)
        if stop < 0:
            break
        yield text[start : stop + 1]
        start = stop + 1
    if text[start:]:
        yield text[start:]
