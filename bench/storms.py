"""Generated alert storms with their truth: which alerts belong to one story.

Frozen before correlation was written (docs/adr/0014-correlation.md). The same split, family and number make the same
storm. Held-out storms have other landscapes, other words and three families of their own.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from bench.storm_landscape import landscape
from bench.storm_making import MINUTE, Maker, Storm
from bench.storm_words import FAULTS, GENERIC, wordings

HOUR = 60 * MINUTE


def _lone(make: Maker) -> None:
    make.cascade({make.draw.choice(make.services()): 0}, 0)
    make.noise(3, 30 * MINUTE)


def _cascade(make: Maker) -> None:
    make.cascade(make.affected(make.draw.choice(make.services()), 0.9), 0)
    make.noise(3, 30 * MINUTE)


def _concurrent(make: Maker) -> None:
    for hit in make.apart(make.draw.randint(2, 4), 0.7):
        make.cascade(hit, make.draw.uniform(0, 8) * MINUTE)
    make.noise(4, 30 * MINUTE)


def _unlabelled(make: Maker) -> None:
    make.blind = 0.4
    _concurrent(make)


def _skewed(make: Maker) -> None:
    make.skew = 180.0
    _concurrent(make)


def _twice_monitored(make: Maker) -> None:
    """Every problem is told by two systems, each in words of its own."""
    watchers = make.draw.sample(("alertmanager", "datadog", "sentry", "cloudwatch"), 2)
    for hit in make.apart(3, 0.4):
        story, at = make.story(), make.draw.uniform(0, 10) * MINUTE
        for service, steps in hit.items():
            kind = make.draw.choice(FAULTS[make.draw.choice(sorted(FAULTS))][1 if steps else 0])
            for source, text in zip(watchers, make.draw.sample(wordings(kind, make.split), 2), strict=True):
                began = at + steps * 40 + make.draw.uniform(0, 90)
                make.say(service, text, story, began, at + 20 * MINUTE, source=source)


def _noisy(make: Maker) -> None:
    make.cascade(make.affected(make.draw.choice(make.services()), 0.8), 6 * MINUTE)
    make.noise(30, 30 * MINUTE)


def _flapping(make: Maker) -> None:
    """Problems that come and go every few minutes, beside a cascade."""
    first, *others = make.apart(3, 0.6)
    make.cascade(first, make.draw.uniform(0, 10) * MINUTE)
    for hit in others:
        service, story, at = next(iter(hit)), make.story(), make.draw.uniform(0, 4) * MINUTE
        text = make.draw.choice(wordings(make.draw.choice(("cpu", "latency", "errors")), make.split))
        for _ in range(make.draw.randint(3, 8)):
            until = at + make.draw.uniform(1, 3) * MINUTE
            make.say(service, text, story, at, until)
            at = until + make.draw.uniform(0.5, 4) * MINUTE
    make.noise(3, 30 * MINUTE)


def _recurring(make: Maker) -> None:
    """The same failure again after hours: another story."""
    hit = make.affected(make.draw.choice(make.services()), 0.7)
    make.cascade(hit, 0)
    make.cascade(hit, make.draw.uniform(2, 10) * HOUR)


def _generic_titles(make: Maker) -> None:
    """Unrelated services say the same few words at the same time."""
    for hit in make.apart(4, 0.0):
        story, at = make.story(), make.draw.uniform(0, 5) * MINUTE
        for text in make.draw.sample(GENERIC, make.draw.randint(1, 3)):
            make.say(next(iter(hit)), text, story, at + make.draw.uniform(0, 120), at + 20 * MINUTE)


def _infrastructure(make: Maker) -> None:
    """A host fails with all that runs on it, whether they call each other or not; elsewhere something else does."""
    host = make.draw.choice(sorted({host for place in make.land.places.values() for host in place.hosts}))
    on_it = [name for name in make.services() if host in make.land.places[name].hosts]
    story, until = make.story(), 25 * MINUTE
    for service in on_it:
        kind = make.draw.choice(("down", "restarts", "errors"))
        at = make.draw.uniform(0, 120)
        make.say(service, make.draw.choice(wordings(kind, make.split)), story, at, until, host=host)
    elsewhere = [hit for hit in make.apart(6, 0.5) if not hit.keys() & set(on_it)]
    for hit in elsewhere[:1]:
        make.cascade(hit, make.draw.uniform(0, 6) * MINUTE)


def _neighbours(make: Maker) -> None:
    """Two services that call each other, or are called by one, fail at the same time for reasons of their own."""
    first = make.draw.choice([name for name in make.services() if len(make.land.near(name)) > 2])
    second = make.draw.choice(sorted(make.land.near(first) - {first}))
    for service in (first, second):
        make.cascade({service: 0}, make.draw.uniform(0, 4) * MINUTE)
    make.noise(3, 20 * MINUTE)


def _mixed(make: Maker) -> None:
    make.blind, make.skew = 0.2, 90.0
    for hit in make.apart(3, 0.8):
        make.cascade(hit, make.draw.uniform(0, 12) * MINUTE)
    _flapping(make)
    make.noise(15, 40 * MINUTE)


FAMILIES: dict[str, Callable[[Maker], None]] = {
    "lone": _lone,
    "cascade": _cascade,
    "concurrent": _concurrent,
    "unlabelled": _unlabelled,
    "skewed": _skewed,
    "twice monitored": _twice_monitored,
    "noisy": _noisy,
    "flapping": _flapping,
    "recurring": _recurring,
    "generic titles": _generic_titles,
}
HELD_OUT_FAMILIES: dict[str, Callable[[Maker], None]] = {
    "infrastructure": _infrastructure,
    "neighbours": _neighbours,
    "mixed": _mixed,
}


def storms(split: str, each: int) -> Iterator[Storm]:
    """``each`` storms of every family; ``split`` is ``tuning`` or ``held-out``, which has three families more."""
    families = FAMILIES if split == "tuning" else FAMILIES | HELD_OUT_FAMILIES
    for family, fill in families.items():
        for number in range(each):
            draw = random.Random(f"{split} {family} {number}")
            make = Maker(draw, split, landscape(draw, split))
            fill(make)
            arrived = sorted(make.alerts, key=lambda alert: (alert.received_at, alert.facts.id))
            yield Storm(family, make.land.graph, tuple(arrived))
