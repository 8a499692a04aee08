"""The plans of the demo's learners as they were made some weeks ago, and what came of their items since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from audit.services import record
from aurora_site.demo.learning.past import chance_of
from aurora_site.demo.learning.people import Person
from learning.models import EvidenceKind, ItemKind, ItemState, Learner, Plan, PlanItem, PlanState
from learning.planner import plan as compute
from learning.selectors.planning import Terms, plan_request, request_digest
from learning.services.doing import SOURCE
from learning.services.evidence import completion_identity
from learning.services.observing import Finished, Seen
from learning.services.planning import plan_draft, plan_store
from learning.services.reviews import SHOWN, STUDIED, Told, cards_restore

LATEST_DAYS = 5


@dataclass
class Done:
    """What the items that are done show: evidence, to be stored for all learners at once, and reviews by skill."""

    finished: list[Finished] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    reviews: dict[UUID, list[Told]] = field(default_factory=dict)


def plan_make(learner: Learner, person: Person, role_id: UUID, now: datetime) -> Plan:
    """The plan as it was computed on its first day."""
    begins = now.astimezone(ZoneInfo(learner.time_zone)).date() - timedelta(days=person.begun)
    terms = Terms(role_id=role_id, starts_on=begins, days=person.days)
    request = replace(plan_request(learner, terms), today=begins)
    draft = plan_draft(terms, compute(request), request_digest(request))
    plan = plan_store(learner, draft, replaces=None)
    made_at = _moment(learner, plan.starts_on) - timedelta(hours=1)
    Plan.objects.for_organization(learner.organization_id).filter(pk=plan.pk).update(created_at=made_at)
    record(
        event="learning.plan_created",
        organization_id=plan.organization_id,
        subject=("plan", plan.pk),
        data={"learner": learner.pk, "version": plan.version, "days": plan.days, "items": len(draft.items)},
    )
    return plan


def plan_live(plan: Plan, person: Person, now: datetime) -> Done:
    """Settle the items until today as the person would have; what those show."""
    items = list(plan.items.prefetch_related("skills"))
    chance, today = chance_of(f"{person.name} works"), now.astimezone(ZoneInfo(plan.learner.time_zone)).date()
    quits = plan.starts_on + timedelta(days=round(person.begun * person.quit_after))
    for number, item in enumerate(items):
        if item.date - timedelta(days=person.ahead) < min(today, quits) and number not in person.leaves:
            _settle(item, plan.learner, person, chance, now, is_skipped=number in person.skips)
    settled = [item for item in items if item.state != ItemState.PLANNED]
    PlanItem.objects.bulk_update(settled, ["state", "settled_at", "spent_minutes"])
    done, known = Done(), set(plan.learner.review_cards.values_list("skill_id", flat=True))
    for item in sorted(settled, key=lambda one: one.settled_at or now):
        if item.state == ItemState.DONE:
            _show(item, plan.learner, chance, done, known)
    done.finished += _finished(items, plan.learner)
    cards_restore(plan.learner, done.reviews)
    _finish(plan, items)
    return done


def _settle(
    item: PlanItem, learner: Learner, person: Person, chance: Random, now: datetime, *, is_skipped: bool
) -> None:
    """Done on its day or some days before, skipped, done later, or left."""
    drawn = chance.random()
    skips, leaves = is_skipped or drawn < person.skipped, person.skipped <= drawn < person.skipped + person.left
    days = -person.ahead
    if not skips and chance.random() > person.punctual:
        days += chance.randint(1, LATEST_DAYS)
    day = max(item.date + timedelta(days=days), item.plan.starts_on)
    at = _moment(learner, day) + timedelta(minutes=item.minutes + chance.randint(0, 90))
    if at < now and not leaves:
        item.state, item.settled_at = (ItemState.SKIPPED if skips else ItemState.DONE), at
        item.spent_minutes = None if skips else max(5, round(item.minutes * chance.uniform(0.8, 1.3)))


def _show(item: PlanItem, learner: Learner, chance: Random, done: Done, known: set[UUID]) -> None:
    """What a done item shows by itself, and what it does to cards; ``known`` are the skills that have one."""
    skills = [skill.pk for skill in item.skills.all()]
    at = item.settled_at
    assert at is not None
    if item.kind == ItemKind.REVIEW:
        rating = chance.choice([2, 3, 3, 3, 4])
        for skill in skills:
            done.reviews.setdefault(skill, []).append((item.uid, rating, at))
        done.seen += _seen(item, learner, skills, EvidenceKind.REVIEW, SHOWN[rating])
    elif item.kind == ItemKind.STUDY:
        for skill in set(skills) - known:
            done.reviews.setdefault(skill, []).append((item.uid, STUDIED, at))
            known.add(skill)
    elif item.resource_id is None:
        score = round(chance.uniform(0.6, 0.95), 2)
        done.seen += _seen(item, learner, skills, EvidenceKind.QUIZ_RESULT, score)


def _seen(item: PlanItem, learner: Learner, skills: Sequence[UUID], kind: str, value: float) -> list[Seen]:
    assert item.settled_at is not None
    return [
        Seen(
            learner_id=learner.pk, skill_id=skill, kind=kind, value=value, at=item.settled_at, source=SOURCE,
            identity=f"item:{item.uid}",
        )
        for skill in skills
    ]  # fmt: skip


def _finished(items: Sequence[PlanItem], learner: Learner) -> list[Finished]:
    """The resources of which every part is done."""
    parts: dict[UUID, list[PlanItem]] = {}
    for item in items:
        if item.resource_id is not None:
            parts.setdefault(item.resource_id, []).append(item)
    return [
        Finished(
            learner_id=learner.pk, resource_id=resource, source=SOURCE, identity=completion_identity(resource),
            at=max(part.settled_at for part in each if part.settled_at),
            minutes=sum(part.spent_minutes or part.minutes for part in each),
        )
        for resource, each in parts.items()
        if all(part.state == ItemState.DONE for part in each)
    ]  # fmt: skip


def _finish(plan: Plan, items: Sequence[PlanItem]) -> None:
    if items and all(item.state != ItemState.PLANNED for item in items):
        plan.state, plan.active_for = PlanState.FINISHED, None
        plan.finished_at = max(item.settled_at for item in items if item.settled_at)
        plan.save(update_fields=["state", "active_for", "finished_at"])


def _moment(learner: Learner, day: object) -> datetime:
    """When a day's learning begins."""
    return datetime.combine(day, learner.study_at or time(9), tzinfo=ZoneInfo(learner.time_zone))  # type: ignore[arg-type]
