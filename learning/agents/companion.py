"""The progress companion: says how the asking person's learning is going, what is overdue, what is next and why."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from agents.catalog.responding import Asked, Reply
from agents.runs.database import in_database
from agents.runtime import events
from agents.runtime.events import Event
from learning import tools
from learning.agents.drafts import Draft
from learning.agents.facts import Scene
from learning.agents.interpreting import best_of, interpreted, outcome_of
from learning.agents.navigator_steps import Call, how_to_begin, settle_step
from learning.agents.navigator_text import declined_draft, failed_draft, settled_draft
from learning.agents.progress_reading import progress_fact
from learning.agents.progress_text import ProgressFact, fields_of, fields_of_nobody, progress_draft, summary_text
from learning.agents.reading import scene_of
from learning.agents.understanding import progress_wish
from learning.agents.wishes import Topic, Wish
from learning.agents.wording import reworded

UNCLEAR = (
    "I didn't understand what you would like to know. I say how your learning"
    " is going, what is overdue, what is next and "
    "when you will be done, and mark items as done. Try “How am I doing?” or “What is overdue?”."
)
OTHERS = (
    "I speak of your own learning only, and tell nobody how others are doing."
    " Who leads a team finds it at /learning/teams."
)


async def accompany(asked: Asked, reply: Reply) -> AsyncGenerator[Event, None]:
    """Answer a message about progress. Never holds a database connection while a model speaks."""
    scene = await in_database(scene_of, asked.organization_id, asked.actor_id)
    wish = progress_wish(asked.question, scene.known)
    if scene.learner is None:
        said = f"You aren't a learner here yet, so there is no progress to tell of. {how_to_begin(scene)}"
        reply.text, reply.fields = said, fields_of_nobody(said, wish.topic)
        return
    if wish.kind == "others":
        reply.text, reply.fields = OTHERS, fields_of_nobody(OTHERS, "overview")
        return
    if asked.kept is not None or (wish.kind == "unclear" and asked.models.available()):
        async for event in _by_model(asked, reply, scene):
            yield event
        return
    step: Call | Draft = Draft(lead=UNCLEAR, answered=False)
    if wish.kind == "settle":
        step = settle_step(wish, scene)
    elif wish.kind == "progress":
        step = Call(tools.PROGRESS_SHOW, {})
    async for event in _carry_out(asked, reply, wish, step):
        yield event


async def _carry_out(asked: Asked, reply: Reply, wish: Wish, step: Call | Draft) -> AsyncGenerator[Event, None]:
    """Make the call that the rules found, and tell of it."""
    if isinstance(step, Call):
        for call in step.all:
            async for event in asked.tools.call(call.tool, call.arguments):
                yield event
    draft, facts = await in_database(_draft, asked, wish, step)
    _fill(reply, facts, wish.topic)
    if draft.explanation and asked.models.available():
        yield events.thought("Putting it in words.")
    for event in await reworded(asked, reply, draft):
        yield event


def _draft(asked: Asked, wish: Wish, step: Call | Draft) -> tuple[Draft, ProgressFact | None]:
    facts = progress_fact(asked.organization_id, asked.actor_id)
    if isinstance(step, Draft):
        return step, facts
    result = best_of(asked.tools.results)
    if not result.ok or facts is None:
        return failed_draft(result), facts
    if wish.kind == "settle":
        return settled_draft(wish, scene_of(asked.organization_id, asked.actor_id)), facts
    return progress_draft(facts, wish.topic), facts


async def _by_model(asked: Asked, reply: Reply, scene: Scene) -> AsyncGenerator[Event, None]:
    """What a model made of a message; told of in the rules' own texts."""
    async for event in interpreted(asked, reply, scene):
        yield event
    if asked.tools.parked:
        return
    draft, facts = await in_database(_draft_of_model, asked)
    _fill(reply, facts, "overview")
    reply.text, reply.answered = draft.text(), draft.answered


def _draft_of_model(asked: Asked) -> tuple[Draft, ProgressFact | None]:
    facts = progress_fact(asked.organization_id, asked.actor_id)
    found = outcome_of(asked.tools.results)
    if found is None or facts is None:
        return Draft(lead=UNCLEAR, answered=False), facts
    kind, result = found
    if result.decision:
        return declined_draft(result), facts
    if not result.ok:
        return failed_draft(result), facts
    if kind == "settle":
        arguments: Any = result.call.arguments
        wish = Wish(kind="settle", outcome=arguments["outcome"], items=(arguments["item"],))
        return settled_draft(wish, scene_of(asked.organization_id, asked.actor_id)), facts
    return progress_draft(facts, "overview"), facts


def _fill(reply: Reply, facts: ProgressFact | None, topic: Topic) -> None:
    if facts is not None:
        reply.fields = fields_of(facts, topic, summary=summary_text(facts, topic))
