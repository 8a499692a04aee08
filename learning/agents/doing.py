"""What the learning tools do, for the asking person's own learner alone. Synchronous; raises ToolError with what is wrong."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from functools import wraps
from typing import Any
from uuid import UUID

from django.db import transaction

from agents.tools.base import ToolContext, ToolError, ToolOutput
from aurora_site.accounts.models import User
from learning.agents.facts import Scene
from learning.agents.phrases import counted, day_text, hours_text
from learning.agents.plan_text import difference_text, explanation_text, items_text
from learning.agents.progress_reading import progress_fact
from learning.agents.progress_text import summary_text
from learning.agents.reading import dropped_of, own_learner, scene_of
from learning.differences import Difference
from learning.errors import LearningError
from learning.models import Learner, Plan, Role, Skill
from learning.selectors.plans import active_plan, plans_difference
from learning.services.evidence import learner_assess
from learning.services.items import item_complete, item_reopen, item_skip
from learning.services.learners import learner_create, learner_update
from learning.services.plans import plan_create, plan_replan

MINUTES_PER_HOUR, WORKDAYS = 60, 5
MOST_DAYS_AWAY = 60
ITEMS_TOLD = 60
_SETTLE = {"done": item_complete, "skipped": item_skip, "planned": item_reopen}

Work = Callable[[Mapping[str, Any], ToolContext], ToolOutput]


def refusing(work: Work) -> Work:
    """What services refuse, as tools say it."""

    @wraps(work)
    def refused(arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        try:
            return work(arguments, context)
        except LearningError as error:
            raise ToolError(f"{error.field}: {error}" if error.field else str(error)) from error

    return refused


@refusing
def plan_show(arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
    """The plan, or a week of it."""
    scene = scene_of(context.organization_id, context.actor_id)
    plan = scene.plan
    if plan is None:
        said = "They have no plan yet." if scene.learner else "They are no learner yet."
        return ToolOutput(text=f"{said}\n{_roles(scene)}", summary=said)
    number = arguments.get("week")
    weeks = [week for week in plan.weeks if number in (None, week.number)]
    if not weeks:
        raise ToolError(f"The plan has {counted(len(plan.weeks), 'week')}; there is no week {number}.")
    items = [item for week in weeks for item in week.items][:ITEMS_TOLD]
    told = "\n".join(f"{item.id} {line}" for item, line in zip(items, items_text(items).splitlines(), strict=True))
    summary = f"Version {plan.version} of the plan, {counted(len(plan.items), 'item')}."
    return ToolOutput(
        text=f"{explanation_text(plan)}\n{told}\n{_roles(scene)}", summary=summary, data={"plan": plan.id}
    )


@refusing
def plan_make(arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
    """A new plan; who is no learner yet becomes one."""
    role = _role(context, arguments.get("role"))
    hours, starts_on = arguments.get("weekly_hours"), _day(arguments, "starts_on")
    known = own_learner(context.organization_id, context.actor_id)
    if role is None and (known is None or known.role_id is None):
        raise ToolError("role: they work towards no role yet: name one.")
    # What they said of themselves is kept by itself: computing the plan holds up nobody.
    with transaction.atomic():
        learner = known or _begun(context, role, hours)
        if levels := arguments.get("levels"):
            _assess(context, learner, levels)
        _make_room(context, learner, hours)
    before = active_plan(learner)
    plan = plan_create(
        **_actor(context),
        learner_id=learner.pk,
        days=arguments["days"],
        role_id=role.pk if role else None,
        weekly_hours=hours,
        starts_on=starts_on,
    )
    _lead_towards(context, learner, role)
    return _planned(plan, before, "A plan is made")


@refusing
def plan_change(arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
    """The plan computed anew, with what is to be otherwise."""
    learner, before = _plan_of(context)
    role = _role(context, arguments.get("role"))
    hours = arguments.get("weekly_hours")
    dropped = _dropped(context, before, arguments.get("drop"))
    with transaction.atomic():
        _away(context, learner, arguments)
        _make_room(context, learner, hours)
    if role is not None and role.pk != before.role_id:
        plan = _towards(context, learner, before, role, arguments)
        _lead_towards(context, learner, role)
        return _planned(plan, before, f"The plan leads towards {role.name} now")
    plan, difference = plan_replan(
        **_actor(context),
        plan_id=before.pk,
        days=arguments.get("days"),
        weekly_hours=hours,
        dropped_skill_ids=dropped,
        reason=str(arguments.get("reason", "")),
    )
    return _planned(plan, before, "The plan is computed anew", difference)


@refusing
def item_settle(arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
    """An item done, skipped, or opened again."""
    _, plan = _plan_of(context)
    try:
        item_id = UUID(arguments["item"])
    except ValueError as error:
        raise ToolError("item: give the id of an item of the plan.") from error
    outcome = arguments["outcome"]
    options = {name: arguments[name] for name in ("minutes",) if outcome == "done" and name in arguments}
    item = _SETTLE[outcome](**_actor(context), plan_id=plan.pk, item_id=item_id, **options)
    said = f"“{item.title}” of {day_text(item.date)} is {outcome if outcome != 'planned' else 'open again'}."
    return ToolOutput(text=said, summary=said, data={"plan": str(plan.pk), "item": str(item.pk), "state": item.state})


@refusing
def assess(arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
    """What somebody says of their own levels."""
    learner = own_learner(context.organization_id, context.actor_id)
    if learner is None:
        raise ToolError("They are no learner yet. Make a plan first.")
    names = _assess(context, learner, arguments["levels"])
    said = f"Noted: {', '.join(f'{name} {level:g}' for name, level in names.items())}."
    return ToolOutput(text=said, summary=said, data={"skills": len(names)})


def _actor(context: ToolContext) -> dict[str, Any]:
    return {"organization_id": UUID(context.organization_id), "actor_id": context.actor_id}


def _plan_of(context: ToolContext) -> tuple[Learner, Plan]:
    learner = own_learner(context.organization_id, context.actor_id)
    plan = active_plan(learner) if learner else None
    if learner is None or plan is None:
        raise ToolError("They have no plan yet.")
    return learner, plan


def _begun(context: ToolContext, role: Role | None, hours: float | None) -> Learner:
    """The person as a learner, with time on working days."""
    user = User.objects.get(pk=context.actor_id)
    per_day = math.ceil(hours * MINUTES_PER_HOUR / WORKDAYS) if hours and 0 < hours <= 80 else None
    return learner_create(
        **_actor(context),
        name=user.name or user.email.partition("@")[0],
        user_id=user.pk,
        role_id=role.pk if role else None,
        minutes_per_weekday=[per_day] * WORKDAYS + [0, 0] if per_day else None,
    )


def _make_room(context: ToolContext, learner: Learner, hours: float | None) -> None:
    """More time in a week than its days allow is more time on each of those days."""
    week = list(learner.minutes_per_weekday)
    if not hours or not 0 < hours <= 80 or sum(week) >= hours * MINUTES_PER_HOUR:
        return
    week = week if any(week) else [1] * WORKDAYS + [0, 0]
    factor = hours * MINUTES_PER_HOUR / sum(week)
    scaled = [min(math.ceil(minutes * factor), 1440) for minutes in week]
    learner_update(**_actor(context), learner_id=learner.pk, changes={"minutes_per_weekday": scaled})
    learner.minutes_per_weekday = scaled


def _away(context: ToolContext, learner: Learner, arguments: Mapping[str, Any]) -> None:
    """Note days on which nothing is to be planned."""
    first = _day(arguments, "away_from")
    if first is None:
        return
    last = _day(arguments, "away_until") or first
    if not timedelta(0) <= last - first <= timedelta(days=MOST_DAYS_AWAY):
        raise ToolError(f"away_until: give a day within {MOST_DAYS_AWAY} days after away_from.")
    days = {first + timedelta(days=number) for number in range((last - first).days + 1)}
    known = {date.fromisoformat(day) for day in learner.blackout_dates}
    learner_update(**_actor(context), learner_id=learner.pk, changes={"blackout_dates": known | days})


def _day(arguments: Mapping[str, Any], name: str) -> date | None:
    """The schema has seen digits in their places; whether there is such a day, the calendar says."""
    try:
        return date.fromisoformat(arguments[name]) if arguments.get(name) else None
    except ValueError as error:
        raise ToolError(f"{name}: there is no such day.") from error


def _lead_towards(context: ToolContext, learner: Learner, role: Role | None) -> None:
    """A plan towards a role is asked for by who works towards it: progress and suggestions are to follow."""
    if role is not None:
        learner_update(**_actor(context), learner_id=learner.pk, changes={"role": role.pk})


def _towards(context: ToolContext, learner: Learner, before: Plan, role: Role, arguments: Mapping[str, Any]) -> Plan:
    asked = before.summary.get("asked", {}).get("weekly_minutes")
    return plan_create(
        **_actor(context),
        learner_id=learner.pk,
        days=arguments.get("days") or before.days,
        role_id=role.pk,
        weekly_hours=arguments.get("weekly_hours") or (asked / MINUTES_PER_HOUR if asked else None),
    )


def _dropped(context: ToolContext, before: Plan, names: Iterable[str] | None) -> list[UUID] | None:
    """All skills that are left out: those of before, and the new ones."""
    if not names:
        return None
    return [*map(UUID, dropped_of(before)), *_skills(context, names).values()]


def _skills(context: ToolContext, names: Iterable[str]) -> dict[str, UUID]:
    wanted = list(dict.fromkeys(names))
    rows = Skill.objects.for_organization(context.organization_id).filter(name__in=wanted)
    found: dict[str, UUID] = {row.name: row.pk for row in rows}
    missing = [name for name in wanted if name not in found]
    if missing:
        raise ToolError(f"There is no skill called {missing[0]!r}.")
    return found


def _assess(context: ToolContext, learner: Learner, levels: Mapping[str, float]) -> dict[str, float]:
    ids = _skills(context, levels)
    learner_assess(**_actor(context), learner_id=learner.pk, levels={ids[name]: levels[name] for name in ids})
    return dict(levels)


def _role(context: ToolContext, name: str | None) -> Role | None:
    if not name:
        return None
    roles = Role.objects.for_organization(context.organization_id)
    role = roles.filter(name=name).first()
    if role is None:
        raise ToolError(
            f"role: there is no role called {name!r}. Roles: {', '.join(each.name for each in roles[:50])}."
        )
    return role


def _planned(plan: Plan, before: Plan | None, said: str, difference: Difference | None = None) -> ToolOutput:
    plan = Plan.objects.for_organization(plan.organization_id).prefetch_related("items").get(pk=plan.pk)
    found = difference or (plans_difference(before, plan) if before else None)
    told = found.as_json() if found else None
    summary = (
        f"{said}: version {plan.version}, {counted(plan.items.count(), 'item')},"
        f" {hours_text(plan.weekly_minutes / 60)} a week at most."
    )
    text = f"{summary} {plan.verdict.get('text', '')}\n{difference_text(told) if told else ''}"
    return ToolOutput(text=text, summary=summary, data={"plan": str(plan.pk), "difference": told})


def _roles(scene: Scene) -> str:
    return f"Roles to plan towards: {', '.join(role.name for role in scene.roles)}."


@refusing
def progress_show(arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
    """How the person is doing."""
    facts = progress_fact(context.organization_id, context.actor_id)
    if facts is None:
        raise ToolError("They are no learner yet.")
    progress = facts.progress
    summary = (
        f"{progress['completed']} of {counted(progress['total'], 'item')} done, {len(progress['overdue'])} overdue."
    )
    return ToolOutput(
        text=summary_text(facts), summary=summary, data={"completed": progress["completed"], "total": progress["total"]}
    )
