"""The page of one record: everything it says, and everything that vouches for it."""

from __future__ import annotations

import json
import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from agents.pages.access import admin_page
from audit.pages.checking import Checker
from audit.pages.entries import Entry
from audit.pages.parts import text_of
from audit.pages.people import PERSON, names_of
from audit.pages.wording import when_of
from audit.selectors import records_for
from aurora_site.accounts.identity import Identity


@require_safe
@admin_page
def record(request: HttpRequest, identity: Identity, record_id: uuid.UUID) -> HttpResponse:
    """A record of the organisation."""
    row = records_for(identity.organization_id).filter(pk=record_id).first()
    if row is None:
        raise Http404("There is no such record, or it is another organisation's.")
    entry, checker = Entry.of(row), Checker()
    body = bytes(row.body)
    about = row.subject_id if row.subject_type == PERSON else ""
    names = names_of([row.actor_id, about], own_id=identity.user_id)
    return render(
        request,
        "audit/record.html",
        {
            "section": "ledger",
            "entry": entry,
            "verdict": checker.verdict(entry),
            "title": when_of(row.event),
            "by": names.get(row.actor_id, ""),
            "about": names.get(about, ""),
            "texts": [text_of(entry, name) for name in (*entry.texts, *entry.erased)],
            "shown_body": json.dumps(entry.body, indent=2, ensure_ascii=False, sort_keys=True) if entry.body else "",
            "raw": body.decode("utf-8", "replace"),
            "size": len(body),
        },
    )
