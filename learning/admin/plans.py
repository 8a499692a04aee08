"""Plans in the admin, to look at, and to have made anew."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from aurora_site.core.admin import ReadOnlyAdmin, ReadOnlyInline
from learning import models
from learning.errors import LearningError
from learning.services.plans import plan_replan


class PlanItemInline(ReadOnlyInline):
    model = models.PlanItem
    fields = ["date", "minutes", "kind", "title", "reason", "state", "settled_at"]


class MilestoneInline(ReadOnlyInline):
    model = models.Milestone
    fields = ["due_on", "title"]


@admin.register(models.Plan)
class PlanAdmin(ReadOnlyAdmin):
    list_display = ["learner", "version", "state", "role", "starts_on", "days", "weekly_minutes", "organization"]
    list_filter = ["state", "role", "organization"]
    list_select_related = ["learner", "role", "organization"]
    search_fields = ["learner__name", "learner__email", "id"]
    date_hierarchy = "created_at"
    inlines = [MilestoneInline, PlanItemInline]
    actions = ["replan"]

    @admin.action(description="Replan from today")
    def replan(self, request: HttpRequest, queryset: QuerySet[models.Plan]) -> None:
        """Each plan by itself: what can't be replanned is said, and holds up no other."""
        changed = same = 0
        for plan in queryset.select_related("learner"):
            try:
                new, _ = plan_replan(
                    organization_id=plan.organization_id,
                    actor_id=str(request.user.pk),
                    plan_id=plan.pk,
                    reason="Replanned by an operator.",
                )
            except LearningError as error:
                messages.error(request, f"{plan}: {error}")
                continue
            changed, same = changed + (new.pk != plan.pk), same + (new.pk == plan.pk)
        self.message_user(request, f"{changed} replanned, {same} come out the same.")


@admin.register(models.PlanItem)
class PlanItemAdmin(ReadOnlyAdmin):
    list_display = ["date", "title", "kind", "minutes", "state", "settled_at", "plan"]
    list_filter = ["state", "kind", "plan__state"]
    list_select_related = ["plan__learner"]
    search_fields = ["title", "plan__learner__name", "uid"]
    date_hierarchy = "date"
    show_full_result_count = False
