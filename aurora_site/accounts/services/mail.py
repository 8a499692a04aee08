"""Handing a mail to the worker once its row is committed."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def mail_enqueue(task: Any, row_id: UUID) -> None:
    """Ring the worker after the commit. Should the queue be down, ``accounts.sweep_mail`` finds the unsent row."""

    def ring() -> None:
        try:
            task.delay(str(row_id))
        except (OperationalError, OSError) as error:
            logger.warning("mail waits for the sweep: the queue can't be reached (%s)", error)

    transaction.on_commit(ring)
