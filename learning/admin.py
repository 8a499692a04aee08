"""Learning in the admin: the catalogue and learners to edit, what was shown and planned to look at."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from unfold.admin import TabularInline

from aurora_site.accounts.admin import RecordedAdmin
from aurora_site.core.admin import ReadOnlyAdmin, ReadOnlyInline
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
    list_display = ["title", "kind", "level", "minutes", "rating", "organization"]
    list_filter = ["kind", "level", "organization"]
    list_select_related = ["organization"]
    search_fields = ["title", "url"]
    autocomplete_fields = ["organization"]
    inlines = [ResourceSkillInline]


@admin.register(models.Learner)
class LearnerAdmin(RecordedAdmin):
    list_display = ["name", "email", "role", "start_date", "organization"]
    list_filter = ["organization"]
    list_select_related = ["role", "organization"]
    search_fields = ["name", "email"]
    autocomplete_fields = ["organization", "user", "role"]


@admin.register(models.Evidence)
class EvidenceAdmin(ReadOnlyAdmin):
    list_display = ["observed_at", "learner", "skill", "kind", "value", "source"]
    list_filter = ["kind", "organization"]
    list_select_related = ["learner", "skill"]
    search_fields = ["learner__name", "skill__name", "source"]
    date_hierarchy = "observed_at"


@admin.register(models.Mastery)
class MasteryAdmin(ReadOnlyAdmin):
    list_display = ["learner", "skill", "mean", "variance", "updated_at"]
    list_filter = ["organization"]
    list_select_related = ["learner", "skill"]
    search_fields = ["learner__name", "skill__name"]


class PlanItemInline(ReadOnlyInline):
    model = models.PlanItem
    fields = ["date", "minutes", "kind", "title", "reason", "state"]


class MilestoneInline(ReadOnlyInline):
    model = models.Milestone
    fields = ["due_on", "title"]


@admin.register(models.Plan)
class PlanAdmin(ReadOnlyAdmin):
    list_display = ["learner", "version", "state", "role", "starts_on", "days", "organization"]
    list_filter = ["state", "organization"]
    list_select_related = ["learner", "role", "organization"]
    search_fields = ["learner__name"]
    inlines = [MilestoneInline, PlanItemInline]
