"""Agents, runs and chat sessions for operators."""

from __future__ import annotations

import json

from django.contrib import admin
from django.utils.html import format_html

from agents.models import Agent, ChatSession, Feedback, Message, Run, RunEvent, ToolCall
from aurora_site.core.admin import ReadOnlyAdmin, ReadOnlyInline


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


class ToolCallInline(ReadOnlyInline):
    model = ToolCall
    fields = ["call_id", "name", "effect", "state", "shown_arguments", "decided_by", "created_at", "finished_at"]
    readonly_fields = fields
    ordering = ["id"]

    @admin.display(description="Arguments")
    def shown_arguments(self, call: ToolCall) -> str:
        return format_html("<code>{}</code>", json.dumps(call.arguments, ensure_ascii=False)[:500])


class FeedbackInline(ReadOnlyInline):
    model = Feedback
    fields = ["user", "rating", "comment", "updated_at"]
    readonly_fields = fields


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "agent", "state", "mode", "actor", "organization", "trace_id"]
    list_filter = ["state", "mode", "kind", "agent"]
    list_select_related = ["actor", "organization"]
    search_fields = ["id", "trace_id", "actor__email"]
    date_hierarchy = "created_at"
    inlines = [ToolCallInline, FeedbackInline, RunEventInline]


@admin.register(Feedback)
class FeedbackAdmin(ReadOnlyAdmin):
    list_display = ["updated_at", "rating", "user", "run", "comment"]
    list_filter = ["rating"]
    list_select_related = ["user", "run"]
    search_fields = ["user__email", "run__id", "comment"]


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
