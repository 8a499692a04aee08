"""What somebody who may alter the database can do to the ledger: raw SQL, with its triggers out of the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from audit import triggers


def sql(statement: str, *parameters: Any) -> int:
    """Run a statement past the ledger's triggers (see ``triggers_off``); how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.rowcount


@contextmanager
def without_triggers() -> Iterator[None]:
    """Take MySQL's triggers away, outside any transaction: what makes and drops them there commits."""
    if connection.vendor != "mysql":
        yield
        return
    with connection.cursor() as cursor:
        for name in triggers.names():
            cursor.execute(f"DROP TRIGGER {name}")
    try:
        yield
    finally:
        triggers.install("default")
