"""Addresses below ``/api/v1/learning/``."""

from aurora_site.core.http.urls import route
from learning.api import views

urlpatterns = [
    route("learners", views.LearnersView.as_view(), name="learning-learners"),
    route("learners/<uuid:learner_id>", views.LearnerView.as_view(), name="learning-learner"),
    route("skills", views.SkillsView.as_view(), name="learning-skills"),
    route("skills/<uuid:skill_id>", views.SkillView.as_view(), name="learning-skill"),
    route("roles", views.RolesView.as_view(), name="learning-roles"),
    route("roles/<uuid:role_id>", views.RoleView.as_view(), name="learning-role"),
    route("resources", views.ResourcesView.as_view(), name="learning-resources"),
    route("resources/<uuid:resource_id>", views.ResourceView.as_view(), name="learning-resource"),
    route("plans", views.PlansView.as_view(), name="learning-plans"),
    route("plans/<uuid:plan_id>", views.PlanView.as_view(), name="learning-plan"),
]
