"""The fields of the skill navigator's answer that describe a plan week by week. Pure."""

from __future__ import annotations

from typing import Any

from learning.agents.facts import ItemFact, PlanFact, Week
from learning.agents.phrases import day_text, listed

MOST_GOALS, MOST_TECHNOLOGIES, SKILLS_IN_TITLE = 3, 5, 2


def weeks_as_json(plan: PlanFact) -> list[dict[str, Any]]:
    """``plan_30d``: every week of the plan, however many it has."""
    return [_week(week) for week in plan.weeks]


def week_title(week: Week) -> str:
    """What a week is about."""
    if week.skills:
        return listed(week.skills[:SKILLS_IN_TITLE])
    return "Time in hand" if not week.items else listed(item.title for item in week.items[:1])


def week_goals(week: Week) -> list[str]:
    """What a week is to come to: its milestones, then what it works on."""
    goals = [f"{milestone.title} by {day_text(milestone.due_on)}" for milestone in week.milestones]
    goals += [f"Work on {skill}" for skill in week.skills]
    return goals[:MOST_GOALS]


def resources_of(week: Week) -> list[dict[str, Any]]:
    """The resources of a week, each once, with the minutes that the week gives it."""
    found: dict[str, dict[str, Any]] = {}
    for item in week.items:
        if not item.resource:
            continue
        row = found.setdefault(
            item.resource, {"title": item.resource, "url": item.url, "minutes": 0, "level": item.level}
        )
        row["minutes"] += item.minutes
    return list(found.values())


def _week(week: Week) -> dict[str, Any]:
    return {
        "week": week.number,
        "title": week_title(week),
        "starts_on": week.first.isoformat(),
        "ends_on": week.last.isoformat(),
        "minutes": week.minutes,
        "goals": week_goals(week),
        "technologies": week.skills[:MOST_TECHNOLOGIES],
        "resources": resources_of(week),
        "projects": projects_of(week),
        "tasks": [_task(item) for item in week.items],
    }


def projects_of(week: Week) -> list[str]:
    """The titles of a week's projects."""
    return list(dict.fromkeys(item.title for item in week.items if item.kind == "project"))


def _task(item: ItemFact) -> str:
    settled = "" if item.open else f", {item.state}"
    return f"{item.date.isoformat()}: {item.name} ({item.minutes} minutes{settled})"
