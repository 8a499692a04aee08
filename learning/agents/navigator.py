"""The skill navigator: makes, shows, explains and changes the asking person's learning plan in conversation."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any

from agents.catalog.responding import Asked, Reply
from agents.runs.database import in_database
from agents.runtime import events
from agents.runtime.calls import CallResult
from agents.runtime.events import Event
from learning import tools
from learning.agents.drafts import Draft
from learning.agents.facts import Scene
from learning.agents.interpreting import best_of, interpreted, outcome_of
from learning.agents.navigator_steps import Call, step_for, unclear
from learning.agents.navigator_text import answer_draft, declined_draft, failed_draft
from learning.agents.plan_fields import weeks_as_json
from learning.agents.plan_text import explanation_text
from learning.agents.progress_reading import progress_fact
from learning.agents.progress_text import progress_draft
from learning.agents.reading import scene_of
from learning.agents.understanding import plan_wish
from learning.agents.wishes import Wish
from learning.agents.wording import reworded


async def navigate(asked: Asked, reply: Reply) -> AsyncGenerator[Event, None]:
    """Answer a message about a plan. Never holds a database connection while a model speaks."""
    before = await in_database(scene_of, asked.organization_id, asked.actor_id)
    reply.fields = plan_fields(before, None)
    wish = plan_wish(asked.question, asked.given, before.known)
    if asked.kept is not None or (wish.kind == "unclear" and asked.models.available()):
        async for event in _by_model(asked, reply, before, wish):
            yield event
        return
    if wish.kind == "progress" and before.learner is not None:
        await _tell_progress(asked, reply, wish)
        return
    step = step_for(wish, before)
    if isinstance(step, Draft):
        reply.text, reply.answered = step.text(), step.answered
        return
    for call in step.all:
        async for event in asked.tools.call(call.tool, call.arguments):
            yield event
    async for event in _tell(asked, reply, before, wish, step):
        yield event


async def _tell_progress(asked: Asked, reply: Reply, wish: Wish) -> None:
    """A question about progress is answered from the same numbers as by the progress companion."""
    facts = await in_database(progress_fact, asked.organization_id, asked.actor_id)
    if facts is not None:
        reply.text = progress_draft(facts, wish.topic).text()


async def _tell(asked: Asked, reply: Reply, before: Scene, wish: Wish, step: Call) -> AsyncGenerator[Event, None]:
    """What a call that the rules made came to."""
    result = best_of(asked.tools.results)
    after = before
    if step.tool != tools.PLAN_SHOW:
        after = await in_database(scene_of, asked.organization_id, asked.actor_id)
    difference = result.data.get("difference") if result.ok else None
    reply.fields = plan_fields(after, difference)
    draft = answer_draft(wish, before, after, result, asked.passages) if result.ok else failed_draft(result)
    if draft.explanation and asked.models.available():
        yield events.thought("Putting it in words.")
    for event in await reworded(asked, reply, draft):
        yield event
    reply.cited = [passage.number for passage in asked.passages if f"[{passage.number}]" in reply.text]


async def _by_model(asked: Asked, reply: Reply, before: Scene, wish: Wish) -> AsyncGenerator[Event, None]:
    """What a model made of a message; its calls are told of in the rules' own texts."""
    async for event in interpreted(asked, reply, before):
        yield event
    if asked.tools.parked:
        return
    found = outcome_of(asked.tools.results)
    if found is None:
        draft = unclear(before)
        reply.text, reply.answered = draft.text(), draft.answered
        return
    kind, result = found
    after = await in_database(scene_of, asked.organization_id, asked.actor_id)
    reply.fields = plan_fields(after, result.data.get("difference") if result.ok else None)
    draft = _draft_of(kind, result, before, after)
    reply.text, reply.answered = draft.text(), draft.answered


def _draft_of(kind: Any, result: CallResult, before: Scene, after: Scene) -> Draft:
    if result.decision:
        return declined_draft(result)
    if not result.ok:
        return failed_draft(result)
    arguments = result.call.arguments
    wish = Wish(
        kind=kind, week=arguments.get("week"), outcome=arguments.get("outcome"), items=(arguments.get("item", ""),),
        levels=arguments.get("levels", {}),
    )  # fmt: skip
    return answer_draft(wish, before, after, result, ())


def plan_fields(scene: Scene, difference: Mapping[str, Any] | None) -> dict[str, Any]:
    """The fields of the navigator's answer, whatever was asked: the plan as it is now. ``plan_30d`` has all weeks of it."""
    plan = scene.plan
    return {
        "plan_30d": weeks_as_json(plan) if plan else [],
        "explainability": explanation_text(plan) if plan else "",
        "verdict": dict(plan.verdict) if plan else None,
        "difference": dict(difference) if difference else None,
        "plan": dict(scene.plan_json) if scene.plan_json else None,
    }
