"""From a request to a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from learning.planner.capacity import Capacity, capacity_of
from learning.planner.demand import charged_reviews, minutes_to_learn
from learning.planner.items import items_of
from learning.planner.layout import Fill, Layout, Review, lay_out
from learning.planner.needs import needs_of
from learning.planner.problem import Problem, problem_of
from learning.planner.rules import SLACK, UNIT
from learning.planner.selection import Selection, greedy_chain
from learning.planner.types import PlannedItem, PlanOutcome, PlanRequest
from learning.planner.verdicts import verdict_of
from learning.planner.works import Work, works_of

FILLS = (Fill(1 - SLACK), Fill(1 - SLACK / 2), Fill(1), Fill(1, any_part=True))


def plan(request: PlanRequest) -> PlanOutcome:
    """The plan for a request, and with ``kept`` the plan that goes on from the version before. Pure: the same request
    always gives the same plan. Raises nothing for a goal that can't be reached: the verdict says so."""
    needs = needs_of(request)
    problem = problem_of(request, needs)
    capacity = capacity_of(request)
    reviews = charged_reviews(request)
    minutes = minutes_to_learn(capacity.minutes, reviews)
    chain = greedy_chain(problem)
    fitting = [selection for selection in chain if selection.minutes <= minutes]
    selection = max(fitting, key=lambda one: (one.gain, -one.minutes))
    works = works_of(problem, selection)
    layout = _laid_out(request, problem, works, capacity)
    items, milestones = items_of(request, problem, works, layout)
    return PlanOutcome(
        items=_with_uids(request, items),
        milestones=milestones,
        verdict=verdict_of(request, problem, chain[-1], chain[-1].minutes <= minutes, capacity),
        gap=sum(need.goal for need in needs.values()) / UNIT,
        gain=selection.gain / UNIT,
        unreached=_unreached(problem, selection),
    )


def _laid_out(request: PlanRequest, problem: Problem, works: Sequence[Work], capacity: Capacity) -> Layout:
    names = {number: need.skill for number, need in enumerate(problem.needs)}
    studied = {names[skill] for work in works for skill in work.skills}
    reviews = _due_reviews(request, capacity, studied)
    for fill in FILLS:
        layout = lay_out(works, reviews, capacity, names, fill)
        if layout is not None:
            return layout
    raise AssertionError("works that fit the minutes can't be laid out")


def _due_reviews(request: PlanRequest, capacity: Capacity, studied: set[str]) -> list[Review]:
    """Those that are charged, but not of skills that are studied anew: these are looked at after that."""
    charged = charged_reviews(request)
    left = capacity.minutes - minutes_to_learn(capacity.minutes, charged)
    found = []
    for review in charged:
        if review.skill not in studied and review.minutes <= left:
            left -= review.minutes
            found.append(Review(review.due_on, review.skill, 0, review.minutes))
    return found


def _unreached(problem: Problem, selection: Selection) -> dict[str, float]:
    unreached = dict(problem.untaught)
    for skill, need in enumerate(problem.needs):
        missing = problem.goal[skill] - selection.gained[skill]
        if missing > 0:
            unreached[need.skill] = missing
    return {skill: missing / UNIT for skill, missing in sorted(unreached.items())}


def _with_uids(request: PlanRequest, items: list[PlannedItem]) -> list[PlannedItem]:
    """Items go on from the kept ones that they repeat."""
    kept: dict[tuple[object, ...], list[str]] = {}
    for item in sorted(request.kept, key=lambda item: (item.date, item.uid)):
        if item.state == "planned":
            kept.setdefault(_likeness(item), []).append(item.uid)
    found = []
    for one in items:
        uids = kept.get(_likeness(one), []) if one.uid is None else []
        found.append(replace(one, uid=uids.pop(0)) if uids else one)
    return found


def _likeness(item: object) -> tuple[object, ...]:
    kind = item.kind  # type: ignore[attr-defined]
    part = item.part if kind != "review" else 0  # type: ignore[attr-defined]
    return kind, item.resource, item.skills if kind != "study" else (), part  # type: ignore[attr-defined]
