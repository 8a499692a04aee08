"""The ledger in the admin: to look at, never to change. It crosses organisations."""

from __future__ import annotations

import json

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from audit import heads
from audit.models import Leaf, Record, TreeHead
from audit.pages.checking import Checker, Standing
from audit.pages.entries import Entry
from audit.selectors import record_as_json, record_is_authentic
from aurora_site.core.admin import ReadOnlyAdmin

WORDS = {
    Standing.VERIFIED: "Verified",
    Standing.WAITING: "Waits for the sealer",
    Standing.TAMPERED: "Does not verify",
}


@admin.register(Record)
class RecordAdmin(ReadOnlyAdmin):
    """A look at each row's code in the list; on a record's page everything is checked."""

    list_display = ["at", "event", "actor_id", "subject_type", "subject_id", "trace", "is_authentic"]
    list_filter = ["event"]
    search_fields = ["trace_id", "actor_id", "subject_id"]
    date_hierarchy = "at"
    show_full_result_count = False
    fields = [
        "at", "event", "organization_id", "actor_id", "subject_type", "subject_id", "trace", "evidence", "shown_body",
    ]  # fmt: skip
    readonly_fields = fields

    @admin.display(description="Authentic", boolean=True)
    def is_authentic(self, record: Record) -> bool:
        return record_is_authentic(record)

    @admin.display(description="Trace", ordering="trace_id")
    def trace(self, record: Record) -> SafeString | str:
        if not record.trace_id:
            return ""
        query = reverse("admin:audit_record_changelist", query={"trace_id": record.trace_id})
        return format_html('<a href="{}">{}</a>', query, record.trace_id)

    @admin.display(description="Evidence")
    def evidence(self, record: Record) -> SafeString:
        verdict = Checker().verdict(Entry.of(record))
        rows = ((WORDS[point.standing], point.title, point.detail) for point in verdict.points)
        points = format_html_join("", "<li>{}: {}. {}</li>", rows)
        return format_html("<b>{}</b><ul>{}</ul>", WORDS[verdict.standing], points)

    @admin.display(description="Record")
    def shown_body(self, record: Record) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(record_as_json(record), indent=2, ensure_ascii=False))


@admin.register(TreeHead)
class TreeHeadAdmin(ReadOnlyAdmin):
    """The signed heads, the newest first."""

    list_display = ["size", "at", "shown_root", "key_id", "is_authentic"]
    show_full_result_count = False
    fields = ["size", "at", "shown_root", "key_id", "shown_signature", "is_authentic", "last_record"]
    readonly_fields = fields

    @admin.display(description="Root")
    def shown_root(self, head: TreeHead) -> str:
        return bytes(head.root).hex()

    @admin.display(description="Signature")
    def shown_signature(self, head: TreeHead) -> str:
        return bytes(head.signature).hex()

    @admin.display(description="Signature holds", boolean=True)
    def is_authentic(self, head: TreeHead) -> bool:
        return heads.head_is_authentic(head)

    @admin.display(description="Its last record")
    def last_record(self, head: TreeHead) -> SafeString | str:
        leaf = Leaf.objects.filter(seq=head.size - 1).first()
        if leaf is None:
            return "Its leaf is missing."
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:audit_record_change", args=[leaf.record_id]), leaf.record_id
        )
