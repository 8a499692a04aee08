"""Which resources are offered, and which of the needed skills each counts for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from learning.planner.needs import Need
from learning.planner.rules import LEVEL_PENALTY, OFFERS_PER_SKILL, RATING_WEIGHT, UNIT, UNRATED, units
from learning.planner.types import KeptItem, PlanRequest, ResourceOption

Counted = dict[str, list[dict[str, int]]]


@dataclass(frozen=True, slots=True)
class Offer:
    """A resource and what it counts for: (index of the skill, millionths), all of one step of the order. Another offer of
    the same resource may count for skills of another step; at most one of them is chosen.

    ``minutes`` is what is left of it, ``effort`` the same weighted by level fit and rating.
    """

    option: ResourceOption
    minutes: int
    effort: float
    level_fit: float
    gains: tuple[tuple[int, int], ...]


def usable_options(request: PlanRequest, needs: Mapping[str, Need]) -> dict[str, ResourceOption]:
    """Resources that teach something needed, by id; none that is completed or that the learner skipped."""
    refused = {item.resource for item in request.kept if item.state == "skipped" and item.resource}
    names = needs.keys()
    usable = [
        option
        for option in request.resources
        if not names.isdisjoint(option.gains) and option.id not in request.completed and option.id not in refused
    ]
    return {option.id: option for option in sorted(usable, key=lambda option: option.id)}


def counted_gains(options: Mapping[str, ResourceOption], needs: Mapping[str, Need]) -> Counted:
    """For each resource what it may count for, in millionths by skill: one way for each step of the prerequisite order.

    Nobody studies a skill and what it builds on in the same hour; and as all skills of a way are of one step, no two
    resources can have to come before each other.
    """
    counted: Counted = {}
    for identity, option in options.items():
        steps: dict[int, dict[str, int]] = {}
        for skill, gain in option.gains.items():
            if skill in needs and (whole := units(gain)) > 0:
                steps.setdefault(needs[skill].step, {})[skill] = whole
        if steps:
            counted[identity] = [steps[step] for step in sorted(steps)]
    return counted


def _useful(gains: Mapping[str, int], needs: Mapping[str, Need]) -> int:
    return sum(min(gain, needs[skill].missing) for skill, gain in gains.items())


def most_useful(
    counted: Counted, options: Mapping[str, ResourceOption], needs: Mapping[str, Need], always: Iterable[str]
) -> set[str]:
    """The resources that are worth a look: of each skill those that bring most per minute, at least so many, and as many
    as it takes to close it; and ``always`` those of the plan before."""
    teaching: dict[str, list[tuple[float, str, int]]] = {}
    for identity, ways in counted.items():
        minutes = options[identity].minutes
        for gains in ways:
            useful = _useful(gains, needs) / minutes
            for skill, gain in gains.items():
                teaching.setdefault(skill, []).append((-useful, identity, gain))
    chosen = {identity for identity in always if identity in counted}
    for skill, offers in teaching.items():
        supply = 0
        for number, (_, identity, gain) in enumerate(sorted(offers)):
            if number >= OFFERS_PER_SKILL and supply >= needs[skill].missing:
                break
            supply += gain
            chosen.add(identity)
    return chosen


def offer_of(option: ResourceOption, gains: Mapping[str, int], index: Mapping[str, int], have: int, done: int) -> Offer:
    """``have`` is the mean mastery of the skills now, ``done`` the minutes of the resource that are done."""
    fit = round(1 - abs(option.level - min(2, have * 3 // UNIT)) / 2, 3)
    rating = UNRATED if option.rating is None else min(5.0, max(0.0, option.rating))
    weight = 1 + LEVEL_PENALTY * 2 * (1 - fit) + RATING_WEIGHT * (UNRATED - rating)
    minutes = max(1, option.minutes - done)
    return Offer(
        option=option,
        minutes=minutes,
        effort=minutes * weight,
        level_fit=fit,
        gains=tuple(sorted((index[skill], gain) for skill, gain in gains.items())),
    )


def minutes_done(kept: Iterable[KeptItem]) -> dict[str, int]:
    """Of each resource the minutes of its parts that are done."""
    done: dict[str, int] = {}
    for item in kept:
        if item.state == "done" and item.resource:
            done[item.resource] = done.get(item.resource, 0) + item.minutes
    return done
