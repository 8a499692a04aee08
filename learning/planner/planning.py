"""From a request to a plan."""

from __future__ import annotations

from collections.abc import Sequence

from learning.planner.capacity import capacity_of
from learning.planner.choosing import chosen, chosen_again
from learning.planner.demand import Time, charged_reviews, minutes_to_learn
from learning.planner.items import items_of
from learning.planner.keeping import before_of, kept_of
from learning.planner.layout import Fill, Layout, Review, lay_out
from learning.planner.needs import needs_of
from learning.planner.problem import Problem, problem_of
from learning.planner.rules import SLACK, UNIT
from learning.planner.selection import Selection
from learning.planner.staying import stay
from learning.planner.types import KeptItem, PlanOutcome, PlanRequest
from learning.planner.verdicts import verdict_of
from learning.planner.works import Group, Work, ending_milestones, kept_groups, works_of

FILLS = (Fill(1 - SLACK), Fill(1 - SLACK / 2), Fill(1), Fill(1, any_part=True))
ROUNDS = 8


def plan(request: PlanRequest) -> PlanOutcome:
    """The plan for a request, and with ``kept`` the plan that goes on from the version before. Pure: the same request
    always gives the same plan. Raises nothing for a goal that can't be reached: the verdict says so."""
    needs = needs_of(request)
    problem = problem_of(request, needs)
    capacity, reviews = capacity_of(request), charged_reviews(request, needs)
    ending, groups = ending_milestones(request, problem, minutes_to_learn(capacity.minutes, reviews))
    time = Time(capacity, reviews, ending)
    whole, selection = chosen(problem, time.learning)
    going_on = {
        item.resource: frozenset(item.skills) for item in request.kept if item.state == "planned" and item.resource
    }
    if going_on:
        selection = chosen_again(problem, time.learning, going_on, whole, selection)
    works, layout = _arranged(request, problem, selection, time, groups)
    items, milestones = items_of(request, problem, works, layout)
    return PlanOutcome(
        items=items,
        milestones=milestones,
        verdict=verdict_of(request, problem, whole, selection, time),
        gap=sum(need.goal for need in needs.values()) / UNIT,
        gain=selection.gain / UNIT,
        unreached=_unreached(problem, selection),
    )


def _arranged(
    request: PlanRequest, problem: Problem, selection: Selection, time: Time, groups: list[Group]
) -> tuple[list[Work], Layout]:
    """Works and their layout. It is gone on from until that changes nothing: then doing so once more doesn't either."""
    kept: list[KeptItem] = [item for item in request.kept if item.state == "planned"]
    works = works_of(problem, selection, groups)
    layout = _laid_out(problem, works, time, kept)
    for _ in range(ROUNDS):
        again = kept_of(problem, layout)
        if again == kept:
            break
        kept = again
        works = works_of(problem, selection, kept_groups(problem, kept, request.kept))
        layout = _laid_out(problem, works, time, kept)
    return works, layout


def _laid_out(problem: Problem, works: Sequence[Work], time: Time, kept: list[KeptItem]) -> Layout:
    studied = {skill for work in works if work.kind == "study" for skill in work.skills}
    reviews = _due_reviews(time, studied)
    if kept:
        layout = stay(problem, works, reviews, time.capacity, before_of(problem, works, kept))
        if layout is not None:
            return layout
    for fill in FILLS:
        layout = lay_out(works, reviews, time.capacity, fill)
        if layout is not None:
            return layout
    raise AssertionError("works that take no more minutes than there are always fit")


def _due_reviews(time: Time, studied: set[str]) -> list[Review]:
    """Those that are charged, but not of skills that are studied anew: these are looked at after that."""
    left = time.capacity.minutes - minutes_to_learn(time.capacity.minutes, time.reviews)
    found = []
    for review in time.reviews:
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
