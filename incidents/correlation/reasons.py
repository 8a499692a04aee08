"""Why two alerts score as they do, in plain words. Pure."""

from __future__ import annotations

from incidents.correlation.distance import ServiceGraph
from incidents.correlation.facts import Part
from incidents.correlation.parts import PART_NAMES, Subject, Values, gap_seconds, labels_shared, names_shared
from incidents.correlation.settings import CorrelationSettings
from incidents.correlation.words import weight_of

_WORDS_SHOWN = 5


def parts_of(
    alert: Subject, other: Subject, found: Values, graph: ServiceGraph, settings: CorrelationSettings
) -> list[Part]:
    """Every comparison with its value, weight and reason."""
    reasons = (
        _time(alert, other, settings),
        _service(alert, other),
        _graph(alert, other, graph),
        _names(alert, other),
        _text(alert, other),
        _labels(alert, other),
    )
    return [
        Part(name=name, value=None if value is None else round(value, 4), weight=settings.weights[name], reason=reason)
        for name, value, reason in zip(PART_NAMES, found, reasons, strict=True)
    ]


def duration(seconds: float) -> str:
    """``40 s``, ``3 min``, ``2 h``."""
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= 3 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _time(alert: Subject, other: Subject, settings: CorrelationSettings) -> str:
    gap, stated = gap_seconds(alert, other, settings), alert.started - other.started
    order = "after" if stated >= 0 else "before"
    said = f"started {duration(abs(stated))} {order}" if round(abs(stated)) else "started at the same time"
    return f"{said} by their own clocks, arrived {duration(gap)} apart" if gap < abs(stated) else said


def _service(alert: Subject, other: Subject) -> str:
    one, two = alert.facts.service, other.facts.service
    if not one or not two:
        return "service unknown: not compared"
    return f"both about {one}" if one == two else f"{one} isn't {two}"


def _graph(alert: Subject, other: Subject, graph: ServiceGraph) -> str:
    one, two = alert.facts.service, other.facts.service
    if not one or not two:
        return "service unknown: not compared"
    if one == two:
        return "the same service: no way to go"
    for name in (one, two):
        if name not in graph:
            return f"{name} isn't in the service graph: not compared"
    way = graph.ways_from(one).get(two)
    if way is None:
        return f"no calls lead from {one} to {two} or back"
    caller, callee = (one, two) if way.calls else (two, one)
    return f"{caller} calls {callee}, {way.steps} step{'s' if way.steps > 1 else ''}"


def _names(alert: Subject, other: Subject) -> str:
    shared = names_shared(alert, other)
    if shared:
        return f"{'a title names' if len(shared) == 1 else 'titles name'} {', '.join(shared)}"
    return "no title names the other's service" if alert.named or other.named else "no title names another service"


def _text(alert: Subject, other: Subject) -> str:
    if not alert.words or not other.words:
        return "a title without words: not compared"
    shared = alert.words & other.words
    if not shared:
        return "titles share no word"
    telling = sorted(shared, key=lambda word: (-weight_of(word), word))[:_WORDS_SHOWN]
    return f"both say {', '.join(repr(word) for word in telling)}"


def _labels(alert: Subject, other: Subject) -> str:
    if not alert.places.keys() & other.places.keys():
        return "no label of a place in both: not compared"
    shared = labels_shared(alert, other)
    return "same " + ", ".join(f"{name} {alert.places[name]}" for name in shared) if shared else "labels differ"
