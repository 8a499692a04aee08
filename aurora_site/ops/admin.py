"""Admin pages of operations: for reading; the rows are written by the processes themselves."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from aurora_site.ops.models import ProcessHeartbeat, Recovery


class ReadOnlyAdmin(ModelAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ProcessHeartbeat)
class ProcessHeartbeatAdmin(ReadOnlyAdmin):
    list_display = ["name", "kind", "host", "pid", "started_at", "seen_at"]
    list_filter = ["kind"]


@admin.register(Recovery)
class RecoveryAdmin(ReadOnlyAdmin):
    list_display = ["at", "what", "why", "action", "result"]
    list_filter = ["what"]
    date_hierarchy = "at"
