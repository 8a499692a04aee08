"""Draws which services call which: callers above, those that they call below. Pure: names in, coordinates out.

Layers are longest paths; within a layer services stand near the middle of those that call them (the barycentre heuristic
of Sugiyama, Tagawa and Toda, 1981). A layer that is wider than the page goes on in the next row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

Edge = tuple[str, str]

BOX_WIDTH, BOX_HEIGHT = 150, 36
GAP_ACROSS, GAP_DOWN, MARGIN = 14, 44, 8
# Characters that fit into a box.
LONGEST_LABEL = 17
MOST_BOXES = 60


@dataclass(frozen=True)
class Box:
    """A service. ``x`` and ``y`` are its upper left corner, in pixels."""

    name: str
    label: str
    x: int
    y: int
    is_alerting: bool
    is_highlighted: bool
    width: int = BOX_WIDTH
    height: int = BOX_HEIGHT

    @property
    def middle(self) -> int:
        return self.x + self.width // 2

    @property
    def base(self) -> int:
        """Where the label's letters stand."""
        return self.y + self.height // 2 + 5


@dataclass(frozen=True)
class Line:
    """An arrow from caller to callee, as the ``d`` of an SVG path; hot between two alerting services."""

    caller: str
    callee: str
    path: str
    is_hot: bool


@dataclass(frozen=True)
class Drawing:
    """``left_out`` are services that found no room; ``sentences`` say the same in words."""

    width: int
    height: int
    boxes: Sequence[Box]
    lines: Sequence[Line]
    left_out: Sequence[str]
    sentences: Sequence[str]


def drawing(
    names: Iterable[str],
    edges: Iterable[Edge],
    *,
    alerting: Collection[str] = (),
    highlighted: Collection[str] = (),
    columns: int = 6,
) -> Drawing:
    """Draw services and their calls, at most ``columns`` beside each other (2 for a phone).

    Edges of services that aren't named are left out. Of more than ``MOST_BOXES`` services those are drawn that alert, are
    highlighted, or call one that does or are called by it.
    """
    every = sorted(set(names))
    known = sorted({(caller, callee) for caller, callee in edges if caller != callee and {caller, callee} <= {*every}})
    shown = _shown(every, known, {*alerting, *highlighted})
    links = [edge for edge in known if {*edge} <= shown]
    layers = _layers(sorted(shown), links)
    columns = max(1, min(columns, max(map(len, layers), default=1)))
    rows = _rows(layers, links, columns)
    boxes = {
        name: Box(
            name=name,
            label=name if len(name) <= LONGEST_LABEL else name[: LONGEST_LABEL - 1] + "…",
            x=MARGIN + column * (BOX_WIDTH + GAP_ACROSS) + (columns - len(row)) * (BOX_WIDTH + GAP_ACROSS) // 2,
            y=MARGIN + number * (BOX_HEIGHT + GAP_DOWN),
            is_alerting=name in alerting,
            is_highlighted=name in highlighted,
        )
        for number, row in enumerate(rows)
        for column, name in enumerate(row)
    }
    return Drawing(
        width=2 * MARGIN + columns * (BOX_WIDTH + GAP_ACROSS) - GAP_ACROSS,
        height=2 * MARGIN + max(len(rows), 1) * (BOX_HEIGHT + GAP_DOWN) - GAP_DOWN,
        boxes=list(boxes.values()),
        lines=[_line(boxes[caller], boxes[callee]) for caller, callee in links],
        left_out=[name for name in every if name not in shown],
        sentences=_sentences(every, known, alerting),
    )


def _shown(names: Sequence[str], edges: Sequence[Edge], wanted: set[str]) -> set[str]:
    """As many as there is room for: the wanted, their neighbours, those with most calls."""
    degree = dict.fromkeys(names, 0)
    near = set(wanted)
    for caller, callee in edges:
        degree[caller] += 1
        degree[callee] += 1
        near |= {caller, callee} if {caller, callee} & wanted else set()
    order = sorted(names, key=lambda name: (name not in wanted, name not in near, -degree[name], name))
    return set(order[:MOST_BOXES])


def _layers(names: Sequence[str], edges: Sequence[Edge]) -> list[list[str]]:
    """The services by layer: each below all that call it, but where calls go in a circle. Those without calls come last."""
    linked = {name for edge in edges for name in edge}
    waiting = {name: {caller for caller, callee in edges if callee == name} for name in names if name in linked}
    layers: list[list[str]] = []
    while waiting:
        free = [name for name in waiting if not waiting[name] & waiting.keys()]
        if not free:
            free = [min(waiting, key=lambda name: (len(waiting[name] & waiting.keys()), name))]
        layers.append(free)
        for name in free:
            del waiting[name]
    alone = [name for name in names if name not in linked]
    return [*layers, alone] if alone else layers


def _rows(layers: Sequence[Sequence[str]], edges: Sequence[Edge], columns: int) -> list[list[str]]:
    """Layers ordered by the middle of their callers, and cut to ``columns``."""
    place: dict[str, float] = {}
    rows: list[list[str]] = []
    for layer in layers:
        middles = {name: _middle([place[caller] for caller, callee in edges if callee == name and caller in place])
                   for name in layer}  # fmt: skip
        ordered = sorted(layer, key=lambda name: (middles[name], name))
        place |= {name: (number + 0.5) / len(ordered) for number, name in enumerate(ordered)}
        rows += [list(ordered[start : start + columns]) for start in range(0, len(ordered), columns)]
    return rows


def _middle(places: Sequence[float]) -> float:
    return sum(places) / len(places) if places else 0.5


def _line(caller: Box, callee: Box) -> Line:
    """Down from caller to callee; back up where calls go in a circle; sideways within a row."""
    if callee.y == caller.y:
        left = callee.x < caller.x
        start, end = (caller.x, callee.x + callee.width) if left else (caller.x + caller.width, callee.x)
        height = caller.y + caller.height // 2
        path = f"M{start} {height} Q{(start + end) // 2} {height + GAP_DOWN} {end} {height}"
    else:
        down = callee.y > caller.y
        start, end = (caller.y + caller.height, callee.y) if down else (caller.y, callee.y + callee.height)
        bend = (GAP_DOWN // 2) * (1 if down else -1)
        path = f"M{caller.middle} {start} C{caller.middle} {start + bend} {callee.middle} {end - bend} {callee.middle} {end}"
    return Line(caller.name, callee.name, path, caller.is_alerting and callee.is_alerting)


def _sentences(names: Sequence[str], edges: Sequence[Edge], alerting: Collection[str]) -> list[str]:
    calls: Mapping[str, list[str]] = {name: [callee for caller, callee in edges if caller == name] for name in names}
    return [
        f"{name}{' (alerting)' if name in alerting else ''} calls {', '.join(called) if called else 'none of these'}."
        for name, called in calls.items()
    ]


@dataclass(frozen=True)
class Picture:
    """What ``templates/incidents/_graph.html`` draws: once for phones, once for wider pages."""

    id: str
    title: str
    narrow: Drawing
    wide: Drawing

    @property
    def sizes(self) -> list[tuple[str, Drawing]]:
        return [("narrow", self.narrow), ("wide", self.wide)]

    @property
    def words(self) -> Drawing:
        return self.wide


def picture(
    names: Collection[str],
    edges: Collection[Edge],
    *,
    title: str,
    alerting: Collection[str] = (),
    highlighted: Collection[str] = (),
    element_id: str = "graph",
    columns: int = 6,
) -> Picture:
    """Both drawings; ``columns`` is the most that the wide one may have."""
    narrow, wide = (
        drawing(names, edges, alerting=alerting, highlighted=highlighted, columns=most) for most in (2, columns)
    )
    return Picture(element_id, title, narrow, wide)
