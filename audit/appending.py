"""Inserting a record with all that belongs to it."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from audit.models import PersonalText, Record, Unsealed


def append(row: Record, texts: Sequence[PersonalText]) -> None:
    """Insert a record, its personal texts and its place in the sealer's queue, in the caller's transaction."""
    # Without a savepoint: what can't be recorded must not be done either.
    with transaction.atomic(savepoint=False):
        row.save()
        PersonalText.objects.bulk_create(texts)
        Unsealed.objects.create(record_id=row.pk)
