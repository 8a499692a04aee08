"""Readers' reports that a document is out of date."""

from __future__ import annotations

from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from agents.knowledge.models import Document, DocumentReport
from audit.services import record

MAXIMUM_NOTE = 1000


def document_report(
    *, document: Document, reporter_id: str, note: str = "", trace_id: str = ""
) -> tuple[DocumentReport, bool]:
    """Note that a reader finds a document out of date, themselves or through the run of a trace. A second report by the
    same reader joins the one that is open. Returns (report, made)."""
    key = f"{document.pk}:{reporter_id}"
    report = DocumentReport(document=document, reporter_id=reporter_id, note=note[:MAXIMUM_NOTE], open_key=key)
    try:
        with transaction.atomic():
            report.save(force_insert=True)
            record(
                event="knowledge.document_reported",
                organization_id=document.organization_id,
                actor_id=reporter_id,
                subject=("document", document.pk),
                data={"path": document.path, "report": str(report.pk)},
                personal={"note": report.note},
                trace_id=trace_id,
            )
    except IntegrityError:
        return DocumentReport.objects.get(open_key=key), False
    return report, True


def reports_open(organization_id: UUID | str) -> QuerySet[DocumentReport]:
    """The reports of an organisation's documents that nobody has dealt with, latest first."""
    return DocumentReport.objects.filter(document__organization_id=organization_id, open_key__isnull=False)


def document_report_settle(*, organization_id: UUID | str, report_id: UUID | str, actor_id: str) -> bool:
    """Note that somebody has dealt with a report. Returns False where there is no such open one, and changes nothing."""
    with transaction.atomic():
        report = reports_open(organization_id).select_related("document").filter(pk=report_id).first()
        if report is None:
            return False
        # Only one of two who settle it at once finds it open.
        open_ones = DocumentReport.objects.filter(pk=report.pk, open_key__isnull=False)
        if not open_ones.update(open_key=None, resolved_at=timezone.now()):
            return False
        record(
            event="knowledge.document_report_settled",
            organization_id=report.document.organization_id,
            actor_id=actor_id,
            subject=("document", report.document_id),
            data={"path": report.document.path, "report": str(report.pk)},
        )
    return True
