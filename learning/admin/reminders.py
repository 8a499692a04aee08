"""Reminders and calendar addresses in the admin: to look at, to mail again, to take away."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from aurora_site.core.admin import ReadOnlyAdmin
from learning import models
from learning.errors import LearningError
from learning.services.calendar_subscriptions import calendar_unsubscribe
from learning.services.nudges import nudge_resend


@admin.register(models.Nudge)
class NudgeAdmin(ReadOnlyAdmin):
    list_display = [
        "created_at", "learner", "kind", "title", "mail", "attempts", "error", "sent_at", "seen_at", "organization",
    ]  # fmt: skip
    list_filter = ["mail", "kind", "organization"]
    list_select_related = ["learner", "organization"]
    search_fields = ["learner__name", "learner__email", "title", "error"]
    date_hierarchy = "created_at"
    show_full_result_count = False
    actions = ["resend"]

    @admin.action(description="Mail again (those given up)")
    def resend(self, request: HttpRequest, queryset: QuerySet[models.Nudge]) -> None:
        done = 0
        for nudge in queryset:
            try:
                nudge_resend(organization_id=nudge.organization_id, actor_id=str(request.user.pk), nudge_id=nudge.pk)
            except LearningError as error:
                messages.error(request, f"{nudge}: {error}")
                continue
            done += 1
        self.message_user(request, f"{done} are mailed again.")


@admin.register(models.CalendarSubscription)
class CalendarSubscriptionAdmin(ReadOnlyAdmin):
    list_display = ["learner", "created_at", "read_at", "organization"]
    list_filter = ["organization"]
    list_select_related = ["learner", "organization"]
    search_fields = ["learner__name", "learner__email"]
    exclude = ["token_digest"]
    actions = ["revoke"]

    @admin.action(description="Take the address away")
    def revoke(self, request: HttpRequest, queryset: QuerySet[models.CalendarSubscription]) -> None:
        taken = [
            calendar_unsubscribe(
                organization_id=each.organization_id, actor_id=str(request.user.pk), learner_id=each.learner_id
            )
            for each in queryset
        ]
        self.message_user(request, f"{sum(taken)} taken away.")
