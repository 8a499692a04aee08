"""Incidents, what happened to them and which were joined, to look at."""

from __future__ import annotations

from django.contrib import admin

from aurora_site.core.admin import ReadOnlyAdmin, ReadOnlyInline
from incidents.models import Correlation, Incident, IncidentFeedback, IncidentLog, Merge, Responder, TimelineEntry


class TimelineInline(ReadOnlyInline):
    model = TimelineEntry
    fields = ["seq", "at", "kind", "text", "actor_id"]


class ResponderInline(ReadOnlyInline):
    model = Responder
    fields = ["user", "role", "added_at"]


class FeedbackInline(ReadOnlyInline):
    model = IncidentFeedback
    fields = ["user", "is_helpful", "comment", "at"]


@admin.register(Incident)
class IncidentAdmin(ReadOnlyAdmin):
    list_display = [
        "started_at",
        "number",
        "title",
        "status",
        "severity",
        "service",
        "alert_count",
        "firing_count",
        "assignee",
        "organization",
    ]
    list_filter = ["status", "severity", "aurora_status", "source_type", "organization"]
    list_select_related = ["service", "assignee", "organization"]
    search_fields = ["title", "summary", "source_alert_id", "service__name"]
    date_hierarchy = "started_at"
    inlines = [ResponderInline, FeedbackInline, TimelineInline]


@admin.register(TimelineEntry)
class TimelineEntryAdmin(ReadOnlyAdmin):
    list_display = ["seq", "at", "kind", "text", "incident", "actor_id", "organization"]
    list_filter = ["kind", "organization"]
    list_select_related = ["incident", "organization"]
    search_fields = ["text", "kind", "actor_id", "incident__title"]
    date_hierarchy = "at"
    ordering = ["-at", "-seq"]


@admin.register(Merge)
class MergeAdmin(ReadOnlyAdmin):
    list_display = ["at", "source", "target", "source_status", "actor_id", "undone_at"]
    list_filter = ["source_status"]
    list_select_related = ["source", "target"]
    search_fields = ["source__title", "target__title", "actor_id"]
    date_hierarchy = "at"


@admin.register(Correlation)
class CorrelationAdmin(ReadOnlyAdmin):
    list_display = ["at", "alert", "incident", "strategy", "score", "threshold"]
    list_filter = ["strategy"]
    list_select_related = ["alert", "incident"]
    search_fields = ["alert__title", "incident__title"]
    date_hierarchy = "at"


@admin.register(IncidentLog)
class IncidentLogAdmin(ReadOnlyAdmin):
    list_display = ["organization", "last_seq", "last_number"]
    list_select_related = ["organization"]
    search_fields = ["organization__name"]
