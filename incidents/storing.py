"""Writing many rows that differ in everything: one plain statement, sent for all of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connections, models, router


def rows_update(rows: Iterable[models.Model], fields: Sequence[str]) -> None:
    """Store these fields of rows of one model, in this order of rows, in the caller's transaction.

    ``bulk_update`` makes one statement with a branch for each value, which takes longer to put together and to plan than
    the rows take to write; where it matters, nothing here is computed but the values.
    """
    stored = list(rows)
    if not stored:
        return
    meta = stored[0]._meta
    connection = connections[router.db_for_write(type(stored[0]))]
    columns: list[Any] = [*(meta.get_field(name) for name in fields), meta.pk]
    quote = connection.ops.quote_name
    assigned = ", ".join(f"{quote(column.column)} = %s" for column in columns[:-1])
    statement = f"UPDATE {quote(meta.db_table)} SET {assigned} WHERE {quote(columns[-1].column)} = %s"  # noqa: S608 own names
    written = [
        [column.get_db_prep_save(getattr(row, column.attname), connection) for column in columns] for row in stored
    ]
    with connection.cursor() as cursor:
        cursor.executemany(statement, written)
