"""The ledger in the admin: to look at, never to change."""

import json

from django.contrib import admin
from django.utils.html import format_html

from audit.models import Record
from audit.selectors import record_as_json
from aurora_site.core.admin import ReadOnlyAdmin


@admin.register(Record)
class RecordAdmin(ReadOnlyAdmin):
    list_display = ["at", "event", "actor_id", "subject_type", "subject_id", "trace_id"]
    list_filter = ["event"]
    search_fields = ["trace_id", "actor_id", "subject_id"]
    date_hierarchy = "at"
    fields = ["at", "event", "organization_id", "actor_id", "subject_type", "subject_id", "trace_id", "shown_body"]
    readonly_fields = fields

    @admin.display(description="Record")
    def shown_body(self, record: Record) -> str:
        return format_html("<pre>{}</pre>", json.dumps(record_as_json(record), indent=2, ensure_ascii=False))
