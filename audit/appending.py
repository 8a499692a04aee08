"""Inserting a record with all that belongs to it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import psycopg
from django.db import connection, transaction

from audit.models import PersonalText, Record, Unsealed


def append(row: Record, texts: Sequence[PersonalText]) -> None:
    """Insert a record, its personal texts and its place in the sealer's queue, in the caller's transaction."""
    if connection.vendor == "postgresql":
        _append_at_once(row, texts)
        return
    # Without a savepoint: what can't be recorded must not be done either.
    with transaction.atomic(savepoint=False):
        row.save()
        PersonalText.objects.bulk_create(texts)
        Unsealed.objects.create(record_id=row.pk)


def _append_at_once(row: Record, texts: Sequence[PersonalText]) -> None:
    """All of it in one statement, which is a transaction where the caller has none: a third of the time (ADR 0013)."""
    values = [getattr(text, name) for text in texts for name in _columns(PersonalText)]
    values += [row.pk, *(getattr(row, name) for name in _columns(Record))]
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    with (
        transaction.mark_for_rollback_on_error(using=connection.alias),
        connection.wrap_database_errors,
        psycopg.Cursor(connection.connection) as cursor,
    ):
        cursor.execute(_statement(len(texts)), values)
    row._state.adding, row._state.db = False, connection.alias


@cache
def _statement(texts: int) -> str:
    parts = [f"waiting AS ({_insert(Unsealed)})"]
    if texts:
        parts.insert(0, f"texts AS ({_insert(PersonalText, texts)})")
    return f"WITH {', '.join(parts)} {_insert(Record)}"


def _insert(model: type[Record] | type[PersonalText] | type[Unsealed], count: int = 1) -> str:
    columns = _columns(model)
    row = f"({', '.join(['%s'] * len(columns))})"
    return f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) VALUES {', '.join([row] * count)}"  # noqa: S608


@cache
def _columns(model: type[Record] | type[PersonalText] | type[Unsealed]) -> list[str]:
    """The columns that a new row brings: all but numbers that the database counts."""
    fields = model._meta.concrete_fields
    return [field.column for field in fields if field.column and not getattr(field, "db_returning", False)]
