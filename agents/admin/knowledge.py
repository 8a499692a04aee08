"""Documents, questions without an answer, and index versions for operators. Changes go through the services, so the
ledger has them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from agents.knowledge.describing import UnfitDescription, document_describe
from agents.knowledge.questions import question_settle
from agents.knowledge.reports import document_report_settle, reports_open
from agents.knowledge.services import index_activate, index_delete, index_rebuild_request, index_rollback
from agents.models import Document, DocumentReport, UnansweredQuestion
from agents.retrieval.errors import IndexVersionError
from agents.retrieval.models import IndexVersion
from agents.retrieval.selectors import chunk_total
from aurora_site.core.admin import ReadOnlyAdmin, ReadOnlyInline


class DocumentReportInline(ReadOnlyInline):
    model = DocumentReport
    fields = ["created_at", "reporter", "note", "resolved_at"]
    readonly_fields = fields


@admin.register(Document)
class DocumentAdmin(ReadOnlyAdmin):
    """Owner, review date, title and collection can be changed; everything else comes with the document."""

    list_display = ["path", "title", "organization", "state", "owner", "review_date", "open_reports", "updated_at"]
    list_filter = ["state", "collection", "origin", "review_date"]
    list_select_related = ["organization"]
    search_fields = ["path", "title", "owner"]
    fields = [
        "title", "collection", "owner", "review_date", "path", "organization", "state", "error", "size", "dated",
        "duplicate_of", "similarity", "uploaded_by", "created_at", "updated_at",
    ]  # fmt: skip
    readonly_fields = fields[4:]
    inlines = [DocumentReportInline]
    actions = ["settle_reports"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(ModelAdmin.has_change_permission(self, request, obj))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Document]:
        return super().get_queryset(request).defer("source_text")

    def save_model(self, request: HttpRequest, obj: Document, form: Any, change: bool) -> None:
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        try:
            document_describe(document=obj, actor_id=str(request.user.pk), changes=changes)
        except UnfitDescription as problem:
            self.message_user(request, f"{problem.field}: {problem}", messages.ERROR)

    @admin.display(description="open reports")
    def open_reports(self, document: Document) -> int:
        return document.reports.filter(open_key__isnull=False).count()

    @admin.action(description="Settle the open reports")
    def settle_reports(self, request: HttpRequest, queryset: QuerySet[Document]) -> None:
        settled = sum(
            document_report_settle(
                organization_id=document.organization_id, report_id=report.pk, actor_id=str(request.user.pk)
            )
            for document in queryset
            for report in reports_open(document.organization_id).filter(document=document)
        )
        self.message_user(request, f"{settled} settled.")


@admin.register(UnansweredQuestion)
class UnansweredQuestionAdmin(ReadOnlyAdmin):
    list_display = ["question", "organization", "times_asked", "state", "last_asked_at"]
    list_filter = ["state"]
    list_select_related = ["organization"]
    search_fields = ["question"]
    ordering = ["-times_asked"]
    exclude = ["question_hash"]
    actions = ["mark_answered", "dismiss", "open_again"]

    @admin.action(description="Mark as answered")
    def mark_answered(self, request: HttpRequest, queryset: QuerySet[UnansweredQuestion]) -> None:
        self._settle(request, queryset, UnansweredQuestion.State.ANSWERED)

    @admin.action(description="Dismiss")
    def dismiss(self, request: HttpRequest, queryset: QuerySet[UnansweredQuestion]) -> None:
        self._settle(request, queryset, UnansweredQuestion.State.DISMISSED)

    @admin.action(description="Open again")
    def open_again(self, request: HttpRequest, queryset: QuerySet[UnansweredQuestion]) -> None:
        self._settle(request, queryset, UnansweredQuestion.State.OPEN)

    def _settle(self, request: HttpRequest, queryset: QuerySet[UnansweredQuestion], state: str) -> None:
        changed = sum(
            question_settle(
                organization_id=row.organization_id, question_id=row.pk, state=state, actor_id=str(request.user.pk)
            )
            for row in queryset
        )
        self.message_user(request, f"{changed} changed.")


@admin.register(IndexVersion)
class IndexVersionAdmin(ReadOnlyAdmin):
    """What can be done with versions is also on the page ``/knowledge/versions``, with a build's progress."""

    list_display = [
        "name", "state", "embedder", "dimension", "chunker", "chunks", "progress", "created_at", "activated_at",
    ]  # fmt: skip
    list_filter = ["state"]
    search_fields = ["name", "embedder"]
    fields = readonly_fields = [*list_display, "note"]
    actions = ["switch_to", "roll_back", "rebuild", "give_up"]

    @admin.display(description="chunks")
    def chunks(self, version: IndexVersion) -> int:
        return chunk_total(version)

    @admin.display(description="built")
    def progress(self, version: IndexVersion) -> str:
        building = version.state == IndexVersion.State.BUILDING and version.total
        return f"{version.done} of {version.total} documents" if building else ""

    @admin.action(description="Switch to")
    def switch_to(self, request: HttpRequest, queryset: QuerySet[IndexVersion]) -> None:
        names = list(queryset.values_list("name", flat=True))
        if len(names) != 1:
            self.message_user(request, "Choose one version to switch to.", messages.ERROR)
            return
        self._try(request, lambda actor: f"Searches use {index_activate(name=names[0], actor_id=actor).name} now.")

    @admin.action(description="Roll back to the one used before")
    def roll_back(self, request: HttpRequest, queryset: QuerySet[IndexVersion]) -> None:
        self._try(request, lambda actor: f"Searches use {index_rollback(actor_id=actor).name} now.")

    @admin.action(description="Rebuild, and switch when complete")
    def rebuild(self, request: HttpRequest, queryset: QuerySet[IndexVersion]) -> None:
        self._try(request, lambda actor: f"{index_rebuild_request(actor_id=actor).name} is being built.")

    @admin.action(description="Delete")
    def give_up(self, request: HttpRequest, queryset: QuerySet[IndexVersion]) -> None:
        for name in list(queryset.values_list("name", flat=True)):
            self._try(request, lambda actor, name=name: self._given_up(name, actor))

    def _given_up(self, name: str, actor: str) -> str:
        index_delete(name=name, actor_id=actor)
        return f"{name} is being deleted."

    def _try(self, request: HttpRequest, action: Any) -> None:
        try:
            self.message_user(request, action(str(request.user.pk)))
        except IndexVersionError as error:
            self.message_user(request, str(error), messages.ERROR)
