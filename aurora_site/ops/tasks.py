"""Upkeep of the installation that runs in a worker."""

from __future__ import annotations

from celery import shared_task

from aurora_site.ops import index_recovery


@shared_task(name="ops.mend_index")
def mend_index() -> None:
    """Put the knowledge index right where it lost something, and go on with a build that nobody is at."""
    index_recovery.sweep()
