"""What a selection comes to: things to study, projects and checks in their order, and milestones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
from learning.planner.types import ItemKind, KeptItem, PlanRequest

MILESTONE_KINDS: tuple[ItemKind, ItemKind] = ("project", "check")


@dataclass(frozen=True, slots=True)
class Work:
    """Something to do, in one part or several. ``rank`` is its place in the order of all works, ``milestone`` the index
    of its milestone, ``offer`` the number of the offer that is studied, ``skills`` ids."""

    rank: int
    kind: ItemKind
    minutes: int
    skills: tuple[str, ...]
    milestone: int
    offer: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """The skills of a milestone, and what ends it: less than a project and a check where one of them is settled.

    ``over`` are those of the skills that are studied to the end already.
    """

    skills: tuple[str, ...]
    kinds: tuple[ItemKind, ...] = MILESTONE_KINDS
    over: tuple[str, ...] = ()


def works_of(problem: Problem, selection: Selection, kept: Sequence[Group] = ()) -> list[Work]:
    """All works in an order that breaks no prerequisite; each milestone ends with its project and its check.

    Skills stay with the milestone that they had in the plan before (``kept``), where that breaks no prerequisite.
    """
    order = _order_of_skills(problem, selection)
    groups = _groups_again(problem, order, kept)
    if groups is not None:
        works = _works(problem, selection, order, groups)
        if _in_order(problem, works):
            return works
    settled = [Group(group.over, group.kinds, group.over) for group in kept if group.over]
    return _works(problem, selection, order, [*settled, *_fresh_groups(problem, selection, order)])


def kept_groups(problem: Problem, planned: Iterable[KeptItem], settled: Iterable[KeptItem]) -> list[Group]:
    """The milestones of the plan before that are not over, by the date of their end."""
    needed = {need.skill for need in problem.needs}
    done = {skill for item in settled if item.kind == "study" and item.state == "done" for skill in item.skills}
    found: dict[tuple[str, ...], list[KeptItem]] = {}
    for item in planned:
        if item.kind in MILESTONE_KINDS and item.state == "planned" and item.skills:
            found.setdefault(tuple(sorted(item.skills)), []).append(item)
    groups: list[Group] = []
    seen: set[str] = set()
    for names in sorted(found, key=lambda names: (max(item.date for item in found[names]), names)):
        if not seen & set(names):
            seen.update(names)
            kinds = {item.kind for item in found[names]}
            skills = found[names][0].skills
            over = tuple(skill for skill in skills if skill in done and skill not in needed)
            groups.append(Group(skills, tuple(kind for kind in MILESTONE_KINDS if kind in kinds), over))
    return groups


def ending_milestones(request: PlanRequest, problem: Problem, minutes: int) -> tuple[int, list[Group]]:
    """The milestones of the plan before, and what they ask for skills that aren't studied any more: that of others is part
    of their price. They end without their project and check where there isn't time for these."""
    groups = kept_groups(problem, request.kept, request.kept)
    ending = sum(len(group.over) for group in groups) * (PROJECT_MINUTES + CHECK_MINUTES)
    return (ending, groups) if ending <= minutes else (0, [])


def _works(problem: Problem, selection: Selection, order: Sequence[int], groups: Sequence[Group]) -> list[Work]:
    place = {problem.needs[skill].skill: number for number, skill in enumerate(order)}
    milestone_of = {skill: number for number, group in enumerate(groups) for skill in group.skills}
    studies: list[list[tuple[tuple[int, int, int, str], int, tuple[str, ...]]]] = [[] for _ in groups]
    for number in selection.numbers:
        offer = problem.offers[number]
        skills = tuple(problem.needs[skill].skill for skill, _ in offer.gains)
        first = min(skills, key=lambda skill: (milestone_of[skill], place[skill]))
        # Of one skill the easier first, then the shorter.
        key = place[first], offer.option.level, offer.minutes, offer.option.id
        studies[milestone_of[first]].append((key, number, skills))
    works: list[Work] = []
    for milestone, group in enumerate(groups):
        for _, number, skills in sorted(studies[milestone]):
            works.append(Work(len(works), "study", problem.offers[number].minutes, skills, milestone, number))
        lengths = {
            "project": min(LONGEST_PROJECT, PROJECT_MINUTES * len(group.skills)),
            "check": min(LONGEST_CHECK, CHECK_MINUTES * len(group.skills)),
        }
        for kind in group.kinds:
            works.append(Work(len(works), kind, lengths[kind], group.skills, milestone))
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


def _groups_again(problem: Problem, order: Sequence[int], kept: Sequence[Group]) -> list[Group] | None:
    """The kept milestones; skills that are new go to the first one that reaches as far. None where there are none."""
    if not kept:
        return None
    steps = {problem.needs[skill].skill: problem.needs[skill].step for skill in order}
    members = [[skill for skill in group.skills if skill in steps or skill in group.over] for group in kept]
    grouped = {skill for skills in members for skill in skills}
    reach = [max((steps.get(skill, -1) for skill in skills), default=-1) for skills in members]
    whole = [number for number, group in enumerate(kept) if group.kinds == MILESTONE_KINDS and members[number]]
    for skill, step in steps.items():
        if skill not in grouped:
            if not whole:
                return None
            members[next((one for one in whole if reach[one] >= step), whole[-1])].append(skill)
    return [Group(tuple(skills), group.kinds) for skills, group in zip(members, kept, strict=True) if skills]


def _in_order(problem: Problem, works: Sequence[Work]) -> bool:
    last = {skill: work.rank for work in works if work.kind == "study" for skill in work.skills}
    after: Mapping[str, frozenset[str]] = {need.skill: need.after for need in problem.needs}
    return all(
        last.get(earlier, -1) < work.rank
        for work in works
        if work.kind == "study"
        for skill in work.skills
        for earlier in after[skill]
    )


def _fresh_groups(problem: Problem, selection: Selection, order: Sequence[int]) -> list[Group]:
    """The skills in two to five groups of about the same time, ending with a step of the order where one is near."""
    if not order:
        return []
    count = max(min(2, len(order)), min(MOST_MILESTONES, round(len(order) / SKILLS_PER_MILESTONE)))
    place = {skill: number for number, skill in enumerate(order)}
    minutes = dict.fromkeys(order, 0)
    for number in selection.numbers:
        minutes[min((skill for skill, _ in problem.offers[number].gains), key=place.__getitem__)] += problem.offers[
            number
        ].minutes
    groups: list[list[int]] = [[]]
    done, total = 0, sum(minutes.values())
    for number, skill in enumerate(order):
        new_step = number > 0 and problem.needs[skill].step != problem.needs[order[number - 1]].step
        full = done >= total * (len(groups) - (0.35 if new_step else 0)) / count
        if groups[-1] and len(groups) < count and (full or len(order) - number <= count - len(groups)):
            groups.append([])
        groups[-1].append(skill)
        done += minutes[skill]
    return [Group(tuple(problem.needs[skill].skill for skill in group)) for group in groups]
