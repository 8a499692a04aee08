"""What the skill navigator answers once a call was made. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from agents.providers.base import Passage
from agents.runtime.calls import CallResult
from agents.runtime.tool_step import IN_DOUBT
from learning.agents.drafts import Draft
from learning.agents.facts import ItemFact, PlanFact, Scene
from learning.agents.naming import FILLERS, words_of
from learning.agents.phrases import counted, day_text, listed, percent_text, time_text, title_text
from learning.agents.plan_text import changed_draft, day_draft, item_draft, plan_draft, skill_draft, week_draft
from learning.agents.wishes import Wish

MOST_DOCUMENTS = 2


def answer_draft(wish: Wish, before: Scene, after: Scene, result: CallResult, passages: Sequence[Passage]) -> Draft:
    """The answer to a wish that was carried out. ``passages`` are documents that fit the message."""
    plan = after.plan
    if wish.kind == "assess":
        return _assessed(wish, after)
    if wish.kind == "settle":
        return settled_draft(wish, after)
    if plan is None:
        return Draft(lead=result.summary)
    if wish.kind == "make":
        lead = _made(wish, before, plan) + _role_changed(before, after)
        return _with_documents(plan_draft(plan, after.today, lead=lead), plan, passages)
    if wish.kind == "change":
        lead = _changed(wish, before, plan) + _role_changed(before, after)
        return changed_draft(after, result.data.get("difference") or {}, lead)
    if wish.kind == "explain":
        return _with_documents(_explained(wish, after, plan), plan, passages)
    return _shown(wish, after, plan)


def failed_draft(result: CallResult) -> Draft:
    """A call that could not be made."""
    unchanged = "" if result.summary.endswith(IN_DOUBT) else " Nothing was changed."
    return Draft(lead=f"That could not be done: {title_text(result.summary)}{unchanged}", answered=False)


def declined_draft(result: CallResult) -> Draft:
    """A call that a person declined, or didn't decide about in time."""
    said = "You declined it" if result.decision == "denied" else "Nobody approved it in time"
    return Draft(lead=f"{said}, so nothing was changed.")


def settled_draft(wish: Wish, scene: Scene) -> Draft:
    """What became of items, and what is next."""
    wanted = {"done": "done", "skipped": "skipped", "planned": "planned"}[wish.outcome or "done"]
    state = "open again" if wanted == "planned" else wanted
    items = [item for item in map(scene.item, wish.items) if item is not None and item.state == wanted]
    if not items or scene.plan is None:
        # The last open item finishes a plan, which then isn't the active one any more.
        return Draft(lead=f"It is {state}. That was the last open item: your plan is finished.")
    named = listed(f"“{title_text(item.name)}” of {day_text(item.date)}" for item in items)
    lead = f"{named} {'is' if len(items) == 1 else 'are'} {state}."
    return Draft(lead=f"{lead}{_other_parts(wish, scene, items[-1])}", body=_standing(scene.plan))


def _other_parts(wish: Wish, scene: Scene, item: ItemFact) -> str:
    """How to settle the rest of a resource that comes in parts."""
    plan = scene.plan
    rest = [each for each in plan.items if each.open and each.resource == item.resource] if plan else []
    if wish.outcome == "planned" or not item.resource or not rest:
        return ""
    said = f" {counted(len(rest), 'more part')} of it {'is' if len(rest) == 1 else 'are'} open"
    verb = "skip" if wish.outcome == "skipped" else "mark"
    end = "" if wish.outcome == "skipped" else " as done"
    return f"{said}; say “{verb} all of {title_text(item.resource)}{end}” for the rest."


def _standing(plan: PlanFact) -> str:
    done = [each for each in plan.items if each.state == "done"]
    rest = [each for each in plan.items if each.open]
    said = f"{counted(len(done), 'item')} of {len(plan.items)} in your plan {'is' if len(done) == 1 else 'are'} done."
    if rest:
        said += f" Next is “{title_text(rest[0].name)}” on {day_text(rest[0].date)} ({time_text(rest[0].minutes)})."
    return said


def _made(wish: Wish, before: Scene, plan: PlanFact) -> str:
    """What a plan was made on, where that wasn't said."""
    assumed = []
    if before.learner is None:
        assumed.append("you are a learner here from now on, with time on Monday to Friday and dates in UTC")
    if wish.days is None:
        assumed.append(f"{plan.days} days")
    if wish.weekly_hours is None:
        assumed.append(f"{time_text(plan.weekly_minutes)} a week, as your days allow")
    if not (before.learner and before.learner.assessed) and not wish.levels:
        assumed.append("nothing known of the skills yet (say, for example, “I know Git well”)")
    said = (
        "Here is your plan." if before.plan is None else "Here is your new plan; the one before is kept in its history."
    )
    return f"{said} Assumed, since you didn't say otherwise: {'; '.join(assumed)}." if assumed else said


def _changed(wish: Wish, before: Scene, plan: PlanFact) -> str:
    same = before.plan is not None and before.plan.version == plan.version
    said = "Your plan is as it was." if same else f"Your plan is computed anew; it is version {plan.version} now."
    parts = []
    if wish.away is not None:
        parts.append(f"nothing is planned from {day_text(wish.away.first)} to {day_text(wish.away.last)}")
    if wish.dropped:
        parts.append(f"{listed(map(title_text, wish.dropped))} {'is' if len(wish.dropped) == 1 else 'are'} left out")
    if parts:
        told = listed(parts)
        said += f" {told[:1].upper()}{told[1:]}."
    return said


def _role_changed(before: Scene, after: Scene) -> str:
    """That a plan towards another role is a learner's towards it."""
    if before.learner is None or after.learner is None or before.learner.role == after.learner.role:
        return ""
    was = f", no longer {title_text(before.learner.role)}" if before.learner.role else ""
    return f" The role that you work towards is {title_text(after.learner.role)} now{was}."


def _explained(wish: Wish, scene: Scene, plan: PlanFact) -> Draft:
    item = scene.item(wish.items[0]) if wish.items else None
    if item is not None:
        return item_draft(item, plan)
    if wish.subject:
        return skill_draft(wish.subject, scene)
    if wish.unknown:
        return Draft(
            lead=f"I find nothing called “{title_text(wish.unknown)}” in your plan. Name an item of it, or a skill.",
            answered=False,
        )
    return plan_draft(plan, scene.today, whole=False)


def _shown(wish: Wish, scene: Scene, plan: PlanFact) -> Draft:
    if wish.subject == "day" and wish.day is not None:
        return day_draft(plan, wish.day)
    week = next((week for week in plan.weeks if week.number == wish.week), None)
    if wish.day is not None:
        week = plan.week_of(wish.day)
        if week is None:
            span = f"from {day_text(plan.starts_on)} to {day_text(plan.ends_on)}"
            return Draft(lead=f"{day_text(wish.day)} lies outside of your plan, which runs {span}.")
    return week_draft(plan, week) if week else plan_draft(plan, scene.today)


def _assessed(wish: Wish, scene: Scene) -> Draft:
    levels = listed(f"{title_text(name)} {percent_text(level)}" for name, level in wish.levels.items())
    said = f"Noted, as your own assessment: {levels}."
    if scene.plan is not None:
        said += " Say “replan” to have your plan take it into account."
    return Draft(lead=said)


def _with_documents(draft: Draft, plan: PlanFact, passages: Sequence[Passage]) -> Draft:
    """The draft with the organisation's own documents that are titled after the plan's role or one of its skills, each
    once. Others that were found fit the words of the message, such as "hours a week", and not what there is to learn."""
    skills = {skill for item in plan.items for skill in item.skills}
    names = [name for name in (set(words_of(each)) - FILLERS for each in {plan.role, *skills}) if name]
    found: dict[str, Passage] = {}
    for passage in passages:
        titled = words_of(f"{passage.title or passage.path} {passage.heading}")
        if passage.relevant and any(name.issubset(titled) for name in names):
            found.setdefault(passage.document_id, passage)
    if not found:
        return draft
    named = listed(
        f"{title_text(each.title or each.path)} [{each.number}]" for each in list(found.values())[:MOST_DOCUMENTS]
    )
    return dataclasses.replace(draft, body=f"{draft.body}\n\nYour organisation's documents on it: {named}.".strip())
