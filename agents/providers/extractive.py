"""The provider that needs no model: it quotes the documents, or says that it doesn't know."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from agents.providers.base import UNANSWERED, Finished, Mode, ModelEvent, ModelRequest, TextDelta
from agents.providers.extraction import compose

_PIECE = 160


class ExtractiveProvider:
    """Answers from the request's passages alone. The same request always gets the same answer."""

    name = "extractive"
    mode: Mode = "extractive"

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        """The composed answer in a few pieces. No usage: no tokens were spent."""
        answer = compose(request.question, request.passages, request.answerable, request.searched)
        for piece in _pieces(answer.text):
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
