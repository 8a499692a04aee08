"""Draws a few numbers as a line no larger than a word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from learning.pages.drawings.scale import Scale, line

WIDTH, HEIGHT, EDGE = 96, 24, 2


@dataclass(frozen=True)
class Spark:
    path: str
    end: tuple[float, float]
    width: int = WIDTH
    height: int = HEIGHT


def spark(values: Sequence[float]) -> Spark | None:
    """The values from left to right, 0 at the bottom; None for fewer than two."""
    if len(values) < 2:
        return None
    across = Scale(0, len(values) - 1, EDGE, WIDTH - EDGE)
    up = Scale(0, max(*values, 1), HEIGHT - EDGE, EDGE)
    places = [(across(number), up(value)) for number, value in enumerate(values)]
    return Spark(line(places), places[-1])
