"""Triggers by which the database itself refuses to change the ledger, whoever asks.

They refuse UPDATE and DELETE, on PostgreSQL TRUNCATE too. A record may be deleted when its leaf is in ``audit_pruned``:
retention deletes no others, and verification knows which may be missing. Personal texts may be deleted, which is how
they are erased, but not changed. Whoever may alter the tables can take the
triggers off; verification finds what was done then.
"""

from __future__ import annotations

import logging
from typing import Any

from django.db import DatabaseError, connections, router
from django.db.backends.base.base import BaseDatabaseWrapper

from audit.models import Leaf, PersonalText, Pruned, Record, TreeHead, TreeNode

logger = logging.getLogger(__name__)

_RECORD, _LEAF, _PRUNED = (model._meta.db_table for model in (Record, Leaf, Pruned))
TABLES = (_RECORD, _LEAF, TreeNode._meta.db_table, TreeHead._meta.db_table, _PRUNED)
_TEXTS = PersonalText._meta.db_table

REFUSAL = "The ledger is append-only."
# Without the privilege TRIGGER; without SUPER where a binary log is written; the same in MySQL 8's words.
MYSQL_REFUSALS = {1142, 1227, 1419}
MEND = {
    "postgresql": "Run `manage.py migrate` as the tables' owner.",
    "mysql": "Grant TRIGGER on the database to Aurora's account, set log_bin_trust_function_creators=1 where the server"
    " writes a binary log, then run `manage.py migrate`.",
}

_PRUNABLE = f"EXISTS (SELECT 1 FROM {_LEAF} l JOIN {_PRUNED} p ON p.seq = l.seq WHERE l.record_id = OLD.id)"  # noqa: S608
_POSTGRESQL_FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    RAISE EXCEPTION '{REFUSAL} % of % is refused.', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $body$;
CREATE OR REPLACE FUNCTION audit_refuse_unless_pruned() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF {_PRUNABLE} THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '{REFUSAL} % of % is refused.', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $body$;
"""


def names(using: str = "default") -> list[str]:
    """The triggers that this database should have."""
    return sorted(_statements(connections[using]))


def missing(using: str = "default") -> list[str]:
    """The names of triggers that aren't there, or are disabled."""
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute(_SELECT[connection.vendor])
        there = {name for (name,) in cursor.fetchall()}
    return [name for name in names(using) if name not in there]


def install(using: str, **_: Any) -> None:
    """Make the triggers that are missing: called after every ``migrate``.

    Where a MySQL server doesn't allow it, the log says so, and so does ``doctor``.
    """
    if not router.allow_migrate_model(using, Record) or not (absent := missing(using)):
        return
    connection = connections[using]
    if not {*TABLES, _TEXTS} <= set(connection.introspection.table_names()):
        return
    statements = _statements(connection)
    try:
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(_POSTGRESQL_FUNCTIONS)
            for name in absent:
                cursor.execute(statements[name])
    except DatabaseError as error:
        if connection.vendor != "mysql" or error.args[0] not in MYSQL_REFUSALS:
            raise
        logger.warning("The server doesn't allow the ledger's triggers (see `manage.py doctor`): %s", error)


_SELECT = {
    "postgresql": "SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
    " WHERE NOT tgisinternal AND tgenabled IN ('O', 'A') AND pg_table_is_visible(tgrelid)",
    "mysql": "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = DATABASE()",
}


def _statements(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """The statement that makes each trigger, by the trigger's name."""
    make = _postgresql if connection.vendor == "postgresql" else _mysql
    operations = ("UPDATE", "DELETE", *(["TRUNCATE"] if connection.vendor == "postgresql" else []))
    refused = [(table, operation) for table in TABLES for operation in operations] + [(_TEXTS, "UPDATE")]
    names = {(table, operation): f"{table}_{operation.lower()}_refused" for table, operation in refused}
    return {name: make(name, *which) for which, name in names.items()}


def _postgresql(name: str, table: str, operation: str) -> str:
    each = "STATEMENT" if operation == "TRUNCATE" else "ROW"
    function = "audit_refuse_unless_pruned" if (table, operation) == (_RECORD, "DELETE") else "audit_refuse"
    return (
        f"CREATE OR REPLACE TRIGGER {name} BEFORE {operation} ON {table} FOR EACH {each} EXECUTE FUNCTION {function}()"
    )


def _mysql(name: str, table: str, operation: str) -> str:
    refuse = f"SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{REFUSAL} {operation} of {table} is refused.'"
    if (table, operation) == (_RECORD, "DELETE"):
        refuse = f"IF NOT {_PRUNABLE} THEN {refuse}; END IF"
    return f"CREATE TRIGGER {name} BEFORE {operation} ON {table} FOR EACH ROW {refuse}"
