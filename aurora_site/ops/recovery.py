"""Records that something broke and was mended."""

from __future__ import annotations

import logging

from django.db import transaction

from audit.services import record
from aurora_site.ops.models import Recovery

logger = logging.getLogger(__name__)


def recovery_record(*, what: str, why: str, action: str, result: str) -> Recovery:
    """Write a recovery down, on the ledger too, and log it. Raises django.db.DatabaseError."""
    logger.warning("Recovered: %s: %s (%s): %s", what, action, why, result)
    with transaction.atomic():
        row = Recovery.objects.create(what=what[:100], why=why[:2000], action=action[:200], result=result[:200])
        data = {"what": row.what, "why": row.why, "action": row.action, "result": row.result}
        record(event="ops.recovered", subject=("recovery", row.pk), data=data)
    return row
