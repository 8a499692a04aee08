"""Who is on call and what helps, to look at: both are kept through the pages and by REST."""

from __future__ import annotations

from django.contrib import admin

from aurora_site.core.admin import ReadOnlyAdmin, ReadOnlyInline
from incidents.models import Roster, RunbookLink, Shift


class ShiftInline(ReadOnlyInline):
    model = Shift
    fields = ["user", "starts_at", "ends_at", "calendar_uid"]


@admin.register(Roster)
class RosterAdmin(ReadOnlyAdmin):
    list_display = ["name", "service", "organization", "created_at"]
    list_filter = ["organization"]
    list_select_related = ["service", "organization"]
    search_fields = ["name", "service__name"]
    inlines = [ShiftInline]


@admin.register(RunbookLink)
class RunbookLinkAdmin(ReadOnlyAdmin):
    list_display = ["title", "url", "service", "title_contains", "organization"]
    list_filter = ["organization"]
    list_select_related = ["service", "organization"]
    search_fields = ["title", "url", "title_contains"]
