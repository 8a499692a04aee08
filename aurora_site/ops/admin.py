"""Admin pages of operations: for reading; the rows are written by the processes themselves."""

from __future__ import annotations

from django.contrib import admin

from aurora_site.core.admin import ReadOnlyAdmin
from aurora_site.ops.models import ProcessHeartbeat, Recovery


@admin.register(ProcessHeartbeat)
class ProcessHeartbeatAdmin(ReadOnlyAdmin):
    list_display = ["name", "kind", "host", "pid", "started_at", "seen_at"]
    list_filter = ["kind"]


@admin.register(Recovery)
class RecoveryAdmin(ReadOnlyAdmin):
    list_display = ["at", "what", "why", "action", "result"]
    list_filter = ["what"]
    date_hierarchy = "at"
