"""Whether the knowledge index's tables are there, and whole."""

from __future__ import annotations

import pkgutil

from django.apps import apps
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder

from agents.retrieval import migrations
from agents.retrieval.selectors import ALIAS

_APP = "retrieval"


def missing_parts() -> list[str]:
    """Tables, and columns as ``table.column``, that the migrations made and that are gone. Empty before migrating, and
    while migrations of a newer Aurora wait: what isn't there yet isn't missing."""
    applied = {name for app, name in MigrationRecorder(connections[ALIAS]).applied_migrations() if app == _APP}
    if not {module.name for module in pkgutil.iter_modules(migrations.__path__)} <= applied:
        return []
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(
            "SELECT relname, attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid"
            " WHERE relkind = 'r' AND attnum > 0 AND NOT attisdropped AND pg_table_is_visible(pg_class.oid)"
        )
        there = set(cursor.fetchall())
    tables = {table for table, _ in there}
    missing = []
    for model in apps.get_app_config(_APP).get_models():
        table = model._meta.db_table
        if table not in tables:
            missing.append(table)
            continue
        columns = [str(field.column) for field in model._meta.local_concrete_fields]
        missing.extend(f"{table}.{column}" for column in columns if (table, column) not in there)
    return missing
