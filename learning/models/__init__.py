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
from learning.models.progress import Completion, Evidence, EvidenceKind, Mastery, ReviewCard
from learning.models.reminders import CalendarSubscription, MailState, Nudge, NudgeKind
from learning.models.statements import Statement, StatementTerm
from learning.models.teams import Team, TeamLead, TeamMember

__all__ = [
    "CalendarSubscription",
    "Completion",
    "Evidence",
    "EvidenceKind",
    "ItemKind",
    "ItemState",
    "Learner",
    "MailState",
    "Mastery",
    "Milestone",
    "Nudge",
    "NudgeKind",
    "Plan",
    "PlanItem",
    "PlanState",
    "Resource",
    "ResourceKind",
    "ResourceLevel",
    "ResourceSkill",
    "ReviewCard",
    "Role",
    "RoleSkill",
    "Skill",
    "SkillPrerequisite",
    "Statement",
    "StatementTerm",
    "Team",
    "TeamLead",
    "TeamMember",
]
