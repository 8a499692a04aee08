"""Learners and their teams in the admin, to edit."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from unfold.admin import TabularInline

from aurora_site.accounts.admin import RecordedAdmin
from aurora_site.accounts.models import Membership
from learning import models


class LeadForm(forms.ModelForm):
    """Refuses a lead who isn't a member of the team's organisation."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        user, organization_id = cleaned.get("user"), self.instance.team.organization_id
        members = Membership.objects.for_organization(organization_id)
        if user and not cleaned.get("DELETE") and not members.filter(user=user).exists():
            self.add_error("user", f"{user} is no member of the organisation.")
        return cleaned


class LeadInline(TabularInline):
    model = models.TeamLead
    form = LeadForm
    autocomplete_fields = ["user"]
    extra = 0


class MemberInline(TabularInline):
    model = models.TeamMember
    autocomplete_fields = ["learner"]
    extra = 0


@admin.register(models.Learner)
class LearnerAdmin(RecordedAdmin):
    list_display = ["name", "email", "role", "start_date", "nudges", "digest", "time_zone", "organization"]
    list_filter = ["nudges", "digest", "role", "organization"]
    list_select_related = ["role", "organization"]
    search_fields = ["name", "email", "user__email"]
    autocomplete_fields = ["organization", "user", "role"]
    readonly_fields = ["assessed_at", "created_at", "updated_at"]


@admin.register(models.Team)
class TeamAdmin(RecordedAdmin):
    list_display = ["name", "organization", "created_at"]
    list_filter = ["organization"]
    list_select_related = ["organization"]
    search_fields = ["name", "members__learner__name"]
    autocomplete_fields = ["organization"]
    inlines = [LeadInline, MemberInline]
