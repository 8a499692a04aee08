"""Agents, runs, chat sessions and documents for operators."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.admin import ModelAdmin, TabularInline

from agents.models import Agent, ChatSession, Document, Message, Run, RunEvent


class ReadOnlyAdmin(ModelAdmin):
    """To look at: rows come and change through services alone."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyInline(TabularInline):
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Agent)
class AgentAdmin(ReadOnlyAdmin):
    list_display = ["name", "organization", "provider", "model_name", "is_builtin", "updated_at"]
    list_filter = ["is_builtin", "provider"]
    list_select_related = ["organization"]
    search_fields = ["name", "description"]


class RunEventInline(ReadOnlyInline):
    model = RunEvent
    fields = ["seq", "type", "shown_data", "ts"]
    readonly_fields = fields
    ordering = ["seq"]
    max_num = 0

    @admin.display(description="Data")
    def shown_data(self, event: RunEvent) -> str:
        return format_html("<code>{}</code>", json.dumps(event.data, ensure_ascii=False)[:500])


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "agent", "state", "mode", "actor", "organization", "trace_id"]
    list_filter = ["state", "mode", "agent"]
    list_select_related = ["actor", "organization"]
    search_fields = ["id", "trace_id", "actor__email"]
    date_hierarchy = "created_at"
    inlines = [RunEventInline]


class MessageInline(ReadOnlyInline):
    model = Message
    fields = ["position", "sender", "text", "timestamp"]
    readonly_fields = fields


@admin.register(ChatSession)
class ChatSessionAdmin(ReadOnlyAdmin):
    list_display = ["title", "user", "organization", "status", "updated_at", "deleted_at"]
    list_filter = ["status"]
    list_select_related = ["user", "organization"]
    search_fields = ["title", "user__email"]
    inlines = [MessageInline]


@admin.register(Document)
class DocumentAdmin(ReadOnlyAdmin):
    list_display = ["path", "title", "organization", "state", "owner", "review_date", "updated_at"]
    list_filter = ["state", "collection", "origin"]
    list_select_related = ["organization"]
    search_fields = ["path", "title"]
