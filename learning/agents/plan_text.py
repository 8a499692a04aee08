"""What the skill navigator says of a plan. Pure: texts over plain data, every number from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from learning.agents.drafts import Draft
from learning.agents.facts import ItemFact, PlanFact, Scene, Week
from learning.agents.phrases import (
    counted,
    day_text,
    link_text,
    listed,
    percent_text,
    span_text,
    time_text,
    title_text,
    url_text,
    weekday_text,
)
from learning.agents.plan_fields import projects_of, resources_of, week_goals, week_title

# Less than this is missing by rounding alone.
LEAST_GAP = 0.005
RESOURCES_SHOWN, PROJECTS_SHOWN, CHANGES_SHOWN = 3, 2, 6
PAGE = "Day by day, to tick off and to change, it is at /learning/plan."


def plan_draft(plan: PlanFact, today: date, *, lead: str = "", whole: bool = True) -> Draft:
    """A whole plan: why it is as it is, and its weeks, or with ``whole`` false only the week of today and those after."""
    weeks = [week for week in plan.weeks if whole or week.last >= today]
    body = "\n\n".join([*(week_text(week) for week in weeks), PAGE])
    return Draft(lead=lead, explanation=explanation_text(plan), body=body, **_names(plan.items))


def week_draft(plan: PlanFact, week: Week) -> Draft:
    """One week, item by item."""
    minutes = counted(len(week.items), "item")
    said = (
        f"Week {week.number} of {len(plan.weeks)}, {span_text(week.first, week.last)}:"
        f" {minutes}, {time_text(week.minutes)}."
    )
    if not week.items:
        said = f"Nothing is planned in week {week.number} of {len(plan.weeks)}, {span_text(week.first, week.last)}."
    return Draft(explanation=said, body=items_text(week.items), **_names(week.items))


def day_draft(plan: PlanFact, day: date) -> Draft:
    """What is planned on a day, or when there is something next."""
    items = [item for item in plan.items if item.date == day]
    if items:
        said = (
            f"On {weekday_text(day)} there {_is(len(items))} {counted(len(items), 'item')},"
            f" {time_text(sum(item.minutes for item in items))}."
        )
        return Draft(explanation=said, body=items_text(items), **_names(items))
    following = next((item for item in plan.items if item.open and item.date > day), None)
    said = f"Nothing is planned on {weekday_text(day)}."
    if following is None:
        return Draft(explanation=said)
    said += f" Next is “{title_text(following.name)}” on {weekday_text(following.date)}."
    return Draft(explanation=said, **_names([following]))


def explanation_text(plan: PlanFact) -> str:
    """Why a plan is as it is, in numbers."""
    skills = list(dict.fromkeys(skill for item in plan.items for skill in item.skills))
    minutes = sum(item.minutes for item in plan.items)
    towards = f" towards {title_text(plan.role)}" if plan.role else ""
    span = f"from {day_text(plan.starts_on)} to {day_text(plan.ends_on)}"
    parts = [f"Your plan{towards} runs {plan.days} days, {span}, with at most {time_text(plan.weekly_minutes)} a week."]
    if plan.items:
        parts.append(
            f"It has {counted(len(plan.items), 'item')} for {counted(len(skills), 'skill')}, "
            f"{time_text(minutes)} in all{_kinds(plan.items)}."
        )
    if plan.gap >= LEAST_GAP:
        share = min(round(100 * plan.gain / plan.gap), 100)
        left = f", of the skills that are left in ({len(plan.dropped)} left out)" if plan.dropped else ""
        parts.append(
            f"It closes {share} % of what is missing to the levels that the role asks for{left}; "
            "skills come after those that they build on."
        )
    if plan.dropped:
        parts.append(f"Left out, as you asked: {listed(map(title_text, plan.dropped))}.")
    if verdict := str(plan.verdict.get("text") or ""):
        parts.append(title_text(verdict))
    return " ".join(parts)


def _kinds(items: Sequence[ItemFact]) -> str:
    counts = {"review": 0, "project": 0, "check": 0}
    for item in items:
        if item.kind in counts:
            counts[item.kind] += 1
    named = [counted(count, kind) for kind, count in counts.items() if count]
    return f", among them {listed(named)}" if named else ""


def week_text(week: Week) -> str:
    """A week in a few lines."""
    title = (
        f"**Week {week.number}: {title_text(week_title(week))}** ({span_text(week.first, week.last)},"
        f" {time_text(week.minutes)})"
    )
    resources = [link_text(row["title"], row["url"]) + f" ({time_text(row['minutes'])})" for row in resources_of(week)]
    rows = {
        "Goals": [title_text(goal) for goal in week_goals(week)],
        "Technologies": [title_text(skill) for skill in week.skills[:5]],
        "Resources": resources[:RESOURCES_SHOWN],
        "Projects": [title_text(project) for project in projects_of(week)[:PROJECTS_SHOWN]],
    }
    lines = [f"- {name}: {'; '.join(values)}" for name, values in rows.items() if values]
    return "\n".join([title, *lines])


def items_text(items: Sequence[ItemFact]) -> str:
    """Items in a list, each with its day, time and state."""
    return "\n".join(f"- {weekday_text(item.date)}: {_item(item)}" for item in items)


def _item(item: ItemFact) -> str:
    settled = "" if item.open else f", {item.state}"
    return f"{link_text(item.name, item.url)} ({time_text(item.minutes)}{settled})"


def item_draft(item: ItemFact, plan: PlanFact) -> Draft:
    """Why an item is there, and why then."""
    said = [f"“{title_text(item.name)}” is planned for {weekday_text(item.date)}, {time_text(item.minutes)}."]
    if not item.open:
        said = [f"“{title_text(item.name)}” of {weekday_text(item.date)} is {item.state}."]
    said.append(title_text(item.reason) or "It comes from an earlier version, which kept no reason.")
    if item.milestone:
        due = next((mark.due_on for mark in plan.milestones if mark.title == item.milestone), None)
        said.append(f"It leads to “{title_text(item.milestone)}”" + (f", due on {day_text(due)}." if due else "."))
    return Draft(explanation=" ".join(said), **_names([item]))


def skill_draft(skill: str, scene: Scene) -> Draft:
    """Why a skill is in the plan, or that it isn't."""
    plan = scene.plan
    items = [item for item in plan.items if skill in item.skills] if plan else []
    role = scene.role_named(plan.role) if plan else None
    asked = role.skills.get(skill) if role else None
    said = []
    if asked is not None and role is not None:
        have = scene.mastery.get(skill)
        known = f", and yours is {percent_text(have)} by the evidence so far" if have is not None else ""
        said.append(f"{title_text(role.name)} asks for {title_text(skill)} at {percent_text(asked)}{known}.")
    if items:
        minutes = time_text(sum(item.minutes for item in items))
        said.append(
            f"The plan has {counted(len(items), 'item')} for it, {minutes} in all, from {day_text(items[0].date)}."
        )
    else:
        said.append(f"Nothing in your plan is for {title_text(skill)}.")
    if items and items[0].reason:
        said.append(title_text(items[0].reason))
    return Draft(explanation=" ".join(said), body=items_text(items), **_names(items))


def changed_draft(scene: Scene, difference: Mapping[str, Any], lead: str) -> Draft:
    """What a change came to: the difference, then where the plan stands."""
    if scene.plan is None:
        return Draft(lead=lead)
    return Draft(
        lead=lead,
        explanation=explanation_text(scene.plan),
        body="\n\n".join([difference_text(difference), PAGE]),
        **_names(scene.plan.items),
    )


def difference_text(difference: Mapping[str, Any]) -> str:
    """What is different between two versions."""
    rows = {name: list(difference.get(name) or ()) for name in ("added", "removed", "moved", "changed")}
    kept = int(difference.get("kept") or 0)
    if not any(rows.values()):
        return (
            f"Nothing had to change: all {counted(kept, 'item')} stay as they are."
            if kept
            else "Nothing had to change."
        )
    parts = [_rows(name.capitalize(), rows[name], shown) for name, shown in _SHOWN.items() if rows[name]]
    if kept:
        parts.append(f"{counted(kept, 'item')} {'stays' if kept == 1 else 'stay'} as before.")
    return "\n\n".join(parts)


def _rows(name: str, rows: Sequence[Mapping[str, Any]], shown: Any) -> str:
    lines = [f"- {shown(row)}" for row in rows[:CHANGES_SHOWN]]
    more = len(rows) - CHANGES_SHOWN
    lines += [f"- and {more} more"] if more > 0 else []
    return "\n".join([f"{name} ({len(rows)}):", *lines])


def _dated(row: Mapping[str, Any]) -> str:
    return f"“{title_text(row['title'])}” on {_day(row['date'])} ({time_text(row['minutes'])})"


def _moved(row: Mapping[str, Any]) -> str:
    return f"“{title_text(row['title'])}” from {_day(row['from'])} to {_day(row['to'])}"


def _changed(row: Mapping[str, Any]) -> str:
    return f"“{title_text(row['title'])}” on {_day(row['date'])}: {listed(map(title_text, row['changes']))}"


_SHOWN = {"added": _dated, "removed": _dated, "moved": _moved, "changed": _changed}


def _day(text: str) -> str:
    return weekday_text(date.fromisoformat(text))


def _names(items: Sequence[ItemFact]) -> dict[str, Any]:
    """What a wording may link to and name."""
    links = {url_text(item.url): title_text(item.resource or item.title) for item in items if url_text(item.url)}
    titles = dict.fromkeys(title_text(name) for item in items for name in (item.title, item.resource) if name)
    return {"links": links, "titles": tuple(titles)}


def _is(count: int) -> str:
    return "is" if count == 1 else "are"
