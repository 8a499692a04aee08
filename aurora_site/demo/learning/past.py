"""What the demo's learners did in the months before their plans: what they said they knew, and what they finished."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from uuid import UUID, uuid5

from aurora_site.demo.learning.people import Person
from aurora_site.demo.learning.shelf import Shelf
from learning.models import EvidenceKind, Learner
from learning.services.observing import Finished, Seen
from learning.services.reviews import STUDIED, Told, cards_restore

SOURCE = "demo"
DAYS_BETWEEN = (5, 11)
CARDS = 4
INTERVALS = (3, 9, 24, 60)


def chance_of(name: str) -> Random:
    """The same chance at every start."""
    return Random(f"quaywick {name}")  # noqa: S311 no secret


def assessment(learner: Learner, person: Person, shelf: Shelf, at: datetime) -> list[Seen]:
    """What the learner said at the start: the basics well, what follows a little, the rest not at all."""
    chance, path = chance_of(person.name), shelf.path(person.role)
    sure = round(len(path) * person.known)
    levels = {skill: chance.uniform(0.62, 0.92) for skill in path[:sure]}
    levels |= {skill: chance.uniform(0.1, 0.35) for skill in path[sure : sure + 4]}
    return [
        Seen(
            learner_id=learner.pk, skill_id=skill, kind=EvidenceKind.SELF_ASSESSMENT, value=round(level, 2), at=at,
            source="the learner", identity=f"{SOURCE}:assessment",
        )
        for skill, level in levels.items()
    ]  # fmt: skip


def finished_before(
    learner: Learner, person: Person, shelf: Shelf, begins: datetime, ends: datetime
) -> Iterator[Finished]:
    """Resources finished between two moments, every week or so, along the role's path from where the learner stood."""
    chance, path = chance_of(f"{person.name} reads"), shelf.path(person.role)
    start = max(0, round(len(path) * person.known) - 6)
    wanted = [resource for skill in path[start:] for resource in shelf.teaching(skill)[:2]]
    at, seen = begins + timedelta(days=3), set()
    for resource in wanted:
        at += timedelta(days=chance.randint(*DAYS_BETWEEN), minutes=chance.randint(0, 300))
        if at >= ends:
            return
        if resource.pk in seen:
            continue
        seen.add(resource.pk)
        yield Finished(
            learner_id=learner.pk, resource_id=resource.pk, at=at, source=SOURCE, identity=f"{SOURCE}:{resource.key}",
            minutes=max(5, round(resource.minutes * chance.uniform(0.8, 1.3))),
            score=round(chance.uniform(0.7, 1.0), 2) if resource.kind in ("course", "exercise") else None,
        )  # fmt: skip


def cards_make(learner: Learner, finished: list[Finished], shelf: Shelf, until: datetime) -> None:
    """Cards of what was learned last, looked at again at growing intervals until a moment."""
    chance = chance_of(f"{learner.name} reviews")
    reviews: dict[UUID, list[Told]] = {}
    for one in finished[-CARDS:]:
        skill, at = shelf.taught[one.resource_id][0], one.at
        told = reviews.setdefault(skill, [(uuid5(learner.pk, f"{skill} learned"), STUDIED, at)])
        for number, days in enumerate(INTERVALS):
            at += timedelta(days=days, hours=chance.randint(1, 30))
            if at < until and len(told) == number + 1:
                told.append((uuid5(learner.pk, f"{skill} review {number}"), chance.choice([2, 3, 3, 3, 4]), at))
    cards_restore(learner, reviews)
