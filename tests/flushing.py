"""Emptying the tables between transactional tests: quickly, and the ledger's too, although their triggers refuse it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.core.management.commands import flush
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.operations import BaseDatabaseOperations
from django.db.models.signals import post_migrate

from audit.triggers import TABLES

# Only migrations write these, and writing them anew takes longer than most tests.
KEPT = frozenset({"django_content_type", "auth_permission"})
# A table of more rows is truncated, so that nothing of them is left in its files and indexes.
MANY_ROWS = 1000
# The apps that write something, or look for something, after every migration.
AFTER_MIGRATION = ("agents", "audit")


def install() -> None:
    """From now on ``manage.py flush``, which Django calls after each transactional test, empties what isn't empty."""
    BaseDatabaseOperations.execute_sql_flush = _execute_sql_flush
    flush.emit_post_migrate_signal = _tell_migrated


def _execute_sql_flush(self: Any, sql_list: Sequence[str]) -> None:
    connection: BaseDatabaseWrapper = self.connection
    with (
        transaction.atomic(using=connection.alias, savepoint=connection.features.can_rollback_ddl),
        connection.cursor() as cursor,
    ):
        if connection.vendor == "postgresql":
            _empty(cursor, _tables(sql_list))
        else:
            for sql in sql_list:
                if not any(f"`{name}`" in sql for name in KEPT):
                    cursor.execute(_truncating(cursor, sql))


def _tables(sql_list: Sequence[str]) -> list[str]:
    """The tables that Django would truncate, but for what is kept."""
    return [name for sql in sql_list for name in re.findall(r'"(\w+)"', sql) if name not in KEPT]


def _empty(cursor: Any, tables: Sequence[str]) -> None:
    """What TRUNCATE does, without new files for eighty tables and their indexes: most of them are empty.

    The locks are TRUNCATE's, so that whoever still writes is waited for.
    """
    if not tables:
        return
    cursor.execute(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE")
    counts = [f"(SELECT count(*) FROM (SELECT 1 FROM {name} LIMIT {MANY_ROWS}) AS found)" for name in tables]
    cursor.execute(f"SELECT {', '.join(counts)}")
    filled = {name: count for name, count in zip(tables, cursor.fetchone(), strict=True) if count}
    # Without triggers and foreign keys, so that the order doesn't matter.
    cursor.execute("SET LOCAL session_replication_role = replica")
    for name, count in filled.items():
        cursor.execute(f"DELETE FROM {name}" if count < MANY_ROWS else f"TRUNCATE {name} CASCADE")


def _truncating(cursor: Any, sql: str) -> str:
    """MySQL's TRUNCATE, which fires no triggers, for a table of the ledger that holds something: it is slower."""
    for table in TABLES:
        if sql == f"DELETE FROM `{table}`;":
            cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {table})")
            return f"TRUNCATE {table};" if cursor.fetchone()[0] else sql
    return sql


def _tell_migrated(verbosity: int, interactive: bool, db: str, **_: Any) -> None:
    """The signal that follows a migration, for those who need it."""
    for label in AFTER_MIGRATION:
        post_migrate.send(
            sender=apps.get_app_config(label), app_config=apps.get_app_config(label), verbosity=verbosity,
            interactive=interactive, using=db, apps=apps, plan=[],
        )  # fmt: skip
