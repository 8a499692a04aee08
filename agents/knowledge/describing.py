"""What people note about a document: its title and collection, who keeps it, and when it is to be looked at again."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from agents.knowledge.models import Document
from agents.knowledge.services import ring
from audit.services import record

MAXIMUM_OWNER = 200
MAXIMUM_TITLE = 255
MAXIMUM_COLLECTION = 64
# A change of these is a change of the index: titles are embedded, collections filtered by.
_INDEXED = frozenset({"title", "collection"})
_LONGEST = {"title": MAXIMUM_TITLE, "collection": MAXIMUM_COLLECTION, "owner": MAXIMUM_OWNER}
FIELDS = (*_LONGEST, "review_date")


class UnfitDescription(ValueError):
    """A description can't be taken; ``field`` names the one that is wrong, the message says how to mend it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def document_describe(*, document: Document, actor_id: str, changes: Mapping[str, Any]) -> Document:
    """Change any of ``title``, ``collection``, ``owner`` (texts) and ``review_date`` (a date or None). Returns the row.

    A document whose title or collection changed is indexed again. The same values again change and record nothing.
    Raises UnfitDescription.
    """
    wanted = {name: _checked(name, value) for name, value in changes.items()}
    with transaction.atomic():
        rows = Document.objects.for_organization(document.organization_id).exclude(state=Document.State.DELETING)
        row = rows.select_for_update().filter(pk=document.pk).first()
        if row is None:
            raise UnfitDescription("id", "The document is being deleted.")
        changed = [name for name, value in wanted.items() if getattr(row, name) != value]
        if not changed:
            return row
        for name in changed:
            setattr(row, name, wanted[name])
        if _INDEXED.intersection(changed):
            row.state, row.error = Document.State.PENDING, ""
            transaction.on_commit(lambda: ring(row))
        row.save(update_fields=[*changed, "state", "error", "updated_at"])
        _record(row, actor_id, changed)
    return row


def _record(row: Document, actor_id: str, changed: list[str]) -> None:
    """The owner is somebody's name, so it goes where it can be erased."""
    told = {name: str(getattr(row, name) or "") for name in changed if name != "owner"}
    record(
        event="knowledge.document_described",
        organization_id=row.organization_id,
        actor_id=actor_id,
        subject=("document", row.pk),
        data={"path": row.path, "changed": sorted(changed), **told},
        personal={"owner": row.owner} if "owner" in changed else None,
    )


def _checked(name: str, value: Any) -> Any:
    if name == "review_date":
        return _date(value)
    if name not in _LONGEST:
        raise UnfitDescription(name, f"Only these can be changed: {', '.join(FIELDS)}.")
    text = " ".join(str(value or "").split())
    if not text.isprintable() or len(text) > _LONGEST[name]:
        raise UnfitDescription(name, f"Give at most {_LONGEST[name]} characters, on one line.")
    if name == "title" and not text:
        raise UnfitDescription(name, "Give the document a title.")
    return text


def _date(value: Any) -> datetime.date | None:
    if value in (None, ""):
        return None
    try:
        day = value if isinstance(value, datetime.date) else datetime.date.fromisoformat(str(value))
    except ValueError:
        raise UnfitDescription("review_date", "Give a date as year-month-day, such as 2027-01-31.") from None
    if not 2000 <= day.year <= 2100:
        raise UnfitDescription("review_date", "Give a date between 2000 and 2100.")
    return day


def is_overdue(document: Document) -> bool:
    """Whether the day by which a document was to be looked at again has passed."""
    return bool(document.review_date and document.review_date < timezone.localdate())
