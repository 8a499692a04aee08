"""Addresses below ``/api/v1/learning/``."""

from aurora_site.core.http.urls import route
from learning.api import catalogue, items, learners, nudges, plans, xapi

urlpatterns = [
    route("learners", learners.LearnersView.as_view(), name="learning-learners"),
    route("learners/<uuid:learner_id>", learners.LearnerView.as_view(), name="learning-learner"),
    route("skills", catalogue.SkillsView.as_view(), name="learning-skills"),
    route("skills/<uuid:skill_id>", catalogue.SkillView.as_view(), name="learning-skill"),
    route("roles", catalogue.RolesView.as_view(), name="learning-roles"),
    route("roles/<uuid:role_id>", catalogue.RoleView.as_view(), name="learning-role"),
    route("resources", catalogue.ResourcesView.as_view(), name="learning-resources"),
    route("resources/<uuid:resource_id>", catalogue.ResourceView.as_view(), name="learning-resource"),
    route("plans", plans.PlansView.as_view(), name="learning-plans"),
    route("plans/<uuid:plan_id>", plans.PlanView.as_view(), name="learning-plan"),
    route("xapi/about", xapi.AboutView.as_view(), name="learning-xapi-about"),
    route("xapi/statements", xapi.StatementsView.as_view(), name="learning-xapi-statements"),
    route("plans/<uuid:plan_id>/replan", plans.ReplanView.as_view(), name="learning-plan-replan"),
    route("plans/<uuid:plan_id>/items/<uuid:item_id>/complete", items.CompleteView.as_view(), name="learning-complete"),
    route("plans/<uuid:plan_id>/items/<uuid:item_id>/skip", items.SkipView.as_view(), name="learning-skip"),
    route("plans/<uuid:plan_id>/items/<uuid:item_id>/reopen", items.ReopenView.as_view(), name="learning-reopen"),
    route("plans/<uuid:plan_id>/history", plans.PlanHistoryView.as_view(), name="learning-plan-history"),
    route("learners/<uuid:learner_id>/nudges", nudges.LearnerNudgesView.as_view(), name="learning-nudges"),
    route(
        "learners/<uuid:learner_id>/nudges/<uuid:nudge_id>/dismiss",
        nudges.NudgeDismissView.as_view(),
        name="learning-nudge-dismiss",
    ),
]
