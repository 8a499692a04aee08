"""Needs and offers as one problem over small numbers: what is to be chosen from, and what nothing teaches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from learning.planner.needs import Need
from learning.planner.offers import Counted, Offer, counted_gains, minutes_done, most_useful, offer_of, usable_options
from learning.planner.types import PlanRequest


@dataclass(frozen=True, slots=True)
class Problem:
    """``needs`` are the needed skills that can be taught, prerequisites first; ``before`` the needed ones before each.

    ``teaching`` lists for each skill its offers by number, with what they bring, ``rivals`` for each offer
    those of its resource as bits, itself included, and ``alternatives`` for each skill how many resources
    count for it in all. ``unlock`` is what must be gained of a skill before others that build on it are studied,
    ``locks`` the same for each offer: (skill, what must be gained of it).
    ``untaught`` are the targets that all offers together don't close, with what remains; ``blocked`` the skills that
    nothing teaches at all.
    """

    needs: tuple[Need, ...]
    offers: tuple[Offer, ...]
    before: tuple[tuple[int, ...], ...]
    teaching: tuple[tuple[tuple[int, int], ...], ...]
    rivals: tuple[int, ...]
    alternatives: tuple[int, ...]
    unlock: tuple[int, ...]
    locks: tuple[tuple[tuple[int, int], ...], ...]
    goal: tuple[int, ...]
    untaught: Mapping[str, int]
    blocked: tuple[str, ...]


def problem_of(request: PlanRequest, needs: Mapping[str, Need], *, every_offer: bool = False) -> Problem:
    """What is to be solved. ``every_offer`` keeps also the resources that can hardly be chosen."""
    options = usable_options(request, needs)
    counted = counted_gains(options, needs)
    taught = {skill for ways in counted.values() for gains in ways for skill in gains}
    blocked = tuple(skill for skill in needs if skill not in taught)
    teachable = _teachable(needs, taught)
    counted = _restricted(counted, teachable)
    index = {skill: number for number, skill in enumerate(teachable)}
    kept = {item.resource for item in request.kept if item.state == "planned" and item.resource}
    chosen = counted.keys() if every_offer else most_useful(counted, options, needs, kept)
    done = minutes_done(request.kept)
    offers = []
    for identity in sorted(chosen):
        for gains in counted[identity]:
            have = sum(needs[skill].have for skill in gains) // len(gains)
            offers.append(offer_of(options[identity], gains, index, have, done.get(identity, 0)))
    return _settled(needs, [needs[skill] for skill in teachable], offers, counted, blocked)


def _settled(
    needs: Mapping[str, Need], chosen: list[Need], offers: list[Offer], counted: Counted, blocked: tuple[str, ...]
) -> Problem:
    index = {need.skill: number for number, need in enumerate(chosen)}
    teaching: list[list[tuple[int, int]]] = [[] for _ in chosen]
    for number, offer in enumerate(offers):
        for skill, brings in offer.gains:
            teaching[skill].append((number, brings))
    alternatives = [0] * len(chosen)
    supply = [0] * len(chosen)
    for name, brings in (one for ways in counted.values() for gains in ways for one in gains.items()):
        alternatives[index[name]] += 1
        supply[index[name]] += brings
    rivals: dict[str, int] = {}
    for number, offer in enumerate(offers):
        rivals[offer.option.id] = rivals.get(offer.option.id, 0) | 1 << number
    untaught = {name: need.goal for name, need in needs.items() if need.goal and name not in index}
    for number, need in enumerate(chosen):
        if supply[number] < need.goal:
            untaught[need.skill] = need.goal - supply[number]
    before = tuple(tuple(sorted(index[name] for name in need.before if name in index)) for need in chosen)
    # A prerequisite that can't be taught as far as asked is taught as far as it goes.
    unlock = tuple(min(need.unlock, supply[number]) for number, need in enumerate(chosen))
    return Problem(
        needs=tuple(chosen),
        offers=tuple(offers),
        before=before,
        teaching=tuple(tuple(numbers) for numbers in teaching),
        rivals=tuple(rivals[offer.option.id] for offer in offers),
        alternatives=tuple(alternatives),
        unlock=unlock,
        locks=tuple(_locks(offer, before, unlock) for offer in offers),
        goal=tuple(need.goal for need in chosen),
        untaught=untaught,
        blocked=blocked,
    )


def _locks(offer: Offer, before: tuple[tuple[int, ...], ...], unlock: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    earlier = {one for skill, _ in offer.gains for one in before[skill] if unlock[one]}
    return tuple((skill, unlock[skill]) for skill in sorted(earlier))


def _teachable(needs: Mapping[str, Need], taught: set[str]) -> list[str]:
    """The skills that can be studied, since nothing that is missing before them can't, and that lead to a target."""
    reached: dict[str, None] = {}
    for skill, need in needs.items():
        locked = any(needs[name].unlock and name not in reached for name in need.before)
        if skill in taught and not locked:
            reached[skill] = None
    useful: set[str] = set()
    for skill in reversed(reached):
        if needs[skill].goal or skill in useful:
            useful |= {skill, *(name for name in needs[skill].before if needs[name].unlock)}
    return [skill for skill in reached if skill in useful]


def _restricted(counted: Counted, teachable: list[str]) -> Counted:
    wanted = frozenset(teachable)
    restricted = {
        identity: [
            {skill: gain for skill, gain in gains.items() if skill in wanted}
            for gains in ways
            if not wanted.isdisjoint(gains)
        ]
        for identity, ways in counted.items()
    }
    return {identity: ways for identity, ways in restricted.items() if ways}
