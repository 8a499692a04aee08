"""The self-assessment: what a learner says they know of the skills that their role needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from agents.pages.access import member_page
from aurora_site.accounts.identity import Identity
from learning.errors import LearningError
from learning.models import Evidence, EvidenceKind, Learner, Skill
from learning.pages.access import acting, page_context
from learning.pages.drawings.skill_graph import layers_of
from learning.pages.skill_states import reached
from learning.selectors import catalogue
from learning.selectors.people import learner_of
from learning.selectors.plans import active_plan
from learning.services.evidence import learner_assess

# The steps of the scale: the value in the form, what it means on the scale of mastery, and its words.
STEPS = (
    ("0", 0.0, "New to me"),
    ("1", 0.25, "I know the idea"),
    ("2", 0.5, "I manage with help"),
    ("3", 0.75, "I do it on my own"),
    ("4", 1.0, "I could teach it"),
)
# The same of somebody else.
STEPS_OF_OTHERS = (
    ("0", "New to them"),
    ("1", "Knows the idea"),
    ("2", "Manages with help"),
    ("3", "Does it on their own"),
    ("4", "Could teach it"),
)
LEVELS = {value: level for value, level, _ in STEPS}


@dataclass(frozen=True)
class Question:
    """A skill that is asked about, with the step that is chosen; ``error`` says what is wrong with the answer."""

    skill: Skill
    chosen: str = ""
    error: str = ""

    @property
    def name(self) -> str:
        return f"level-{self.skill.pk}"


@require_http_methods(["GET", "HEAD", "POST"])
@member_page
def assessment(request: HttpRequest, identity: Identity) -> HttpResponse:
    """The questions, the basics first; answers are kept as evidence, and what isn't answered stays unknown."""
    learner = learner_of(identity)
    if learner is None:
        return redirect("learning-page")
    skills = assessed_skills(learner)
    if request.method != "POST":
        return _asked(request, identity, _questions(skills, _said(learner)))
    questions = _answered(skills, request.POST)
    if any(question.error for question in questions):
        return _asked(request, identity, questions, problem="Some answers are none of the steps.", status=400)
    levels = {question.skill.pk: LEVELS[question.chosen] for question in questions if question.chosen}
    if not levels:
        return _asked(request, identity, questions, problem="Answer at least one.", status=400)
    try:
        learner_assess(**acting(identity), learner_id=learner.pk, levels=levels)
    except LearningError as error:
        return _asked(request, identity, questions, problem=str(error), status=400)
    messages.success(request, "That is kept; you can change it whenever you like.")
    return redirect("learning-skills-page" if active_plan(learner) else "learning-plan-new-page")


def assessed_skills(learner: Learner) -> list[Skill]:
    """The skills of the learner's role with all that come before them (all skills without a role), the basics first."""
    every = {skill.pk: skill for skill in catalogue.skills(learner.organization_id)}
    graph = catalogue.prerequisite_graph(learner.organization_id)
    targets = list(learner.role.targets.values_list("skill_id", flat=True)) if learner.role else list(every)
    wanted = {str(each): each for each in reached(graph, targets) if each in every}
    edges = [(str(need), key) for key, each in wanted.items() for need in graph.get(each, ()) if str(need) in wanted]
    layers = layers_of(wanted, edges)
    return [
        skill for layer in layers for skill in sorted((every[wanted[key]] for key in layer), key=lambda each: each.name)
    ]


def _said(learner: Learner) -> Mapping[UUID, str]:
    """The step that the learner chose last for each skill."""
    rows = Evidence.objects.for_organization(learner.organization_id).filter(
        learner=learner, kind=EvidenceKind.SELF_ASSESSMENT
    )
    values = dict(rows.order_by("observed_at", "pk").values_list("skill_id", "value"))
    return {skill: min(LEVELS, key=lambda step: abs(LEVELS[step] - value)) for skill, value in values.items()}


def _questions(skills: Sequence[Skill], said: Mapping[UUID, str]) -> list[Question]:
    return [Question(skill, said.get(skill.pk, "")) for skill in skills]


def _answered(skills: Sequence[Skill], form: QueryDict) -> list[Question]:
    """The questions with the answers of a form."""
    found = []
    for skill in skills:
        chosen = form.get(f"level-{skill.pk}", "")
        is_step = not chosen or chosen in LEVELS
        found.append(Question(skill, chosen if is_step else "", "" if is_step else "Choose one of the steps."))
    return found


def _asked(
    request: HttpRequest, identity: Identity, questions: Sequence[Question], *, problem: str = "", status: int = 200
) -> HttpResponse:
    context = page_context(identity, "today") | {
        "questions": questions,
        "steps": [(value, words) for value, _, words in STEPS],
        "answered": sum(bool(question.chosen) for question in questions),
        "problem": problem,
    }
    return render(request, "learning/assessment.html", context, status=status)
