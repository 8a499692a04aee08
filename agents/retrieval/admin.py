from django.contrib import admin

from agents.retrieval.models import IndexVersion
from agents.retrieval.selectors import chunk_total
from aurora_site.core.admin import ReadOnlyAdmin


@admin.register(IndexVersion)
class IndexVersionAdmin(ReadOnlyAdmin):
    """Shown only: versions are built and switched by ``manage.py reindex``."""

    list_display = ("name", "state", "embedder", "dimension", "chunker", "chunks", "created_at", "activated_at")
    list_filter = ("state",)
    readonly_fields = (*list_display, "note")
    fields = readonly_fields

    @admin.display(description="chunks")
    def chunks(self, version: IndexVersion) -> int:
        return chunk_total(version)
