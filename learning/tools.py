"""The tools that agents show and change people's learning with: only ever that of the person who asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from agents.runs.database import in_database
from agents.tools.base import Effect, RoleName, ToolContext, ToolOutput
from agents.tools.registry import register
from learning.agents import doing, telling
from learning.agents.doing import Work
from learning.models.plans import MAXIMUM_DAYS, MINIMUM_DAYS

PLAN_SHOW, PLAN_MAKE, PLAN_CHANGE = "learning.plan_show", "learning.plan_make", "learning.plan_change"
ITEM_SETTLE, ASSESS, PROGRESS_SHOW = "learning.item_settle", "learning.assess", "learning.progress_show"
NAVIGATOR_TOOLS = (PLAN_SHOW, PLAN_MAKE, PLAN_CHANGE, ITEM_SETTLE, ASSESS)
COMPANION_TOOLS = (PROGRESS_SHOW, ITEM_SETTLE)

_DAY = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$", "format": "date"}
_NAME = {"type": "string", "minLength": 1, "maxLength": 200}
_DAYS = {"type": "integer", "description": f"How many days the plan has, {MINIMUM_DAYS} to {MAXIMUM_DAYS}."}
_HOURS = {"type": "number", "exclusiveMinimum": 0, "maximum": 80, "description": "Hours a week at most."}
_ROLE = {**_NAME, "description": "The name of a role of the organisation."}
_LEVELS = {
    "type": "object",
    "additionalProperties": {"type": "number", "minimum": 0, "maximum": 1},
    "minProperties": 1,
    "maxProperties": 200,
    "description": "How well they know skills: from 0 to 1, by the name of the skill.",
}


@dataclass(frozen=True, kw_only=True)
class LearningTool:
    """A tool that works on the learning of the person for whom it is called; no argument names anybody else."""

    name: str
    title: str
    description: str
    properties: Mapping[str, Any]
    required: tuple[str, ...] = ()
    effect: Effect
    work: Work
    said: Callable[[Mapping[str, Any]], str]
    idempotent: bool = True
    role: RoleName = "viewer"

    @property
    def parallel(self) -> bool:
        return self.effect == "read"

    @property
    def parameters(self) -> Mapping[str, Any]:
        return {
            "type": "object",
            "properties": dict(self.properties),
            "required": list(self.required),
            "additionalProperties": False,
        }

    def summary(self, arguments: Mapping[str, Any]) -> str:
        return self.said(arguments)

    async def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        return await in_database(self.work, arguments, context)


def register_all() -> None:
    """Make the tools known."""
    for tool in _TOOLS:
        register(tool)


_TOOLS = (
    LearningTool(
        name=PLAN_SHOW,
        title="Show the learning plan",
        description="The person's learning plan, or one week of it, with the ids of its items; and the roles there are.",
        properties={"week": {"type": "integer", "minimum": 1, "maximum": 9}},
        effect="read",
        work=doing.plan_show,
        said=lambda arguments: "Show the learning plan",
    ),
    LearningTool(
        name=PLAN_MAKE,
        title="Make a learning plan",
        description="Makes a new learning plan for the person towards a role; it takes the place of the one there is.",
        properties={
            "days": _DAYS, "role": _ROLE, "weekly_hours": _HOURS, "starts_on": _DAY, "levels": _LEVELS,
        },
        required=("days",),
        effect="own",
        work=doing.plan_make,
        said=telling.making,
    ),
    LearningTool(
        name=PLAN_CHANGE,
        title="Change the learning plan",
        description=(
            "Computes the rest of the person's plan anew: with other hours a week, another length, another role, without "
            "some skills, around days on which they are away, or simply from today after days were missed."
        ),
        properties={
            "weekly_hours": _HOURS,
            "days": _DAYS,
            "role": _ROLE,
            "drop": {"type": "array", "items": _NAME, "minItems": 1, "maxItems": 50, "description": "Names of skills."},
            "away_from": {**_DAY, "description": "The first day on which they are away."},
            "away_until": {**_DAY, "description": "The last day on which they are away."},
            "reason": {"type": "string", "maxLength": 200},
        },
        effect="own",
        work=doing.plan_change,
        said=telling.changing,
        idempotent=False,
    ),
    LearningTool(
        name=ITEM_SETTLE,
        title="Settle an item of the plan",
        description="Marks an item of the person's plan as done or skipped, or opens it again (planned).",
        properties={
            "item": {"type": "string", "minLength": 36, "maxLength": 36, "description": "The item's id."},
            "outcome": {"enum": ["done", "skipped", "planned"]},
            "minutes": {"type": "integer", "minimum": 1, "maximum": 1440, "description": "How long it took."},
        },
        required=("item", "outcome"),
        effect="own",
        work=doing.item_settle,
        said=lambda arguments: f"Mark an item of the learning plan as {arguments['outcome']}",
    ),
    LearningTool(
        name=ASSESS,
        title="Note what they know",
        description="Notes how well the person says they know skills, which plans take into account.",
        properties={"levels": _LEVELS},
        required=("levels",),
        effect="own",
        work=doing.assess,
        said=telling.assessing,
    ),
    LearningTool(
        name=PROGRESS_SHOW,
        title="Show the progress",
        description="How the person is doing: what is done, overdue and next, pace, streak, forecast, mastery.",
        properties={},
        effect="read",
        work=doing.progress_show,
        said=lambda arguments: "Show the progress",
    ),
)  # fmt: skip
