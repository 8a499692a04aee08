"""Leases: how a process says that it still carries its runs out, by the database's clock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta

from django.db import connection
from django.db.models.functions import Now

from agents.runs.models import Run
from agents.runs.services import LEASE

# After a start of the server nobody could have renewed a lease for a while.
SETTLING = timedelta(seconds=8)


def leases_renew(attempts: Mapping[str, int]) -> set[str]:
    """Say that this process carries out these runs, each in its attempt. Returns those that it has lost.

    Call it where the log is written (``database.in_log``): both lock many runs.
    """
    by_attempt: defaultdict[int, list[str]] = defaultdict(list)
    for run_id, attempt in attempts.items():
        by_attempt[attempt].append(run_id)
    lost = set()
    for attempt, run_ids in by_attempt.items():
        owned = Run.objects.filter(pk__in=run_ids, attempt=attempt, state=Run.State.RUNNING)
        if owned.update(lease_expires_at=Now() + LEASE) != len(run_ids):
            lost |= set(run_ids) - {str(run_id) for run_id in owned.values_list("pk", flat=True)}
    return lost


def runs_to_cancel() -> list[str]:
    """The running runs whose cancellation was asked for, whoever carries them out."""
    asked = Run.objects.filter(state=Run.State.RUNNING, cancel_requested_at__isnull=False)
    return [str(run_id) for run_id in asked.values_list("pk", flat=True)]


def server_has_settled() -> bool:
    """Whether the database has been up for long enough that an expired lease means a dead process."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT extract(epoch FROM now() - pg_postmaster_start_time())")
            seconds = float(cursor.fetchone()[0])
        else:
            cursor.execute("SHOW GLOBAL STATUS LIKE 'Uptime'")
            seconds = float(cursor.fetchone()[1])
    return seconds >= SETTLING.total_seconds()
