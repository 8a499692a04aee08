"""Channels, rules and notifications, to look at: they are kept through the pages and by REST."""

from __future__ import annotations

from django.contrib import admin

from aurora_site.core.admin import ReadOnlyAdmin, ReadOnlyInline
from incidents.models import Notification, NotificationChannel, NotificationRule
from incidents.notifications.addresses import shown_address


class RuleInline(ReadOnlyInline):
    model = NotificationRule
    fields = ["name", "minimum_severity", "kinds", "is_enabled"]


@admin.register(NotificationChannel)
class NotificationChannelAdmin(ReadOnlyAdmin):
    list_display = ["name", "kind", "shown_address", "is_enabled", "organization"]
    list_filter = ["kind", "is_enabled", "organization"]
    list_select_related = ["organization"]
    search_fields = ["name"]
    exclude = ["address_sealed", "secret_sealed"]
    readonly_fields = ["shown_address"]
    inlines = [RuleInline]

    @admin.display(description="Address")
    def shown_address(self, channel: NotificationChannel) -> str:
        return shown_address(channel)


@admin.register(NotificationRule)
class NotificationRuleAdmin(ReadOnlyAdmin):
    list_display = ["name", "channel", "minimum_severity", "is_enabled", "organization"]
    list_filter = ["minimum_severity", "is_enabled", "organization"]
    list_select_related = ["channel", "organization"]
    search_fields = ["name"]


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    list_display = [
        "created_at", "channel", "incident", "state", "attempts", "last_error", "next_attempt_at", "organization",
    ]  # fmt: skip
    list_filter = ["state", "channel__kind", "organization"]
    list_select_related = ["channel", "incident", "organization"]
    search_fields = ["incident__title", "channel__name", "last_error"]
    date_hierarchy = "created_at"
