"""Addresses below ``/api/v1/learning/``."""

from aurora_site.core.http.urls import route
from learning.api import calendars, catalogue, imports, items, learners, nudges, plans, progress, teams, xapi

urlpatterns = [
    route("learners", learners.LearnersView.as_view(), name="learning-learners"),
    route("learners/me", learners.OwnLearnerView.as_view(), name="learning-own-learner"),
    route("learners/<uuid:learner_id>", learners.LearnerView.as_view(), name="learning-learner"),
    route("skills", catalogue.SkillsView.as_view(), name="learning-skills"),
    route("skills/<uuid:skill_id>", catalogue.SkillView.as_view(), name="learning-skill"),
    route("roles", catalogue.RolesView.as_view(), name="learning-roles"),
    route("roles/<uuid:role_id>", catalogue.RoleView.as_view(), name="learning-role"),
    route("resources", catalogue.ResourcesView.as_view(), name="learning-resources"),
    route("resources/<uuid:resource_id>", catalogue.ResourceView.as_view(), name="learning-resource"),
    route("plans", plans.PlansView.as_view(), name="learning-plans"),
    route("plans/<uuid:plan_id>", plans.PlanView.as_view(), name="learning-plan"),
    route("imports/<slug:kind>", imports.ImportView.as_view(), name="learning-imports"),
    route("xapi/about", xapi.AboutView.as_view(), name="learning-xapi-about"),
    route("xapi/statements", xapi.StatementsView.as_view(), name="learning-xapi-statements"),
    route("plans/<uuid:plan_id>/replan", plans.ReplanView.as_view(), name="learning-plan-replan"),
    route("plans/<uuid:plan_id>/calendar.ics", calendars.PlanCalendarView.as_view(), name="learning-plan-calendar"),
    route("learners/<uuid:learner_id>/calendar", calendars.LearnerCalendarView.as_view(), name="learning-calendar"),
    route("plans/<uuid:plan_id>/items/<uuid:item_id>/complete", items.CompleteView.as_view(), name="learning-complete"),
    route("plans/<uuid:plan_id>/items/<uuid:item_id>/skip", items.SkipView.as_view(), name="learning-skip"),
    route("plans/<uuid:plan_id>/items/<uuid:item_id>/reopen", items.ReopenView.as_view(), name="learning-reopen"),
    route("plans/<uuid:plan_id>/history", plans.PlanHistoryView.as_view(), name="learning-plan-history"),
    route("learners/<uuid:learner_id>/nudges", nudges.LearnerNudgesView.as_view(), name="learning-nudges"),
    route(
        "learners/<uuid:learner_id>/nudges/<uuid:nudge_id>/dismiss",
        nudges.NudgeDismissView.as_view(),
        name="learning-learner-nudge-dismiss",
    ),
    route("learners/<uuid:learner_id>/assessment", progress.AssessmentView.as_view(), name="learning-assessment"),
    route("learners/<uuid:learner_id>/evidence", progress.EvidenceView.as_view(), name="learning-evidence"),
    route("learners/<uuid:learner_id>/completions", progress.CompletionsView.as_view(), name="learning-completions"),
    route("learners/<uuid:learner_id>/mastery", progress.MasteryView.as_view(), name="learning-mastery"),
    route("learners/<uuid:learner_id>/progress", progress.ProgressView.as_view(), name="learning-progress"),
    route("progress", progress.AggregateView.as_view(), name="learning-aggregate"),
    route("teams", teams.TeamsView.as_view(), name="learning-teams"),
    route("teams/<uuid:team_id>", teams.TeamView.as_view(), name="learning-team"),
    route("teams/<uuid:team_id>/progress", teams.TeamProgressView.as_view(), name="learning-team-progress"),
    route(
        "teams/<uuid:team_id>/members/<uuid:learner_id>", teams.TeamMemberView.as_view(), name="learning-team-member"
    ),
    route("teams/<uuid:team_id>/leads/<str:user_id>", teams.TeamLeadView.as_view(), name="learning-team-lead"),
]

# Below /calendars/learning/, for calendars, which sign in nowhere.
calendar_urlpatterns = [
    route("<str:token>.ics", calendars.SubscribedCalendarView.as_view(), name="learning-subscribed-calendar"),
]
