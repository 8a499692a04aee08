"""What a selection comes to: things to study, projects and checks in their order, and milestones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from learning.planner.problem import Problem
from learning.planner.rules import (
    CHECK_MINUTES,
    LONGEST_CHECK,
    LONGEST_PROJECT,
    MOST_MILESTONES,
    PROJECT_MINUTES,
    SKILLS_PER_MILESTONE,
)
from learning.planner.selection import Selection
from learning.planner.types import ItemKind


@dataclass(frozen=True, slots=True)
class Work:
    """Something to do, in one part or several. ``rank`` is its place in the order of all works, ``step`` that of its
    skills; ``offer`` the number of the offer that is studied. ``skills`` are indices of needs."""

    rank: int
    kind: ItemKind
    minutes: int
    skills: tuple[int, ...]
    step: int
    milestone: int
    offer: int | None = None


def works_of(problem: Problem, selection: Selection) -> list[Work]:
    """All works in an order that breaks no prerequisite; each milestone ends with its project and its check."""
    order = _order_of_skills(problem, selection)
    place = {skill: number for number, skill in enumerate(order)}
    offers = sorted(selection.chosen, key=lambda number: _place_of(problem, number, place))
    groups = _groups(problem, order, offers, place)
    works: list[Work] = []
    for milestone, group in enumerate(groups):
        for number in offers:
            offer = problem.offers[number]
            if min((skill for skill, _ in offer.gains), key=place.__getitem__) in group:
                skills = tuple(skill for skill, _ in offer.gains)
                step = problem.needs[skills[0]].step
                works.append(Work(len(works), "study", offer.minutes, skills, step, milestone, number))
        step = max(problem.needs[skill].step for skill in group)
        project = min(LONGEST_PROJECT, PROJECT_MINUTES * len(group))
        check = min(LONGEST_CHECK, CHECK_MINUTES * len(group))
        works.append(Work(len(works), "project", project, tuple(group), step, milestone))
        works.append(Work(len(works), "check", check, tuple(group), step, milestone))
    return works


def _order_of_skills(problem: Problem, selection: Selection) -> list[int]:
    """Step by step; within one, first what most of the plan builds on, then what misses most."""
    studied = [skill for skill, gained in enumerate(selection.gained) if gained]
    dependents = [0] * len(problem.needs)
    for skill in studied:
        for earlier in problem.before[skill]:
            dependents[earlier] += 1

    def key(skill: int) -> tuple[int, int, int, str, str]:
        need = problem.needs[skill]
        return need.step, -dependents[skill], -need.missing, need.name, need.skill

    return sorted(studied, key=key)


def _place_of(problem: Problem, number: int, place: dict[int, int]) -> tuple[int, int, float, str]:
    """Offers of one skill: the easier first, then the shorter."""
    offer = problem.offers[number]
    return min(place[skill] for skill, _ in offer.gains), offer.option.level, offer.minutes, offer.option.id


def _groups(problem: Problem, order: Sequence[int], offers: Sequence[int], place: dict[int, int]) -> list[list[int]]:
    """The skills in two to five groups of about the same time; one step is split only where there are too few steps."""
    if not order:
        return []
    count = max(min(2, len(order)), min(MOST_MILESTONES, round(len(order) / SKILLS_PER_MILESTONE)))
    minutes = dict.fromkeys(order, 0)
    for number in offers:
        first = min((skill for skill, _ in problem.offers[number].gains), key=place.__getitem__)
        minutes[first] += problem.offers[number].minutes
    groups: list[list[int]] = [[]]
    done, total = 0, sum(minutes.values())
    for number, skill in enumerate(order):
        remaining = len(order) - number
        full = done >= total * len(groups) / count
        new_step = number > 0 and problem.needs[skill].step != problem.needs[order[number - 1]].step
        near = done >= total * (len(groups) - 0.35) / count
        if groups[-1] and len(groups) < count and (full or (new_step and near) or remaining <= count - len(groups)):
            groups.append([])
        groups[-1].append(skill)
        done += minutes[skill]
    return groups
