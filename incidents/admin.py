"""Incidents in the admin: services to edit; incidents and alerts to look at, since changes belong on the timeline."""

from __future__ import annotations

import json

from django.contrib import admin
from django.utils.html import format_html
from unfold.admin import TabularInline

from aurora_site.accounts.admin import RecordedAdmin
from aurora_site.core.admin import ReadOnlyAdmin, ReadOnlyInline
from incidents.models import Alert, Incident, Service, ServiceDependency, TimelineEntry


class DependencyInline(TabularInline):
    model = ServiceDependency
    fk_name = "caller"
    autocomplete_fields = ["callee"]
    extra = 0


@admin.register(Service)
class ServiceAdmin(RecordedAdmin):
    list_display = ["name", "description", "organization"]
    list_filter = ["organization"]
    list_select_related = ["organization"]
    search_fields = ["name"]
    autocomplete_fields = ["organization"]
    inlines = [DependencyInline]


class TimelineInline(ReadOnlyInline):
    model = TimelineEntry
    fields = ["at", "kind", "text", "actor_id"]


@admin.register(Incident)
class IncidentAdmin(ReadOnlyAdmin):
    list_display = ["started_at", "title", "status", "severity", "service", "aurora_status", "assignee", "organization"]
    list_filter = ["status", "severity", "aurora_status", "source_type", "organization"]
    list_select_related = ["service", "assignee", "organization"]
    search_fields = ["title", "summary", "source_alert_id", "service__name"]
    date_hierarchy = "started_at"
    inlines = [TimelineInline]


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    list_display = ["received_at", "title", "status", "severity", "service", "source_type", "incident", "organization"]
    list_filter = ["status", "severity", "source_type", "organization"]
    list_select_related = ["service", "incident", "organization"]
    search_fields = ["title", "fingerprint", "source_alert_id"]
    date_hierarchy = "received_at"
    exclude = ["payload"]
    readonly_fields = ["shown_payload"]

    @admin.display(description="Payload")
    def shown_payload(self, alert: Alert) -> str:
        return format_html("<pre>{}</pre>", json.dumps(alert.payload, indent=2, ensure_ascii=False))
