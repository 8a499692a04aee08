"""The graph of skills, and the page of one skill."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from agents.pages.access import member_page
from aurora_site.accounts.identity import Identity
from learning.models import ItemState, Learner, PlanItem, Role, Skill
from learning.pages.access import page_context
from learning.pages.charts import MasteryChart, mastery_charts
from learning.pages.drawings.skill_graph import Node, drawing
from learning.pages.skill_states import STATE_WORDS, around, reached, skill_states
from learning.planner.types import Belief
from learning.selectors import catalogue
from learning.selectors.mastery import mastery_now
from learning.selectors.people import learner_of

MOST_SKILLS = 2_000
MOST_RESOURCES = 30
MOST_LISTED = 300


@dataclass(frozen=True)
class Known:
    """The organisation's skills, and where the reader stands with each; ``state`` is empty for one who doesn't learn."""

    skills: Mapping[UUID, Skill]
    needs: Mapping[UUID, Collection[UUID]]
    targets: Mapping[UUID, float]
    mastery: Mapping[UUID, Belief]
    states: Mapping[UUID, str]

    def name_of(self, skill_id: UUID) -> str:
        return self.skills[skill_id].name.lower()

    def row(self, skill_id: UUID) -> SkillRow:
        belief, state = self.mastery.get(skill_id), self.states.get(skill_id, "")
        return SkillRow(
            skill=self.skills[skill_id],
            state=state,
            words=STATE_WORDS.get(state, ""),
            percent=None if belief is None else round(100 * belief.mean),
            needs=sorted((self.skills[each] for each in self.needs.get(skill_id, ())), key=lambda skill: skill.name),
        )


@dataclass(frozen=True)
class SkillRow:
    skill: Skill
    state: str
    words: str
    percent: int | None
    needs: Sequence[Skill]

    def node(self) -> Node:
        words = f"{self.words} · {self.percent} %" if self.percent is not None and self.words else self.words
        return Node(str(self.skill.pk), self.skill.name, self.state, words, (self.percent or 0) / 100)


@require_safe
@member_page
def skills(request: HttpRequest, identity: Identity) -> HttpResponse:
    """The graph, narrowed to what a role needs (``role``) or to what lies around a skill (``skill``)."""
    learner = learner_of(identity)
    roles = list(catalogue.roles(identity.organization_id))
    role = _role(roles, request.GET.get("role"), learner)
    known = known_skills(identity, learner, role)
    focus = next((each for each in known.skills if str(each) == request.GET.get("skill", "")), None)
    shown = _shown(known, role, focus)
    rows = sorted((known.row(each) for each in shown), key=lambda row: row.skill.name.lower())
    edges = [(str(need), str(each)) for each in shown for need in known.needs.get(each, ()) if need in shown]
    context = page_context(identity, "skills") | {
        "learner": learner,
        "roles": roles,
        "role": role,
        "focus": known.skills.get(focus) if focus else None,
        "drawing": drawing([row.node() for row in rows], edges, focus=str(focus or "")) if rows else None,
        "rows": rows[:MOST_LISTED],
        "more": max(len(rows) - MOST_LISTED, 0),
        "total": len(known.skills),
        "counts": [(key, words, sum(row.state == key for row in rows)) for key, words in STATE_WORDS.items()],
    }
    return render(request, "learning/skills.html", context)


@require_safe
@member_page
def skill(request: HttpRequest, identity: Identity, skill_id: UUID) -> HttpResponse:
    """What a skill needs, what it opens, what teaches it, and the reader's own mastery of it over time."""
    learner = learner_of(identity)
    known = known_skills(identity, learner, learner.role if learner else None)
    if skill_id not in known.skills:
        raise Http404("There is no such skill.")
    opened = [each for each, needs in known.needs.items() if skill_id in needs]
    found = catalogue.matching_resources(organization_id=identity.organization_id, skill_id=skill_id, text="")
    near = {skill_id, *opened, *known.needs.get(skill_id, ())}
    edges = [(str(need), str(each)) for each in near for need in known.needs.get(each, ()) if need in near]
    context = page_context(identity, "skills") | {
        "learner": learner,
        "row": known.row(skill_id),
        "needs": [known.row(each) for each in sorted(known.needs.get(skill_id, ()), key=known.name_of)],
        "opens": [known.row(each) for each in sorted(opened, key=known.name_of)],
        "resources": found.filter(offered=True)[:MOST_RESOURCES],
        "drawing": drawing([known.row(each).node() for each in near], edges, focus=str(skill_id)),
        "roles": Role.objects.for_organization(identity.organization_id).filter(targets__skill_id=skill_id),
        "charts": _chart(learner, known, skill_id),
    }
    return render(request, "learning/skill.html", context)


def known_skills(identity: Identity, learner: Learner | None, role: Role | None) -> Known:
    """All skills of the organisation, up to ``MOST_SKILLS``, in a constant number of queries."""
    found = {row.pk: row for row in catalogue.skills(identity.organization_id)[:MOST_SKILLS]}
    graph = catalogue.prerequisite_graph(identity.organization_id)
    needs = {each: needed & found.keys() for each, needed in graph.items() if each in found}
    targets = {target.skill_id: target.level for target in role.targets.all()} if role else {}
    mastery = mastery_now(learner) if learner else {}
    states = (
        skill_states(found, prerequisites=needs, mastery=mastery, targets=targets, studied=_studied(learner))
        if learner
        else {}
    )
    return Known(found, needs, targets, mastery, states)


def _studied(learner: Learner) -> set[UUID]:
    """The skills of which an item of any plan is done."""
    done = PlanItem.objects.filter(plan__learner=learner, state=ItemState.DONE)
    return set(done.order_by().values_list("skills", flat=True).distinct()) - {None}


def _role(roles: Sequence[Role], asked: str | None, learner: Learner | None) -> Role | None:
    """The role that is asked for; the learner's own where none is named; None for all skills (``role=``)."""
    wanted = str(learner.role_id) if asked is None and learner else asked
    return next((role for role in roles if str(role.pk) == wanted), None)


def _shown(known: Known, role: Role | None, focus: UUID | None) -> set[UUID]:
    if focus is not None:
        return around(known.needs, focus)
    if role is None:
        return set(known.skills)
    return reached(known.needs, known.targets.keys() & known.skills.keys())


def _chart(learner: Learner | None, known: Known, skill_id: UUID) -> Sequence[MasteryChart]:
    if learner is None or skill_id not in known.mastery:
        return []
    return mastery_charts(learner, {skill_id: known.skills[skill_id]}, known.targets)
