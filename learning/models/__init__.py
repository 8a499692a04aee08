"""Learners, what there is to learn, what was shown, and plans."""

from learning.models.catalogue import (
    Resource,
    ResourceKind,
    ResourceLevel,
    ResourceSkill,
    Role,
    RoleSkill,
    Skill,
    SkillPrerequisite,
)
from learning.models.people import Learner
from learning.models.plans import ItemKind, ItemState, Milestone, Plan, PlanItem, PlanState
from learning.models.progress import Evidence, EvidenceKind, Mastery

__all__ = [
    "Evidence",
    "EvidenceKind",
    "ItemKind",
    "ItemState",
    "Learner",
    "Mastery",
    "Milestone",
    "Plan",
    "PlanItem",
    "PlanState",
    "Resource",
    "ResourceKind",
    "ResourceLevel",
    "ResourceSkill",
    "Role",
    "RoleSkill",
    "Skill",
    "SkillPrerequisite",
]
