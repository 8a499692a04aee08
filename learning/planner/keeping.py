"""The plan before, as far as it goes on: which planned items belong to which work or review."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from datetime import date

from learning.planner.layout import Layout
from learning.planner.problem import Problem
from learning.planner.types import KeptItem, PlanRequest, ReviewDue
from learning.planner.works import Work


@dataclass(frozen=True, slots=True)
class Before:
    """The planned items of the plan before: ``pieces`` by the rank of their work, ``reviews`` by skill, each by date."""

    pieces: dict[int, list[KeptItem]] = field(default_factory=dict)
    reviews: dict[str, list[KeptItem]] = field(default_factory=dict)

    def fitting_pieces(self, work: Work) -> list[KeptItem]:
        """The pieces of a work, if they still come to what it takes."""
        pieces = self.pieces.get(work.rank, [])
        return pieces if sum(piece.minutes for piece in pieces) == work.minutes else []


def before_of(problem: Problem, works: Iterable[Work], kept: Iterable[KeptItem]) -> Before:
    """What of the kept items goes on in these works."""
    by_resource: dict[str, list[KeptItem]] = {}
    by_skills: dict[tuple[str, frozenset[str]], list[KeptItem]] = {}
    reviews: dict[str, list[KeptItem]] = {}
    for item in sorted(kept, key=lambda item: (item.part, item.date, item.uid)):
        if item.state != "planned":
            continue
        if item.kind == "review":
            for skill in item.skills[:1]:
                reviews.setdefault(skill, []).append(item)
        elif item.kind == "study" and item.resource:
            by_resource.setdefault(item.resource, []).append(item)
        else:
            by_skills.setdefault((item.kind, frozenset(item.skills)), []).append(item)
    pieces = {}
    for work in works:
        if work.offer is not None:
            pieces[work.rank] = by_resource.get(problem.offers[work.offer].option.id, [])
        else:
            pieces[work.rank] = by_skills.get((work.kind, frozenset(work.skills)), [])
    for items in reviews.values():
        items.sort(key=lambda item: (item.date, item.uid))
    return Before(pieces, reviews)


def kept_reviews(request: PlanRequest, needed: Container[str]) -> list[ReviewDue]:
    """Planned reviews that go on: those of skills whose study is over, but for the one that the request's own review of the
    skill stands for, and those that would come before it; and none of a dropped skill that was never studied."""
    unfinished = {skill for item in request.kept if item.kind == "study" and _planned(item) for skill in item.skills}
    due = {review.skill: review.due_on for review in request.reviews}
    studied = {skill for item in request.kept if item.kind == "study" and item.state == "done" for skill in item.skills}
    found: list[ReviewDue] = []
    for item in sorted(request.kept, key=lambda item: (item.date, item.uid)):
        if (
            item.kind != "review"
            or not _planned(item)
            or not item.skills
            or item.skills[0] in needed
            or item.skills[0] in unfinished
            or (item.skills[0] in request.dropped and item.skills[0] not in studied | due.keys())
        ):
            continue
        skill = item.skills[0]
        if skill not in due or (item.date > due[skill] and skill in {one.skill for one in found}):
            found.append(ReviewDue(skill, item.date, item.minutes))
        elif item.date >= due[skill]:
            found.append(ReviewDue(skill, date.max, item.minutes))
    return [review for review in found if review.due_on != date.max]


def _planned(item: KeptItem) -> bool:
    return item.state == "planned"


def kept_of(problem: Problem, layout: Layout) -> list[KeptItem]:
    """A layout as the items of a plan before."""
    found = []
    for number, piece in enumerate(layout.pieces):
        work = piece.work
        resource = problem.offers[work.offer].option.id if work.offer is not None else None
        found.append(
            KeptItem("", piece.date, piece.minutes, work.kind, "", resource=resource, skills=work.skills, part=number)
        )
    for placed in layout.reviews:
        review = placed.review
        found.append(KeptItem("", placed.date, review.minutes, "review", "", skills=(review.skill,)))
    return found
