"""The planner: pure functions over plain data (docs/learning/planner.md). ``plan`` is all that others call."""

from learning.planner.planning import plan
from learning.planner.types import (
    Belief,
    Calendar,
    KeptItem,
    PlannedItem,
    PlannedMilestone,
    PlanOutcome,
    PlanRequest,
    ResourceOption,
    ReviewDue,
    SkillNode,
    Verdict,
)

__all__ = [
    "Belief",
    "Calendar",
    "KeptItem",
    "PlanOutcome",
    "PlanRequest",
    "PlannedItem",
    "PlannedMilestone",
    "ResourceOption",
    "ReviewDue",
    "SkillNode",
    "Verdict",
    "plan",
]
