"""The weekly digest: what was done, how that compares with the plan, when it will be done, and what is next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from learning.models import Completion, ItemState, Learner, MailState, Nudge, NudgeKind, PlanItem
from learning.nudges import wording
from learning.nudges.addresses import addresses_of
from learning.nudges.deciding import MONDAY, digest_occasion
from learning.nudges.hours import local
from learning.nudges.ringing import ring_mails
from learning.progress.forecast import Forecast
from learning.selectors.progress import Progress, progress_of

DAYS = 7
PACE = {"ahead": "ahead of", "on_track": "on", "behind": "behind"}


def digest_make(*, learner_id: UUID, now: datetime | None = None) -> Nudge | None:
    """Make a learner's digest of the week, and have it mailed; None where it is made, unwanted, or the Monday over.

    Safe to run twice and at the same time: the constraint on occasions lets it be there once.
    """
    moment = now or timezone.now()
    learner = Learner.objects.select_related("user", "role").filter(pk=learner_id, digest=True).first()
    today = local(moment, learner).date() if learner else None
    if learner is None or today is None or today.weekday() != MONDAY:
        return None
    mine = Nudge.objects.for_organization(learner.organization_id).filter(learner=learner)
    if mine.filter(kind=NudgeKind.DIGEST, occasion=digest_occasion(today)).exists():
        return None
    row = _digest(learner, moment, today)
    if addresses_of([learner]) and not mine.filter(mail_on=today).exists():
        row.mail, row.mail_on, row.next_attempt_at = MailState.PENDING, today, moment
    with transaction.atomic():
        Nudge.objects.bulk_create([row], ignore_conflicts=True)
        transaction.on_commit(lambda: ring_mails([row.pk]), robust=True)
    return mine.filter(pk=row.pk).first()


def _digest(learner: Learner, now: datetime, today: date) -> Nudge:
    titles, minutes = _done(learner, now, today)
    done = f"{wording.count(len(titles), 'item')} done" if titles else "nothing done"
    return Nudge(
        organization_id=learner.organization_id,
        learner=learner,
        kind=NudgeKind.DIGEST,
        occasion=digest_occasion(today),
        title=f"Your week: {done}" + (f", {wording.duration(minutes)}" if minutes else ""),
        text=digest_text(titles, progress_of(learner, now), today),
    )


def digest_text(titles: Sequence[str], progress: Progress, today: date) -> str:
    """The digest of the week before ``today``, in which items and resources with these titles were done."""
    week = f"{wording.day(today - timedelta(days=DAYS))} to {wording.day(today - timedelta(days=1))}"
    parts = [f"Done from {week}:\n\n{wording.bullets(titles)}" if titles else f"Nothing was done from {week}."]
    if progress.plan is not None:
        parts.append(_standing(progress))
    if text := forecast_text(progress.forecast):
        parts.append(text)
    if progress.streak.days > 1:
        parts.append(f"Your streak: {progress.streak.days} days.")
    action = progress.next_action
    parts.append(f"Next: {wording.line(action.title)}. {wording.line(action.why)}")
    return "\n\n".join(parts)


def forecast_text(forecast: Forecast) -> str:
    """When the plan will be done, with what is not known of that; empty without a forecast."""
    if forecast.p50 is None:
        return ""
    text = f"At this pace you are done around {wording.day(forecast.p50)}"
    if forecast.p10 is None or forecast.p90 is None:
        return f"{text}."
    return f"{text}; with a probability of 80 % between {wording.day(forecast.p10)} and {wording.day(forecast.p90)}."


def _standing(progress: Progress) -> str:
    text = (
        f"{progress.completed} of {wording.count(progress.total, 'item')} of your plan are done ({progress.percent} %)."
    )
    if standing := PACE.get(progress.pace.standing):
        done, due = wording.duration(progress.pace.done), wording.duration(progress.pace.due)
        text += f" You are {standing} your plan: {done} done, {due} planned by now."
    if late := len(progress.overdue):
        text += f" {wording.count(late, 'item')} {wording.is_are(late)} late."
    return text


def _done(learner: Learner, now: datetime, today: date) -> tuple[list[str], int]:
    """Titles of what was done in the seven days before today, oldest first, and the minutes that it took.

    An item of a plan comes once, in however many versions of the plan it is; a resource that an item was about, not again.
    """
    since = now - timedelta(days=DAYS + 2)
    rows = PlanItem.objects.filter(
        plan__learner=learner, plan__organization=learner.organization_id, state=ItemState.DONE, settled_at__gte=since
    ).order_by("settled_at")
    found: dict[UUID, tuple[str, int]] = {}
    resources: set[UUID | None] = set()
    for item in rows:
        if item.settled_at is not None and _is_last_week(learner, item.settled_at, today):
            found[item.uid] = (wording.line(item.title), item.spent_minutes or item.minutes)
            resources.add(item.resource_id)
    completions = Completion.objects.for_organization(learner.organization_id).filter(
        learner=learner, completed_at__gte=since
    )
    for row in completions.exclude(resource__in=[each for each in resources if each]).select_related("resource"):
        if _is_last_week(learner, row.completed_at, today):
            found[row.pk] = (wording.line(row.resource.title), row.minutes or row.resource.minutes)
    return [title for title, _ in found.values()], sum(minutes for _, minutes in found.values())


def _is_last_week(learner: Learner, moment: datetime, today: date) -> bool:
    return today - timedelta(days=DAYS) <= local(moment, learner).date() < today
