"""What is to be done about a wish, or what to say where nothing can be: a tool call or a text. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from learning import tools
from learning.agents.drafts import Draft
from learning.agents.facts import Scene
from learning.agents.phrases import counted, day_text, hours_text, listed, percent_text, title_text
from learning.agents.wishes import Wish
from learning.models.plans import MAXIMUM_DAYS, MINIMUM_DAYS

DEFAULT_DAYS = 45
MOST_HOURS = 80
NAMES_SHOWN = 12
MOST_SETTLED = 12
LONGEST_REASON = 200
_ASKED_BACK = {
    "hours": "How many hours a week? Say, for example, “I have 4 hours a week”. Nothing was changed yet.",
    "away": "From when to when? Say, for example, “I'm away from 3 to 7 December”. Nothing was changed yet.",
}
EXAMPLES = "“Make me a 45-day plan towards {role}, 5 hours a week” or “Why is this week's first item in my plan?”"


@dataclass(frozen=True)
class Call:
    """A tool call that carries a wish out; ``more`` are others that belong to it."""

    tool: str
    arguments: Mapping[str, Any]
    more: tuple[Call, ...] = ()

    @property
    def all(self) -> tuple[Call, ...]:
        return (self, *self.more)


def step_for(wish: Wish, scene: Scene) -> Call | Draft:
    """The call that carries a wish out, or what to say instead."""
    match wish.kind:
        case "make":
            return _make(wish, scene)
        case "change":
            return _change(wish, scene)
        case "settle":
            return settle_step(wish, scene)
        case "assess":
            return _assess(wish, scene)
        case "show" | "explain" if scene.plan is not None:
            return _show(wish, scene)
        case "show" | "explain":
            return no_plan(scene)
        case "roles":
            return roles_draft(scene)
        case "gaps":
            return gaps_draft(scene)
        case "progress":
            return no_plan(scene)
    return unclear(scene)


def unclear(scene: Scene) -> Draft:
    """What the navigator can do, with two examples."""
    role = title_text(scene.roles[0].name) if scene.roles else "a role"
    said = (
        "I didn't understand what you would like. I make learning plans of 30"
        " to 60 days towards a role, show and explain "
        "them, change them (hours, length, days away, skills to leave out) and mark items as done or skipped. Try "
    )
    return _said(f"{said}{EXAMPLES.format(role=role)}.")


def no_plan(scene: Scene) -> Draft:
    """How to begin."""
    begin = "You have no learning plan yet." if scene.learner else "You aren't a learner here yet, so there is no plan."
    return _said(f"{begin} {how_to_begin(scene)}", answered=True)


def how_to_begin(scene: Scene) -> str:
    """How to ask for a plan, and towards which roles."""
    if not scene.roles:
        return "Your organisation has no roles to plan towards yet; an editor can add them."
    return f"{_example(scene)} {_roles(scene)}"


def _example(scene: Scene) -> str:
    return f"Ask for one like this: “45-day plan towards {title_text(scene.roles[0].name)}, 5 hours a week”."


def roles_draft(scene: Scene) -> Draft:
    """What one can plan towards."""
    if not scene.roles:
        return _said(how_to_begin(scene), answered=True)
    rows = "\n".join(f"- {title_text(role.name)}: {counted(len(role.skills), 'skill')}" for role in scene.roles)
    lead = f"You can plan towards {counted(len(scene.roles), 'role')}:"
    titles = tuple(title_text(role.name) for role in scene.roles)
    return Draft(lead=lead, body=f"{rows}\n\n{_example(scene)}", titles=titles)


def gaps_draft(scene: Scene) -> Draft:
    """The skills whose level is below what the role asks, the widest gap first."""
    role = scene.role_named((scene.plan.role if scene.plan else "") or (scene.learner.role if scene.learner else ""))
    if role is None:
        return no_plan(scene)
    gaps = {name: (scene.mastery.get(name, 0.0), level) for name, level in role.skills.items()}
    missing = sorted(
        (name for name, (have, level) in gaps.items() if have < level), key=lambda n: gaps[n][0] - gaps[n][1]
    )
    if not missing:
        return _said(f"None: you reach all that {title_text(role.name)} asks for.", answered=True)
    rows = [
        f"- {title_text(n)}: {percent_text(gaps[n][0])} of the {percent_text(gaps[n][1])} asked for" for n in missing
    ]
    lead = f"For {title_text(role.name)}, {counted(len(missing), 'skill')} of {len(gaps)} are below what is asked for:"
    return Draft(lead=lead, body="\n".join(rows))


def days_fault(days: int | None) -> str:
    """What is wrong with a length; empty for nothing."""
    if days is None or MINIMUM_DAYS <= days <= MAXIMUM_DAYS:
        return ""
    return (
        f"A plan has {MINIMUM_DAYS} to {MAXIMUM_DAYS} days, and you said {days}."
        f" Nothing was changed. Say a number between them."
    )


def _make(wish: Wish, scene: Scene) -> Call | Draft:
    fault = wish.problem or days_fault(wish.days) or _hours_fault(wish.weekly_hours)
    if fault:
        return _said(fault)
    if wish.unknown:
        return _said(f"{_unknown_role(wish, scene)} Nothing was changed.")
    role = wish.role or (scene.plan.role if scene.plan else "") or (scene.learner.role if scene.learner else "")
    if not role:
        return _said(f"Towards which role? {_roles(scene)}", answered=True)
    days = wish.days or (scene.plan.days if scene.plan else DEFAULT_DAYS)
    arguments: dict[str, Any] = {"days": days, "role": role}
    if wish.weekly_hours is not None:
        arguments["weekly_hours"] = wish.weekly_hours
    if wish.starts_on is not None:
        arguments["starts_on"] = wish.starts_on.isoformat()
    if wish.levels:
        arguments["levels"] = dict(wish.levels)
    return Call(tools.PLAN_MAKE, arguments)


def _change(wish: Wish, scene: Scene) -> Call | Draft:
    plan = scene.plan
    if plan is None:
        return no_plan(scene)
    days = plan.days + wish.more_days if wish.more_days is not None else wish.days
    if fault := days_fault(days) or _hours_fault(wish.weekly_hours) or _away_fault(wish, scene):
        return _said(fault)
    if wish.problem == "hours":
        return _said(
            "How many hours a week? Say, for example, “I have 4 hours a week”. Nothing was changed yet.", answered=True
        )
    if wish.problem == "away":
        return _said(
            "From when to when? Say, for example, “I'm away from 3 to 7 December”. Nothing was changed yet.",
            answered=True,
        )
    if wish.unknown:
        return _said(_unknown_name(wish, scene))
    if absent := _absent_only(wish, scene):
        return _said(absent, answered=True)
    asked = {
        "weekly_hours": wish.weekly_hours,
        "days": days,
        "role": wish.role or None,
        "drop": list(wish.dropped) or None,
        "away_from": wish.away.first.isoformat() if wish.away else None,
        "away_until": wish.away.last.isoformat() if wish.away else None,
        "reason": _reason(wish),
    }
    return Call(tools.PLAN_CHANGE, {name: value for name, value in asked.items() if value is not None})


def _absent_only(wish: Wish, scene: Scene) -> str:
    """That the skills to be left out are no part of the plan, where nothing else is asked for; empty otherwise."""
    plan = scene.plan
    others = (wish.weekly_hours, wish.days, wish.more_days, wish.role, wish.away, wish.missed)
    if plan is None or not wish.dropped or any(others):
        return ""
    role = scene.role_named(plan.role)
    part = (
        {skill for item in plan.items for skill in item.skills} | set(role.skills if role else ()) | set(plan.dropped)
    )
    if part & set(wish.dropped):
        return ""
    be = "isn't" if len(wish.dropped) == 1 else "aren't"
    return f"{listed(map(title_text, wish.dropped))} {be} part of your plan. Nothing was changed."


def settle_step(wish: Wish, scene: Scene) -> Call | Draft:
    """The call that settles an item, or which items may have been meant."""
    if scene.plan is None:
        return no_plan(scene)
    if wish.items:
        calls = [Call(tools.ITEM_SETTLE, {"item": item, "outcome": wish.outcome}) for item in wish.items[:MOST_SETTLED]]
        return Call(calls[0].tool, calls[0].arguments, more=tuple(calls[1:]))
    if wish.problem == "already":
        return _said(
            f"“{title_text(wish.unknown)}” isn't open: it is settled already, or was never. Nothing was changed.",
            answered=True,
        )
    if wish.choices:
        named = listed((f"“{title_text(choice)}”" for choice in wish.choices), "or")
        return _said(f"Which one? {named}. Nothing was changed yet.", answered=True)
    following = [item for item in scene.plan.items if item.open][:3]
    named = listed((f"“{title_text(item.title)}”" for item in following), "or")
    open_ones = f" What is open next is {named}." if following else ""
    return _said(f"I don't find “{title_text(wish.unknown)}” in your plan, so nothing was changed.{open_ones}")


def _assess(wish: Wish, scene: Scene) -> Call | Draft:
    if scene.learner is None:
        return no_plan(scene)
    return Call(tools.ASSESS, {"levels": dict(wish.levels)})


def _show(wish: Wish, scene: Scene) -> Call | Draft:
    weeks = len(scene.plan.weeks) if scene.plan else 0
    if wish.week is not None and not 1 <= wish.week <= weeks:
        return _said(f"Your plan has {counted(weeks, 'week')}; there is no week {wish.week}.", answered=True)
    return Call(tools.PLAN_SHOW, {} if wish.week is None else {"week": wish.week})


def _hours_fault(hours: float | None) -> str:
    if hours is None or 0 < hours <= MOST_HOURS:
        return ""
    return f"weekly_hours: a plan takes more than 0 and at most {MOST_HOURS} hours a week. Nothing was changed."


def _away_fault(wish: Wish, scene: Scene) -> str:
    if wish.away is None or wish.away.last >= scene.today:
        return ""
    return f"{day_text(wish.away.last)} is past. Nothing was changed."


def _unknown_role(wish: Wish, scene: Scene) -> str:
    said = title_text(wish.unknown)
    if wish.choices:
        return f"Several roles are called like “{said}”: {listed(map(title_text, wish.choices))}. Name one of them."
    skill = next((name for name in scene.skill_ids if name.lower() == wish.unknown.lower()), None)
    if skill is not None:
        asking = [role.name for role in scene.roles if skill in role.skills]
        needed = f" {listed(map(title_text, asking))} {'asks' if len(asking) == 1 else 'ask'} for it." if asking else ""
        return f"{title_text(skill)} is a skill, and plans lead towards a role.{needed} {_roles(scene)}"
    return f"There is no role called “{said}” here. {_roles(scene)}"


def _unknown_name(wish: Wish, scene: Scene) -> str:
    if wish.dropped or wish.role:
        return f"I don't know “{title_text(wish.unknown)}”. Nothing was changed."
    if wish.choices:
        return f"{_unknown_role(wish, scene)} Nothing was changed."
    skills = list(
        dict.fromkeys(skill for item in (scene.plan.items if scene.plan else ()) if item.open for skill in item.skills)
    )
    named = f" Your plan has {listed(map(title_text, skills[:NAMES_SHOWN]))}." if skills else ""
    return f"There is no skill called “{title_text(wish.unknown)}” here.{named} Nothing was changed."


def _roles(scene: Scene) -> str:
    names = [title_text(role.name) for role in scene.roles]
    if not names:
        return "Your organisation has no roles yet; an editor can add them."
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    shown = f"{', '.join(names[:NAMES_SHOWN])}{more}" if more else listed(names)
    return f"Roles here: {shown}."


def _reason(wish: Wish) -> str:
    """What a change is kept under in the plan's history."""
    if wish.away is not None:
        return f"Away from {wish.away.first.isoformat()} to {wish.away.last.isoformat()}."
    if wish.missed:
        return "Planned anew after time was missed."
    asked = [f"{hours_text(wish.weekly_hours)} a week"] if wish.weekly_hours is not None else []
    if wish.days is not None or wish.more_days is not None:
        asked.append(counted(wish.days, "day") if wish.days is not None else f"{wish.more_days:+d} days")
    if wish.dropped:
        asked.append(f"without {listed(wish.dropped)}")
    if wish.role:
        asked.append(f"towards {wish.role}")
    return f"Asked for in conversation: {', '.join(asked)}"[:LONGEST_REASON]


def _said(text: str, *, answered: bool = False) -> Draft:
    return Draft(lead=text, answered=answered)
