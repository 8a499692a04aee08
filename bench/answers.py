"""Asks for streamed answers in three ways (one by one, evenly spread, so many at once) and reads off their figures."""

from __future__ import annotations

import asyncio
import gc
import itertools
import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from bench.load import Answer, Target
from bench.model_server import answer_text
from bench.sse import Frame, frames, text_of

_numbers = itertools.count()


@dataclass(frozen=True)
class Subject:
    """Something that streams answers. ``body`` makes a request's body from a name that tells the requests apart."""

    name: str
    target: Target
    path: str
    body: Callable[[str], Any]

    async def ask(self) -> Answer:
        name = f"bench-{next(_numbers)}"
        return await self.target.fetch("POST", self.path, self.body(name), {"Accept": "text/event-stream"})


async def one_by_one(subject: Subject, count: int) -> list[Answer]:
    return [await subject.ask() for _ in range(count)]


async def spread(subjects: Sequence[Subject], count: int, each_second: float) -> list[Answer]:
    """An answer begins every so often, of each subject in turn, however the earlier ones fare: lateness can't hide
    (open loop)."""
    loop = asyncio.get_running_loop()
    started, asked = loop.time(), []
    for number in range(count):
        await asyncio.sleep(max(0.0, started + number / each_second - loop.time()))
        asked.append(asyncio.create_task(subjects[number % len(subjects)].ask()))
    return list(await asyncio.gather(*asked))


async def at_once(subject: Subject, count: int, concurrent: int) -> list[Answer]:
    """So many askers, each of whom asks again when answered, until ``count`` questions were asked."""
    left = iter(range(count))

    async def asker() -> list[Answer]:
        return [await subject.ask() for _ in left]

    return list(itertools.chain.from_iterable(await asyncio.gather(*(asker() for _ in range(concurrent)))))


@contextmanager
def quiet_collector() -> Iterator[None]:
    """No garbage collection of the client's while it measures: it holds many pieces and would stand still."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def text_frames(answer: Answer, tokens: int | None = None) -> list[Frame]:
    """The events that carried text. Raises AssertionError for an answer that isn't ``tokens`` long and in order."""
    assert answer.status == 200, (answer.status, answer.body[:500])
    shown = [frame for frame in frames(answer) if text_of(frame)]
    if tokens is not None:
        text = "".join(map(text_of, shown))
        assert text.split() == answer_text(tokens).split(), (text[-200:], answer.body[-500:])
    return shown


def first_text_seconds(answer: Answer) -> float:
    """From sending the request to the first text."""
    return text_frames(answer)[0].time - answer.sent


def gaps(answer: Answer) -> list[float]:
    """Seconds between one piece of text and the next."""
    return [later.time - earlier.time for earlier, later in pairwise(text_frames(answer))]


def tokens_per_second(answers: Sequence[Answer], tokens: int) -> float:
    """All tokens over the time from the first request to the last end. Checks every answer."""
    for answer in answers:
        text_frames(answer, tokens)
    return len(answers) * tokens / (max(each.ended for each in answers) - min(each.sent for each in answers))


def percentile(values: Sequence[float], share: float) -> float:
    """The value below or at which a share (0 to 1) of the values lies."""
    if len(values) < 2:
        return values[0]
    return statistics.quantiles(values, n=1000, method="inclusive")[min(998, max(0, round(share * 1000) - 1))]
