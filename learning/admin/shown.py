"""What learners have shown, in the admin, to look at."""

from __future__ import annotations

from django.contrib import admin

from aurora_site.core.admin import ReadOnlyAdmin
from learning import models


@admin.register(models.Evidence)
class EvidenceAdmin(ReadOnlyAdmin):
    list_display = ["observed_at", "learner", "skill", "kind", "value", "source", "organization"]
    list_filter = ["kind", "organization"]
    list_select_related = ["learner", "skill", "organization"]
    search_fields = ["learner__name", "skill__name", "source", "identity"]
    date_hierarchy = "observed_at"
    show_full_result_count = False


@admin.register(models.Mastery)
class MasteryAdmin(ReadOnlyAdmin):
    list_display = ["learner", "skill", "mean", "variance", "practiced_at", "updated_at"]
    list_filter = ["organization"]
    list_select_related = ["learner", "skill"]
    search_fields = ["learner__name", "skill__name"]
    show_full_result_count = False


@admin.register(models.Completion)
class CompletionAdmin(ReadOnlyAdmin):
    list_display = ["completed_at", "learner", "resource", "minutes", "score", "source"]
    list_filter = ["organization"]
    list_select_related = ["learner", "resource"]
    search_fields = ["learner__name", "resource__title", "source"]
    date_hierarchy = "completed_at"
    show_full_result_count = False


@admin.register(models.ReviewCard)
class ReviewCardAdmin(ReadOnlyAdmin):
    list_display = ["learner", "skill", "due_at", "reviewed_at"]
    list_filter = ["organization"]
    list_select_related = ["learner", "skill"]
    search_fields = ["learner__name", "skill__name"]
    show_full_result_count = False


@admin.register(models.Statement)
class StatementAdmin(ReadOnlyAdmin):
    list_display = ["stored_at", "actor", "verb", "activity", "learner", "voided", "organization"]
    list_filter = ["voided", "organization"]
    list_select_related = ["learner", "organization"]
    search_fields = ["statement_id", "actor", "verb", "activity", "learner__name"]
    date_hierarchy = "stored_at"
    show_full_result_count = False
