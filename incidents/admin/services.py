"""Services and what they call, to edit."""

from __future__ import annotations

from django.contrib import admin
from unfold.admin import TabularInline

from aurora_site.accounts.admin import RecordedAdmin
from incidents.models import Service, ServiceDependency


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
