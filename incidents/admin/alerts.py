"""Alerts, to look at."""

from __future__ import annotations

import json

from django.contrib import admin
from django.utils.html import format_html

from aurora_site.core.admin import ReadOnlyAdmin
from incidents.models import Alert


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
