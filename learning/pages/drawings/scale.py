"""From values to places in a drawing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

Point = tuple[float, float]


@dataclass(frozen=True)
class Scale:
    """Maps ``low``…``high`` to ``start``…``end`` and keeps to these bounds; an empty range maps to ``start``."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        if self.high <= self.low:
            return self.start
        share = min(max((value - self.low) / (self.high - self.low), 0.0), 1.0)
        return round(self.start + share * (self.end - self.start), 1)


def line(points: Iterable[Point]) -> str:
    """The ``d`` of an SVG path through the points; empty for none."""
    return " ".join(f"{'M' if place == 0 else 'L'}{x:g} {y:g}" for place, (x, y) in enumerate(points))


def area(upper: Iterable[Point], lower: Iterable[Point]) -> str:
    """The ``d`` of the area between two lines over the same places; empty for none."""
    around = [*upper, *reversed([*lower])]
    return f"{line(around)} Z" if around else ""


def months(first: date, last: date, scale: Scale) -> list[tuple[float, str]]:
    """Where months begin between two days, and what they are called: for the axis below a drawing."""
    found, day = [], (first.replace(day=1) + timedelta(days=32)).replace(day=1)
    while day <= last:
        found.append((scale(day.toordinal()), f"{day:%b}"))
        day = (day + timedelta(days=32)).replace(day=1)
    return found
