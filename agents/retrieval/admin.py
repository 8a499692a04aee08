from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from agents.retrieval.models import IndexVersion
from agents.retrieval.selectors import chunk_total


@admin.register(IndexVersion)
class IndexVersionAdmin(ModelAdmin):
    """Shown only: versions are built and switched by ``manage.py reindex``."""

    list_display = ("name", "state", "embedder", "dimension", "chunker", "chunks", "created_at", "activated_at")
    list_filter = ("state",)
    readonly_fields = (*list_display, "note")
    fields = readonly_fields

    @admin.display(description="chunks")
    def chunks(self, version: IndexVersion) -> int:
        return chunk_total(version)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: IndexVersion | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: IndexVersion | None = None) -> bool:
        return False
