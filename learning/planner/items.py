"""A layout as the items and milestones of a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from learning.planner.layout import Layout, Piece, PlacedReview
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
    explanations = explanations_of(problem, works)
    placed = [_settled(item) for item in request.kept if item.state != "planned"]
    parts: dict[int, list[Piece]] = {}
    for piece in layout.pieces:
        parts.setdefault(piece.work.rank, []).append(piece)
    earlier = _parts_done(request)
    for pieces in parts.values():
        placed += _items_of_work(problem, pieces, explanations[pieces[0].work.rank], earlier)
    placed += [_review(request, one) for one in layout.reviews]
    return _in_order(placed), _milestones(problem, works, parts)


def _items_of_work(
    problem: Problem, pieces: list[Piece], explanation: Explanation, earlier: dict[str, int]
) -> list[_Placed]:
    work = pieces[0].work
    offer = problem.offers[work.offer] if work.offer is not None else None
    done = earlier.get(offer.option.id, 0) if offer else 0
    found = []
    for number, piece in enumerate(pieces, start=1):
        gains = {}
        for skill, gain in offer.gains if offer else ():
            before = sum(one.minutes for one in pieces[: number - 1])
            share = gain * (before + piece.minutes) // work.minutes - gain * before // work.minutes
            gains[problem.needs[skill].skill] = round(share / UNIT, 6)
        item = PlannedItem(
            date=piece.date,
            position=0,
            minutes=piece.minutes,
            kind=work.kind,
            title=_title(problem, work),
            reason=explanation.reason,
            basis=explanation.basis,
            skills=tuple(problem.needs[skill].skill for skill in work.skills),
            resource=offer.option.id if offer else None,
            gains=gains,
            part=done + number,
            parts=done + len(pieces),
            milestone=work.milestone,
        )
        found.append(_Placed((2, work.rank, number, ""), item))
    return found


def _title(problem: Problem, work: Work) -> str:
    if work.offer is not None:
        return problem.offers[work.offer].option.title[:LONGEST_TITLE]
    return shortened(f"{work.kind.title()}: {listed([problem.needs[skill].name for skill in work.skills])}")


def shortened(text: str) -> str:
    """At most as long as a title may be."""
    return text if len(text) <= LONGEST_TITLE else text[: LONGEST_TITLE - 1] + "…"


def _review(request: PlanRequest, placed: PlacedReview) -> _Placed:
    review = placed.review
    name = request.skills[review.skill].name if review.skill in request.skills else review.skill
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
    from dataclasses import replace

    positions: dict[date, int] = {}
    items = []
    for one in sorted(placed, key=lambda one: (one.item.date, one.order)):
        position = positions.get(one.item.date, 0)
        positions[one.item.date] = position + 1
        items.append(replace(one.item, position=position))
    return items


def _milestones(problem: Problem, works: Sequence[Work], parts: dict[int, list[Piece]]) -> list[PlannedMilestone]:
    return [
        PlannedMilestone(
            title=shortened(listed([problem.needs[skill].name for skill in work.skills])),
            due_on=parts[work.rank][-1].date,
            skills=tuple(problem.needs[skill].skill for skill in work.skills),
        )
        for work in works
        if work.kind == "check"
    ]
