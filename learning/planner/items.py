"""A layout as the items and milestones of a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import zip_longest

from learning.planner.keeping import before_of
from learning.planner.layout import Layout, Piece, PlacedReview
from learning.planner.needs import name_of
from learning.planner.problem import Problem
from learning.planner.reasons import Explanation, explanations_of, listed, review_explanation
from learning.planner.rules import UNIT
from learning.planner.types import KeptItem, PlannedItem, PlannedMilestone, PlanRequest
from learning.planner.works import Work

LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True)
class _Placed:
    """An item without its position; ``order`` sorts those of a day."""

    order: tuple[int, int, int, str]
    item: PlannedItem


def items_of(
    request: PlanRequest, problem: Problem, works: Sequence[Work], layout: Layout
) -> tuple[list[PlannedItem], list[PlannedMilestone]]:
    """Items in their order, settled ones of the version before included, and milestones."""
    explanations = explanations_of(request, problem, works)
    before = before_of(problem, works, request.kept)
    placed = [_settled(item) for item in request.kept if item.state != "planned"]
    parts: dict[int, list[Piece]] = {}
    for piece in layout.pieces:
        parts.setdefault(piece.work.rank, []).append(piece)
    done = _parts_done(request)
    for rank, pieces in parts.items():
        offer = pieces[0].work.offer
        first = done.get(problem.offers[offer].option.id, 0) if offer is not None else 0
        placed += _items_of_work(request, problem, pieces, explanations[rank], before.pieces[rank], first)
    reviews: dict[str, list[PlacedReview]] = {}
    for one in sorted(layout.reviews, key=lambda one: one.date):
        reviews.setdefault(one.review.skill, []).append(one)
    for skill, again in reviews.items():
        uids = [item.uid for item in before.reviews.get(skill, [])]
        placed += [_review(request, one, uid) for one, uid in zip_longest(again, uids[: len(again)])]
    return _in_order(placed), _milestones(request, works, parts)


def _items_of_work(
    request: PlanRequest,
    problem: Problem,
    pieces: list[Piece],
    explanation: Explanation,
    kept: list[KeptItem],
    first: int,
) -> list[_Placed]:
    """The parts of a work. They have the numbers that they had if there are as many as before."""
    work = pieces[0].work
    offer = problem.offers[work.offer] if work.offer is not None else None
    same = len(kept) == len(pieces)
    found = []
    before = 0
    for number, piece in enumerate(pieces):
        gains = {}
        for skill, gain in offer.gains if offer else ():
            share = gain * (before + piece.minutes) // work.minutes - gain * before // work.minutes
            gains[problem.needs[skill].skill] = round(share / UNIT, 6)
        before += piece.minutes
        item = PlannedItem(
            date=piece.date,
            position=0,
            minutes=piece.minutes,
            kind=work.kind,
            title=_title(request, problem, work),
            reason=explanation.reason,
            basis=explanation.basis,
            skills=work.skills,
            uid=kept[number].uid if number < len(kept) else None,
            resource=offer.option.id if offer else None,
            gains=gains,
            part=kept[number].part if same else first + number + 1,
            parts=kept[number].parts if same else first + len(pieces),
            milestone=work.milestone,
        )
        found.append(_Placed((2, work.rank, number, ""), item))
    return found


def _title(request: PlanRequest, problem: Problem, work: Work) -> str:
    if work.offer is not None:
        return problem.offers[work.offer].option.title[:LONGEST_TITLE]
    return shortened(f"{work.kind.title()}: {listed([name_of(request.skills, skill) for skill in work.skills])}")


def shortened(text: str) -> str:
    """At most as long as a title may be."""
    return text if len(text) <= LONGEST_TITLE else text[: LONGEST_TITLE - 1] + "…"


def _review(request: PlanRequest, placed: PlacedReview, uid: str | None) -> _Placed:
    review = placed.review
    name = name_of(request.skills, review.skill)
    explanation = review_explanation(review, name)
    item = PlannedItem(
        date=placed.date,
        position=0,
        minutes=review.minutes,
        kind="review",
        title=shortened(f"Review: {name}"),
        reason=explanation.reason,
        basis=explanation.basis,
        skills=(review.skill,),
        uid=uid,
    )
    return _Placed((1, 0, 0, review.skill), item)


def _settled(kept: KeptItem) -> _Placed:
    item = PlannedItem(
        date=kept.date,
        position=0,
        minutes=kept.minutes,
        kind=kept.kind,
        title=kept.title,
        reason="",
        skills=kept.skills,
        uid=kept.uid,
        state=kept.state,
        resource=kept.resource,
        gains=kept.gains,
        part=kept.part,
        parts=kept.parts,
    )
    return _Placed((0, kept.part, 0, kept.uid), item)


def _parts_done(request: PlanRequest) -> dict[str, int]:
    done: dict[str, int] = {}
    for item in request.kept:
        if item.state == "done" and item.resource:
            done[item.resource] = max(item.part, done.get(item.resource, 0))
    return done


def _in_order(placed: list[_Placed]) -> list[PlannedItem]:
    positions: dict[date, int] = {}
    items = []
    for one in sorted(placed, key=lambda one: (one.item.date, one.order)):
        position = positions.get(one.item.date, 0)
        positions[one.item.date] = position + 1
        items.append(replace(one.item, position=position))
    return items


def _milestones(
    request: PlanRequest, works: Sequence[Work], parts: Mapping[int, list[Piece]]
) -> list[PlannedMilestone]:
    last = {work.milestone: work for work in works}
    return [
        PlannedMilestone(
            title=shortened(listed([name_of(request.skills, skill) for skill in work.skills])),
            due_on=parts[work.rank][-1].date,
            skills=work.skills,
        )
        for _, work in sorted(last.items())
    ]
