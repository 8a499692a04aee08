"""Emptying the ledger's tables between transactional tests, although their triggers refuse it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.operations import BaseDatabaseOperations

from audit.triggers import TABLES


def install() -> None:
    """From now on ``manage.py flush``, which Django calls after each transactional test, empties the ledger too."""
    BaseDatabaseOperations.execute_sql_flush = _execute_sql_flush


def _execute_sql_flush(self: Any, sql_list: Sequence[str]) -> None:
    connection: BaseDatabaseWrapper = self.connection
    with (
        transaction.atomic(using=connection.alias, savepoint=connection.features.can_rollback_ddl),
        connection.cursor() as cursor,
    ):
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
        for sql in sql_list:
            cursor.execute(_truncating(cursor, sql) if connection.vendor == "mysql" else sql)


def _truncating(cursor: Any, sql: str) -> str:
    """MySQL's TRUNCATE, which fires no triggers, for a table of the ledger that holds something: it is slower."""
    for table in TABLES:
        if sql == f"DELETE FROM `{table}`;":
            cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {table})")
            return f"TRUNCATE {table};" if cursor.fetchone()[0] else sql
    return sql
