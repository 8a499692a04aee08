"""Draws which skills come before which: those without prerequisites at the left, each to the right of all that it needs.

Layers are longest paths; within a layer skills stand near the middle of their neighbours (the barycentre heuristic of
Sugiyama, Tagawa and Toda, 1981, swept in both directions).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import shorten, wrap

Edge = tuple[str, str]

BOX_WIDTH, BOX_HEIGHT = 154, 64
GAP_ACROSS, GAP_DOWN, MARGIN = 32, 12, 4
LINE_LETTERS, MOST_LINES, LINE_HEIGHT = 20, 2, 15
MOST_BOXES = 120
SWEEPS, BAR_INSET = 4, 11


@dataclass(frozen=True)
class Node:
    """A skill as it is to be drawn. ``state`` is what it is styled by, ``words`` says that state in words."""

    id: str
    name: str
    state: str = ""
    words: str = ""
    share: float = 0.0


@dataclass(frozen=True)
class Box:
    """A drawn skill. ``x`` and ``y`` are its upper left corner, in pixels; ``lines`` its name, cut to fit."""

    node: Node
    lines: Sequence[str]
    x: int
    y: int
    is_focus: bool
    width: int = BOX_WIDTH
    height: int = BOX_HEIGHT

    @property
    def texts(self) -> list[tuple[int, str]]:
        """Where each line of the name stands, and the line."""
        return [(self.y + 19 + place * LINE_HEIGHT, text) for place, text in enumerate(self.lines)]

    @property
    def left(self) -> int:
        return self.x + BAR_INSET

    @property
    def foot(self) -> int:
        """Where the words of the state stand."""
        return self.y + BOX_HEIGHT - 13

    @property
    def bar_left(self) -> int:
        return self.x + BAR_INSET

    @property
    def bar_width(self) -> int:
        return round((BOX_WIDTH - 2 * BAR_INSET) * min(max(self.node.share, 0.0), 1.0))

    @property
    def bar_top(self) -> int:
        return self.y + BOX_HEIGHT - 5


@dataclass(frozen=True)
class Line:
    """An arrow from a prerequisite to the skill that needs it, as the ``d`` of an SVG path."""

    start: str
    end: str
    path: str
    is_near: bool


@dataclass(frozen=True)
class Drawing:
    """``left_out`` counts the skills that found no room."""

    width: int
    height: int
    boxes: Sequence[Box]
    lines: Sequence[Line]
    left_out: int


def drawing(nodes: Iterable[Node], edges: Iterable[Edge], *, focus: str = "") -> Drawing:
    """Draw skills and their prerequisites; an edge goes from prerequisite to skill. ``focus`` is told apart.

    Edges to skills that aren't among ``nodes`` are left out; of more than ``MOST_BOXES`` skills, those that come last.
    """
    every = {node.id: node for node in nodes}
    shown = set(sorted(every, key=lambda each: (each != focus, every[each].name, each))[:MOST_BOXES])
    links = sorted({(start, end) for start, end in edges if start != end and {start, end} <= shown})
    layers = ordered(layers_of(shown, links), links, {each: every[each].name for each in shown})
    tallest = max(map(len, layers), default=0)
    boxes = {
        each: _box(every[each], column, row + (tallest - len(layer)) / 2, focus)
        for column, layer in enumerate(layers)
        for row, each in enumerate(layer)
    }
    return Drawing(
        width=2 * MARGIN + max(len(layers), 1) * (BOX_WIDTH + GAP_ACROSS) - GAP_ACROSS,
        height=2 * MARGIN + max(tallest, 1) * (BOX_HEIGHT + GAP_DOWN) - GAP_DOWN,
        boxes=list(boxes.values()),
        lines=[_line(boxes[start], boxes[end], focus) for start, end in links],
        left_out=len(every) - len(shown),
    )


def layers_of(names: Collection[str], edges: Sequence[Edge]) -> list[list[str]]:
    """The skills by layer: each after all that it needs. What goes in a circle, which services refuse, comes last."""
    waiting = {name: {start for start, end in edges if end == name} for name in sorted(names)}
    layers: list[list[str]] = []
    while waiting:
        free = [name for name in waiting if not waiting[name] & waiting.keys()] or list(waiting)
        layers.append(free)
        for name in free:
            del waiting[name]
    return layers


def ordered(layers: Sequence[Sequence[str]], edges: Sequence[Edge], names: Mapping[str, str]) -> list[list[str]]:
    """The layers, each ordered by the middle of its neighbours, so that few edges cross."""
    found = [sorted(layer, key=lambda each: (names[each], each)) for layer in layers]
    near: dict[str, list[str]] = {each: [] for layer in layers for each in layer}
    for start, end in edges:
        near[start].append(end)
        near[end].append(start)
    place: dict[str, float] = {}
    for sweep in range(SWEEPS):
        for layer in found if sweep % 2 == 0 else reversed(found):
            layer.sort(
                key=lambda each: (_middle([place[other] for other in near[each] if other in place]), names[each])
            )
            place |= {each: (row + 0.5) / len(layer) for row, each in enumerate(layer)}
    return found


def _middle(places: Sequence[float]) -> float:
    return sum(places) / len(places) if places else 0.5


def _box(node: Node, column: int, row: float, focus: str) -> Box:
    lines = wrap(node.name, LINE_LETTERS, break_long_words=True, max_lines=MOST_LINES, placeholder=" …")
    return Box(
        node=node,
        lines=lines or [shorten(node.name, LINE_LETTERS, placeholder="…") or "–"],
        x=MARGIN + column * (BOX_WIDTH + GAP_ACROSS),
        y=round(MARGIN + row * (BOX_HEIGHT + GAP_DOWN)),
        is_focus=node.id == focus,
    )


def _line(start: Box, end: Box, focus: str) -> Line:
    """From the right of a prerequisite to the left of what needs it."""
    here, there = start.x + BOX_WIDTH, end.x
    top, foot = start.y + BOX_HEIGHT // 2, end.y + BOX_HEIGHT // 2
    bend = GAP_ACROSS // 2 + 6
    path = f"M{here} {top} C{here + bend} {top} {there - bend} {foot} {there} {foot}"
    return Line(start.node.id, end.node.id, path, focus in (start.node.id, end.node.id))
