"""Accounts in the admin, for the installation's operators. Changes go through the services, so the ledger has them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from audit.services import record
from aurora_site.accounts.models import (
    ApiKey,
    Invitation,
    Membership,
    Organization,
    RetentionPolicy,
    SignIn,
    Team,
    TeamMembership,
    User,
)  # fmt: skip
from aurora_site.accounts.services import api_keys, members, passwords, sign_ins
from aurora_site.core.admin import ReadOnlyAdmin
from aurora_site.core.http.errors import ApiError

admin.site.unregister(Group)


class PasswordForm(AdminPasswordChangeForm):
    """Sets a person's password and ends their sign-ins."""

    def save(self, commit: bool = True) -> User:
        password = self.cleaned_data["password1"] if self.cleaned_data["set_usable_password"] else None
        passwords.password_set(user=self.user, password=password, actor_id=self.user.pk)
        return self.user


class AddForm(UserCreationForm):
    class Meta:
        model = User
        fields = ("email",)


class RecordedAdmin(ModelAdmin):
    """Writes what an operator saved or deleted to the ledger, in the transaction of the change."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        _record(request, "changed" if change else "added", obj, {"fields": sorted(form.changed_data)})

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        _record(request, "deleted", obj, {})
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for obj in queryset:
            self.delete_model(request, obj)


class MembershipInline(TabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ["user"]


class TeamMembershipInline(TabularInline):
    model = TeamMembership
    extra = 0
    autocomplete_fields = ["user"]


@admin.register(Group)
class GroupsAdmin(GroupAdmin, RecordedAdmin):
    pass


@admin.register(User)
class UsersAdmin(UserAdmin, RecordedAdmin):
    form = UserChangeForm
    add_form = AddForm
    change_password_form = PasswordForm
    ordering = ["email"]
    list_display = ["email", "name", "id", "is_active", "is_staff", "is_demo", "last_login"]
    list_filter = ["is_active", "is_staff", "is_demo"]
    search_fields = ["email", "name", "id"]
    readonly_fields = ["id", "date_joined", "last_login"]
    autocomplete_fields = ["default_organization"]
    fieldsets = [
        (None, {"fields": ["id", "email", "name", "password", "must_change_password", "default_organization"]}),
        ("Permissions", {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]}),
        ("Dates", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"classes": ["wide"], "fields": ["email", "usable_password", "password1", "password2"]})]

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        off_boarding = change and "is_active" in form.changed_data and not obj.is_active
        if off_boarding:
            members.user_deactivate(user=User.objects.get(pk=obj.pk), actor=_operator(request))
        super().save_model(request, obj, form, change)


@admin.register(Organization)
class OrganizationAdmin(RecordedAdmin):
    list_display = ["name", "slug", "id", "created_at"]
    search_fields = ["name", "slug", "id"]
    readonly_fields = ["id", "created_at"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [MembershipInline]

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Members are added, changed and removed by the services, which keep the last admin."""
        formset.save(commit=False)
        organization, actor = form.instance, _operator(request)
        for membership in formset.new_objects:
            membership.save()
            _record(request, "added", membership, {"user_id": membership.user_id, "role": membership.role})
        try:
            for membership, _ in formset.changed_objects:
                members.member_role_change(
                    organization=organization, user_id=membership.user_id, role=membership.role, actor=actor
                )
            for membership in formset.deleted_objects:
                members.member_remove(organization=organization, user_id=membership.user_id, actor=actor)
        except ApiError as error:
            messages.error(request, error.detail)


@admin.register(RetentionPolicy)
class RetentionPolicyAdmin(RecordedAdmin):
    list_display = ["organization", "kind", "days"]
    list_select_related = ["organization"]
    list_filter = ["kind"]
    autocomplete_fields = ["organization"]


@admin.register(Team)
class TeamAdmin(RecordedAdmin):
    list_display = ["name", "organization", "created_at"]
    list_select_related = ["organization"]
    search_fields = ["name"]
    autocomplete_fields = ["organization"]
    inlines = [TeamMembershipInline]


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    list_display = ["email", "organization", "role", "state", "created_at", "expires_at"]
    list_select_related = ["organization"]
    search_fields = ["email"]
    fields = ["email", "organization", "role", "invited_by", "created_at", "expires_at", "sent_at", "accepted_at"]


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    list_display = ["name", "prefix", "user", "organization", "scopes", "last_used_at", "expires_at", "revoked_at"]
    list_select_related = ["user", "organization"]
    search_fields = ["name", "prefix", "user__email"]
    fields = [*list_display, "created_at"]
    actions = ["revoke"]

    @admin.action(description="Revoke")
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        live = list(queryset.select_related("organization").filter(revoked_at=None))
        for key in live:
            api_keys.api_key_revoke(
                organization=key.organization, key_id=key.pk, actor=_operator(request), of_anyone=True
            )
        self.message_user(request, f"{len(live)} revoked.")


@admin.register(SignIn)
class SignInAdmin(ReadOnlyAdmin):
    list_display = ["user", "kind", "created_at", "seen_at", "ended_at", "ended_reason", "ip"]
    list_select_related = ["user"]
    list_filter = ["kind", "ended_reason"]
    search_fields = ["user__email", "ip"]
    fields = [*list_display, "user_agent"]
    actions = ["end"]

    @admin.action(description="End")
    def end(self, request: HttpRequest, queryset: QuerySet[SignIn]) -> None:
        actor = _operator(request)
        ended = [sign_ins.sign_in_end(sign_in_id=each.pk, reason="operator", actor_id=actor.pk) for each in queryset]
        self.message_user(request, f"{sum(ended)} ended.")


def _operator(request: HttpRequest) -> User:
    user = request.user
    assert isinstance(user, User)
    return user


def _record(request: HttpRequest, verb: str, obj: Any, data: dict[str, Any]) -> None:
    organization_id = obj.pk if isinstance(obj, Organization) else getattr(obj, "organization_id", "")
    record(
        event=f"{obj._meta.app_label}.{obj._meta.model_name}_{verb}",
        organization_id=organization_id,
        actor_id=_operator(request).pk,
        subject=(obj._meta.model_name, obj.pk),
        data=data,
    )
