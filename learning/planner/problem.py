"""Needs and offers as one problem over small numbers: which resources count for what, and what nothing teaches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from learning.planner.needs import Need
from learning.planner.rules import UNIT, units
from learning.planner.types import KeptItem, PlanRequest, ResourceOption

UNRATED = 3.5
LEVEL_PENALTY = 0.25
RATING_WEIGHT = 0.1


@dataclass(frozen=True, slots=True)
class Offer:
    """A resource and what it counts for: (index of the skill, millionths), all of one step of the order.

    ``minutes`` is what is left of it, ``effort`` the same weighted by level fit and rating.
    """

    option: ResourceOption
    minutes: int
    effort: float
    level_fit: float
    gains: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """``needs`` are the needed skills that can be taught, prerequisites first; ``before`` the needed ones before each.

    ``teaching`` lists the offers of each skill by index; ``unlock`` is what must be gained of a skill before others that
    build on it are studied. ``untaught`` are the targets that are not closed by all offers together, with what remains;
    ``blocked`` the skills that nothing teaches at all.
    """

    needs: tuple[Need, ...]
    offers: tuple[Offer, ...]
    before: tuple[tuple[int, ...], ...]
    teaching: tuple[tuple[int, ...], ...]
    unlock: tuple[int, ...]
    goal: tuple[int, ...]
    untaught: Mapping[str, int]
    blocked: tuple[str, ...]


def problem_of(request: PlanRequest, needs: Mapping[str, Need]) -> Problem:
    """What is to be solved. Resources that are completed, or that the learner skipped, are not offered."""
    options = _usable(request)
    taught = {skill for option in options for skill in option.gains if units(option.gains[skill]) > 0}
    blocked, teachable = _blocked(needs, taught)
    index = {skill: number for number, skill in enumerate(teachable)}
    kept_minutes = _minutes_done(request.kept)
    offers = tuple(
        offer for option in options if (offer := _offer(option, needs, index, kept_minutes.get(option.id, 0)))
    )
    teaching: list[list[int]] = [[] for _ in index]
    for number, offer in enumerate(offers):
        for skill, _ in offer.gains:
            teaching[skill].append(number)
    return _settled(needs, tuple(needs[skill] for skill in teachable), index, offers, teaching, blocked)


def _settled(
    needs: Mapping[str, Need],
    chosen: tuple[Need, ...],
    index: Mapping[str, int],
    offers: tuple[Offer, ...],
    teaching: list[list[int]],
    blocked: tuple[str, ...],
) -> Problem:
    supply = [sum(dict(offers[number].gains)[skill] for number in numbers) for skill, numbers in enumerate(teaching)]
    untaught = {name: need.goal for name, need in needs.items() if need.goal and name not in index}
    for number, need in enumerate(chosen):
        if supply[number] < need.goal:
            untaught[need.skill] = need.goal - supply[number]
    return Problem(
        needs=chosen,
        offers=offers,
        before=tuple(tuple(sorted(index[name] for name in need.before)) for need in chosen),
        teaching=tuple(tuple(numbers) for numbers in teaching),
        # A prerequisite that can't be taught as far as asked is taught as far as it goes.
        unlock=tuple(min(need.unlock, supply[number]) for number, need in enumerate(chosen)),
        goal=tuple(need.goal for need in chosen),
        untaught=untaught,
        blocked=blocked,
    )


def _usable(request: PlanRequest) -> list[ResourceOption]:
    refused = {item.resource for item in request.kept if item.state == "skipped" and item.resource}
    usable = [option for option in request.resources if option.id not in request.completed and option.id not in refused]
    return sorted(usable, key=lambda option: option.id)


def _minutes_done(kept: Iterable[KeptItem]) -> dict[str, int]:
    done: dict[str, int] = {}
    for item in kept:
        if item.state == "done" and item.resource:
            done[item.resource] = done.get(item.resource, 0) + item.minutes
    return done


def _blocked(needs: Mapping[str, Need], taught: set[str]) -> tuple[tuple[str, ...], list[str]]:
    """The skills that nothing teaches, and those that can be taught since nothing before them is missing."""
    blocked = tuple(skill for skill in needs if skill not in taught)
    teachable: list[str] = []
    reached: set[str] = set()
    for skill, need in needs.items():
        locked = any(needs[name].unlock and name not in reached for name in need.before)
        if skill in taught and not locked:
            reached.add(skill)
            teachable.append(skill)
    return blocked, _without_pointless(needs, teachable)


def _without_pointless(needs: Mapping[str, Need], teachable: list[str]) -> list[str]:
    """Prerequisites of nothing but what can't be taught are not studied."""
    useful: set[str] = set()
    for skill in reversed(teachable):
        need = needs[skill]
        if need.goal or skill in useful:
            useful |= {skill, *need.before}
    return [skill for skill in teachable if skill in useful]


def _offer(
    option: ResourceOption, needs: Mapping[str, Need], index: Mapping[str, int], minutes_done: int
) -> Offer | None:
    """The resource as an offer: it counts for the step at which it brings most; None where it brings nothing needed."""
    steps: dict[int, list[tuple[int, int]]] = {}
    for skill, gain in option.gains.items():
        if skill in index and units(gain) > 0:
            steps.setdefault(needs[skill].step, []).append((index[skill], units(gain)))
    if not steps:
        return None
    names = list(index)

    def useful(step: int) -> int:
        return sum(min(gain, needs[names[skill]].missing) for skill, gain in steps[step])

    gains = tuple(sorted(steps[min(steps, key=lambda step: (-useful(step), step))]))
    minutes = max(1, option.minutes - minutes_done)
    fit = _level_fit(option, [needs[names[skill]] for skill, _ in gains])
    rating = UNRATED if option.rating is None else min(5.0, max(0.0, option.rating))
    weight = 1 + LEVEL_PENALTY * 2 * (1 - fit) + RATING_WEIGHT * (UNRATED - rating)
    return Offer(option=option, minutes=minutes, effort=minutes * weight, level_fit=fit, gains=gains)


def _level_fit(option: ResourceOption, needs: list[Need]) -> float:
    """1 where the level suits what the learner knows (a third of mastery for each level), 0 where it's two levels off."""
    known = sum(need.have for need in needs) / len(needs) / UNIT
    return round(1 - abs(option.level - min(2, int(known * 3))) / 2, 3)


def narrowed(problem: Problem, resources: Iterable[str]) -> Problem:
    """The same problem with these resources alone."""
    wanted = frozenset(resources)
    teaching = tuple(
        tuple(number for number in numbers if problem.offers[number].option.id in wanted)
        for numbers in problem.teaching
    )
    return replace(problem, teaching=teaching)
