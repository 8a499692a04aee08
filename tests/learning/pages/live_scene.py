"""What browser tests need in a running installation; each function acts for its administrator's own learner."""

from __future__ import annotations

import json
from datetime import timedelta

from django.utils import timezone

from aurora_site.accounts.models import Membership
from learning.models import ItemState, Learner, Nudge, Plan, PlanItem, PlanState, Team
from learning.selectors.plans import active_plan
from learning.services.evidence import learner_assess
from learning.services.items import item_complete
from learning.services.plans import plan_create, plan_replan
from learning.services.teams import team_create
from tests.learning.pages.scene import learner_for, role_of, skill_of
from tests.live import ADMIN_EMAIL


def admin() -> Membership:
    return Membership.objects.get(user__email=ADMIN_EMAIL)


def role_to_grow_towards(name: str) -> str:
    """A role of three skills that build on each other."""
    git = skill_of(admin(), "Version control", key=f"git-{name[-6:]}")
    python = skill_of(admin(), "Python", git, key=f"python-{name[-6:]}")
    return role_of(admin(), name, git, python, skill_of(admin(), "Web services", python, key=f"web-{name[-6:]}")).name


def learners_forget() -> str:
    """Nobody has begun yet."""
    for team in Team.objects.for_organization(admin().organization_id).filter(learners__user=admin().user):
        team.delete()
    Learner.objects.for_organization(admin().organization_id).filter(user=admin().user).delete()
    return ""


def _plan() -> Plan:
    plan = active_plan(Learner.objects.get(user=admin().user))
    assert plan is not None
    return plan


def a_week_passes() -> str:
    """As if the plan had been made eight days ago."""
    week, plan = timedelta(days=8), _plan()
    Plan.objects.filter(pk=plan.pk).update(starts_on=plan.starts_on - week, created_at=plan.created_at - week)
    for item in plan.items.all():
        settled = item.settled_at - week if item.settled_at else None
        PlanItem.objects.filter(pk=item.pk).update(date=item.date - week, settled_at=settled)
    return ""


def items_to_come() -> str:
    """How many events the calendar file of the plan has."""
    return str(_plan().items.exclude(state=ItemState.SKIPPED).count())


def everything_at_once(long_word: str) -> str:
    """A learner with all that the pages can show; the paths of the pages."""
    learners_forget()
    mark = timezone.now().strftime("%H%M%S%f")
    base = skill_of(admin(), f"Base {long_word}"[:200], key=f"base-{mark}")
    skills = [base, *(skill_of(admin(), f"Skill {number}", base, key=f"s{number}-{mark}") for number in range(4))]
    learner = learner_for(admin(), role_of(admin(), f"Role {mark} {long_word}"[:200], *skills), name=long_word)
    about = {"organization_id": learner.organization_id, "actor_id": admin().user_id}
    learner_assess(**about, learner_id=learner.pk, levels={skills[1].pk: 1.0, skills[2].pk: 0.5})
    plan_create(**about, learner_id=learner.pk, days=30, weekly_hours=1)
    item = _plan().items.first()
    assert item is not None
    item_complete(**about, plan_id=item.plan_id, item_id=item.pk)
    a_week_passes()
    plan, _ = plan_replan(**about, plan_id=_plan().pk, days=40, reason=long_word[:200])
    PlanItem.objects.filter(pk=plan.items.filter(state=ItemState.PLANNED).first().pk).update(
        date=timezone.now().date() - timedelta(days=2), title=long_word[:200]
    )
    Nudge.objects.create(
        learner=learner, organization_id=learner.organization_id, kind="overdue", occasion=mark, title=long_word[:200]
    )
    team = team_create(
        **about, name=f"Team {mark} {long_word}"[:200], learner_ids=[learner.pk], lead_ids=[admin().user_id]
    )
    assert Plan.objects.filter(learner=learner, state=PlanState.ACTIVE).count() == 1
    pages = ["", "/assessment", "/plan", "/plan/new", "/progress", "/skills", "/teams", "/settings"]
    of_rows = [
        f"/plans/{plan.pk}/changes",
        f"/plans/{plan.pk}/history",
        f"/skills/{base.pk}",
        f"/skills?skill={base.pk}",
        f"/teams/{team.pk}",
    ]
    return json.dumps([f"/learning{path}" for path in [*pages, *of_rows]])
