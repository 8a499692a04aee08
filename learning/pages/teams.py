"""Teams: for their leads how each member is doing, for others the averages, or why there are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from agents.pages.access import member_page
from aurora_site.accounts.identity import Identity
from learning.errors import BadValue, LearningError
from learning.models import EvidenceKind, Skill, Team
from learning.pages.access import acting, page_context
from learning.pages.assessment import LEVELS, STEPS_OF_OTHERS
from learning.pages.drawings.spark import Spark, spark
from learning.selectors.aggregates import aggregate
from learning.selectors.people import learners_led_by
from learning.selectors.progress import Progress
from learning.selectors.teams import leads_team, team_progress, teams_known_to
from learning.services.evidence import evidence_record

MOST_TEAMS, MOST_SKILLS, LONGEST_NOTE = 100, 1_000, 2_000


@dataclass(frozen=True)
class MemberRow:
    """A member of a team; ``weeks`` draws the minutes done in each week of the plan so far."""

    progress: Progress
    weeks: Spark | None
    may_attest: bool

    @property
    def week_words(self) -> str:
        minutes = done_by_week(self.progress)
        return f"Minutes done by week: {', '.join(map(str, minutes))}"


@require_safe
@member_page
def teams(request: HttpRequest, identity: Identity) -> HttpResponse:
    """The teams that the reader may know of, and how the whole organisation is doing."""
    known = list(teams_known_to(identity)[:MOST_TEAMS])
    context = page_context(identity, "teams") | {
        "teams": [(each, leads_team(identity, each)) for each in known],
        "everyone": aggregate(acting(identity)["organization_id"]),
    }
    return render(request, "learning/teams.html", context)


@require_safe
@member_page
def team(request: HttpRequest, identity: Identity, team_id: UUID) -> HttpResponse:
    """How a team is doing: its members for its leads, averages for others who know of it."""
    found = _team(identity, team_id)
    told = team_progress(identity, found)
    members = [
        MemberRow(each, spark(done_by_week(each)), each.learner.user_id != identity.user_id)
        for each in told.members or ()
    ]
    skills = Skill.objects.for_organization(identity.organization_id)[:MOST_SKILLS] if members else []
    context = page_context(identity, "teams") | {
        "team": found,
        "members": sorted(members, key=lambda row: (not row.progress.at_risk, row.progress.learner.name.lower())),
        "total": told.total,
        "is_lead": told.members is not None,
        "aggregate": told.aggregate,
        "skills": skills,
        "steps": STEPS_OF_OTHERS,
    }
    return render(request, "learning/team.html", context)


@require_POST
@member_page
def attest(request: HttpRequest, identity: Identity, learner_id: UUID) -> HttpResponse:
    """Vouch for how well a learner has a skill: their leads and administrators, for others than themselves."""
    learner = learners_led_by(identity).filter(pk=learner_id).first()
    if learner is None:
        raise Http404("There is no such learner, or it isn't yours to attest.")
    try:
        skill, values, note = _attestation(identity, request.POST)
        evidence_record(
            **acting(identity),
            learner_id=learner.pk,
            kind=EvidenceKind.ATTESTATION,
            values=values,
            note=note,
            attested_by=identity.user_id,
            source="a lead or administrator",
        )
    except LearningError as error:
        messages.error(request, f"{error} Nothing was attested.")
    else:
        messages.success(request, f"{learner.name}: {skill.name} is attested.")
    return redirect(_back(identity, request.POST.get("team", ""), learner_id))


def done_by_week(progress: Progress) -> Sequence[int]:
    """The minutes done in each week of the plan that has begun."""
    return [week.done for week in progress.pace.weeks if week.starts_on <= progress.today]


def _team(identity: Identity, team_id: UUID) -> Team:
    found = teams_known_to(identity).filter(pk=team_id).first()
    if found is None:
        raise Http404("There is no such team.")
    return found


def _attestation(identity: Identity, form: QueryDict) -> tuple[Skill, dict[UUID, float], str]:
    """The skill, its level, and the note of a form. Raises BadValue."""
    name = form.get("skill_name", "").replace("\x00", "").strip()
    skill = Skill.objects.for_organization(identity.organization_id).filter(name=name).first()
    if skill is None:
        raise BadValue(f"There is no skill named “{name[:80]}”.", field="skill_name")
    level = LEVELS.get(form.get("level", ""))
    if level is None:
        raise BadValue("Choose how well it is mastered.", field="level")
    note = form.get("note", "").replace("\x00", "").strip()
    if len(note) > LONGEST_NOTE:
        raise BadValue(f"Write at most {LONGEST_NOTE:,} characters.", field="note")
    return skill, {skill.pk: level}, note


def _back(identity: Identity, team: Any, learner_id: UUID) -> str:
    """The team's page that the form was on, at its member; else that of the learner."""
    try:
        found = teams_known_to(identity).filter(pk=UUID(team)).first()
    except ValueError:
        found = None
    if found is None:
        return reverse("learning-learner-page", kwargs={"learner_id": learner_id})
    return reverse("learning-team-page", kwargs={"team_id": found.pk}) + f"#member-{learner_id}"
