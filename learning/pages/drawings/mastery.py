"""Draws the mastery of one skill over time: its mean as a line, its uncertainty as a band, the level asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from learning.pages.drawings.scale import Scale, area, line

WIDTH, HEIGHT, EDGE, PIECE = 240, 72, 3, 12


class Moment(Protocol):
    """What was believed at a time: the mean and the band around it, each from 0 to 1."""

    @property
    def at(self) -> datetime: ...
    @property
    def mean(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...


@dataclass(frozen=True)
class MasteryDrawing:
    """Paths of the band and of the line; ``target`` is the height of the level asked for, ``end`` the last point."""

    band: str
    path: str
    target: float | None
    end: tuple[float, float]
    width: int = WIDTH
    height: int = HEIGHT


def mastery_drawing(
    moments: Sequence[Moment], *, target: float | None, start: datetime, end: datetime
) -> MasteryDrawing:
    """Draw moments in order of time between ``start`` and ``end``; one alone as a short piece up to it."""
    across = Scale(start.timestamp(), end.timestamp(), EDGE, WIDTH - EDGE)
    up = Scale(0, 1, HEIGHT - EDGE, EDGE)
    shown = [(across(each.at.timestamp()), each) for each in moments]
    if len(shown) == 1:
        shown = [(max(shown[0][0] - PIECE, float(EDGE)), shown[0][1]), *shown]
    means = [(x, up(each.mean)) for x, each in shown]
    return MasteryDrawing(
        band=area([(x, up(each.high)) for x, each in shown], [(x, up(each.low)) for x, each in shown]),
        path=line(means),
        target=None if target is None else up(target),
        end=means[-1] if means else (float(EDGE), up(0)),
    )
