"""Addresses of the web pages about learning."""

from aurora_site.core.http.urls import route
from learning.pages import (
    assessment,
    begin,
    history,
    plan,
    plan_actions,
    plan_new,
    progress,
    settings,
    skills,
    teams,
    today,
)

urlpatterns = [
    route("learning", begin.learning, name="learning-page"),
    route("learning/begin", begin.begin, name="learning-begin"),
    route("learning/assessment", assessment.assessment, name="learning-assessment-page"),
    route("learning/nudges/<uuid:nudge_id>/dismiss", today.dismiss, name="learning-nudge-dismiss"),
    route("learning/plan", plan.own_plan, name="learning-own-plan-page"),
    route("learning/plan/new", plan_new.plan_new, name="learning-plan-new-page"),
    route("learning/plans/<uuid:plan_id>", plan.plan, name="learning-plan-page"),
    route("learning/plans/<uuid:plan_id>/changes", history.changes, name="learning-plan-changes-page"),
    route("learning/plans/<uuid:plan_id>/history", history.history, name="learning-plan-history-page"),
    route("learning/plans/<uuid:plan_id>/replan", plan_actions.replan, name="learning-plan-replan-page"),
    route(
        "learning/plans/<uuid:plan_id>/items/<uuid:item_id>/<slug:action>",
        plan_actions.settle,
        name="learning-item-act",
    ),
    route("learning/progress", progress.own_progress, name="learning-progress-page"),
    route("learning/learners/<uuid:learner_id>", progress.learner_progress, name="learning-learner-page"),
    route("learning/skills", skills.skills, name="learning-skills-page"),
    route("learning/skills/<uuid:skill_id>", skills.skill, name="learning-skill-page"),
    route("learning/teams", teams.teams, name="learning-teams-page"),
    route("learning/teams/<uuid:team_id>", teams.team, name="learning-team-page"),
    route("learning/learners/<uuid:learner_id>/attest", teams.attest, name="learning-attest"),
    route("learning/settings", settings.settings, name="learning-settings-page"),
    route("learning/calendar/<slug:action>", settings.calendar, name="learning-calendar-act"),
]
