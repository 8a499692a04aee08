"""The demo's learners, their teams, and months of what they did, told from today backwards."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from aurora_site.accounts.models import User
from aurora_site.demo.learning.past import assessment, cards_make, finished_before
from aurora_site.demo.learning.people import COLLEAGUES, DEMO_LEARNER, Person
from aurora_site.demo.learning.plans import plan_live, plan_make
from aurora_site.demo.learning.shelf import Shelf, shelf_of
from learning.models import Learner
from learning.services.learners import learner_create
from learning.services.observing import Finished, Seen, observations_store
from learning.services.teams import team_create

DAYS_PER_MONTH = 30


@transaction.atomic
def history_ensure(organization_id: UUID, *, demo_user: User, lead: User, now: datetime | None = None) -> bool:
    """Make the demo's learners unless the organisation has learners, or lacks the demo's catalogue. True if made.

    ``lead`` leads their teams.
    """
    moment = now or timezone.now()
    shelf = shelf_of(organization_id)
    if shelf is None or Learner.objects.for_organization(organization_id).exists():
        return False
    people = {person.name: person for person in (DEMO_LEARNER, *COLLEAGUES)}
    learners = [_learner(organization_id, person, shelf, demo_user, moment) for person in people.values()]
    _teams(organization_id, learners, people, lead)
    _months(organization_id, learners, people, shelf, moment)
    _plans(organization_id, learners, people, shelf, moment)
    return True


def _learner(organization_id: UUID, person: Person, shelf: Shelf, demo_user: User, now: datetime) -> Learner:
    is_demo = person is DEMO_LEARNER
    learner = learner_create(
        organization_id=organization_id, actor_id="", name=person.name, email=demo_user.email if is_demo else "",
        user_id=demo_user.pk if is_demo else None, role_id=shelf.roles[person.role], goals=person.goals,
        minutes_per_weekday=list(person.minutes), time_zone=person.time_zone, start_date=_began(person, now).date(),
    )  # fmt: skip
    learner.assessed_at = _began(person, now)
    learner.save(update_fields=["assessed_at"])
    return learner


def _teams(organization_id: UUID, learners: list[Learner], people: dict[str, Person], lead: User) -> None:
    names = sorted({person.team for person in people.values()})
    for name in names:
        members = [learner.pk for learner in learners if people[learner.name].team == name]
        team_create(organization_id=organization_id, actor_id="", name=name, learner_ids=members, lead_ids=[lead.pk])


def _months(
    organization_id: UUID, learners: list[Learner], people: dict[str, Person], shelf: Shelf, now: datetime
) -> None:
    """What was before the plans: those rest on it."""
    seen: list[Seen] = []
    finished: list[Finished] = []
    for learner in learners:
        person = people[learner.name]
        began, until = _began(person, now), now - timedelta(days=person.begun + 1)
        theirs = list(finished_before(learner, person, shelf, began, until))
        seen += assessment(learner, person, shelf, began)
        finished += theirs
        cards_make(learner, theirs, shelf, until)
    observations_store(organization_id=organization_id, finished=finished, seen=seen)


def _plans(
    organization_id: UUID, learners: list[Learner], people: dict[str, Person], shelf: Shelf, now: datetime
) -> None:
    seen: list[Seen] = []
    finished: list[Finished] = []
    for learner in learners:
        person = people[learner.name]
        if person.begun:
            done = plan_live(plan_make(learner, person, shelf.roles[person.role], now), person, now)
            seen += done.seen
            finished += done.finished
    observations_store(organization_id=organization_id, finished=finished, seen=seen)


def _began(person: Person, now: datetime) -> datetime:
    return now - timedelta(days=person.begun + person.months * DAYS_PER_MONTH)
