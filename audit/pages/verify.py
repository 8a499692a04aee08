"""The button that verifies: the result as a part of the ledger's page, or on a page of its own without scripts."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from agents.pages.access import admin_page, is_part
from audit.models import Record
from audit.selectors import records_for
from audit.verification import Report
from audit.verification import verify as verify_ledger
from aurora_site.accounts.identity import Identity

# A reader waits so long; larger ledgers are verified by command.
LONGEST_SECONDS = 20.0


@dataclass(frozen=True)
class Outcome:
    """What the page shows: the report, or why there is none; ``bad`` is the first bad record if it is the reader's to see."""

    report: Report | None
    bad: Record | None = None
    problem: str = ""


@require_POST
@admin_page
def verify(request: HttpRequest, identity: Identity) -> HttpResponse:
    """Check the organisation's records, and the tree and the heads that they are under."""
    outcome = _outcome(identity.organization_id)
    context = {"section": "ledger", "organization": identity.organization, "outcome": outcome}
    return render(request, "audit/_outcome.html" if is_part(request) else "audit/outcome.html", context)


def _outcome(organization_id: object) -> Outcome:
    try:
        report = verify_ledger(organization_id=organization_id, seconds=LONGEST_SECONDS)
    except OSError as error:
        return Outcome(None, problem=f"The heads kept outside the database can't be read: {error.strerror or error}.")
    except DatabaseError:
        return Outcome(None, problem="The database doesn't answer as it should. Try again in a moment.")
    named = report.first_bad["record_id"] if report.first_bad else None
    return Outcome(report, records_for(organization_id).filter(pk=named).first() if named else None)
