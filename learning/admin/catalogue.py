"""The catalogue in the admin, to edit."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import TabularInline

from audit.services import record
from aurora_site.accounts.admin import RecordedAdmin
from learning import models
from learning.graph import cycle_through
from learning.selectors.catalogue import prerequisite_graph


class PrerequisiteForm(forms.ModelForm):
    """Refuses a prerequisite under which the skill would have to be learned before itself."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        skill, prerequisite = self.instance.skill, cleaned.get("prerequisite")
        if prerequisite and not cleaned.get("DELETE"):
            graph = prerequisite_graph(skill.organization_id)
            if cycle_through(graph, skill.pk, [prerequisite.pk]):
                self.add_error("prerequisite", f"{prerequisite} itself needs {skill}.")
        return cleaned


class PrerequisiteInline(TabularInline):
    model = models.SkillPrerequisite
    form = PrerequisiteForm
    fk_name = "skill"
    autocomplete_fields = ["prerequisite"]
    extra = 0


class RoleSkillInline(TabularInline):
    model = models.RoleSkill
    autocomplete_fields = ["skill"]
    extra = 0


class ResourceSkillInline(TabularInline):
    model = models.ResourceSkill
    autocomplete_fields = ["skill"]
    extra = 0


@admin.register(models.Skill)
class SkillAdmin(RecordedAdmin):
    list_display = ["name", "key", "organization"]
    list_filter = ["organization"]
    list_select_related = ["organization"]
    search_fields = ["name", "key"]
    autocomplete_fields = ["organization"]
    inlines = [PrerequisiteInline]


@admin.register(models.Role)
class RoleAdmin(RecordedAdmin):
    list_display = ["name", "organization"]
    list_filter = ["organization"]
    list_select_related = ["organization"]
    search_fields = ["name"]
    autocomplete_fields = ["organization"]
    inlines = [RoleSkillInline]


@admin.register(models.Resource)
class ResourceAdmin(RecordedAdmin):
    list_display = ["title", "kind", "level", "minutes", "rating", "offered", "organization"]
    list_filter = ["offered", "kind", "level", "organization"]
    list_select_related = ["organization"]
    search_fields = ["title", "url", "key"]
    autocomplete_fields = ["organization"]
    inlines = [ResourceSkillInline]
    actions = ["stop_offering", "offer_again"]

    @admin.action(description="Stop offering: stays in plans, goes into none")
    def stop_offering(self, request: HttpRequest, queryset: QuerySet[models.Resource]) -> None:
        self.message_user(request, f"{self._offer(request, queryset, offered=False)} offered no longer.")

    @admin.action(description="Offer again")
    def offer_again(self, request: HttpRequest, queryset: QuerySet[models.Resource]) -> None:
        self.message_user(request, f"{self._offer(request, queryset, offered=True)} offered again.")

    @transaction.atomic
    def _offer(self, request: HttpRequest, queryset: QuerySet[models.Resource], *, offered: bool) -> int:
        changed = list(queryset.select_for_update().filter(offered=not offered))
        for resource in changed:
            record(
                event="learning.resource_changed",
                organization_id=resource.organization_id,
                actor_id=request.user.pk,
                subject=("resource", resource.pk),
                data={"fields": ["offered"]},
            )
        queryset.filter(pk__in=[resource.pk for resource in changed]).update(offered=offered)
        return len(changed)
