"""Django cache in an unlogged PostgreSQL table: shared by all processes, atomic ``add`` and ``incr``.

A crash of the server empties it.

It has connections of its own: in a request's transaction a counter would be locked for the request's whole length and
rolled back with it.
"""

from __future__ import annotations

import hashlib
import pickle
import time
from collections.abc import Sequence
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from psycopg import Connection, Cursor, errors, sql

from aurora_site.core.retrieval_pool import retrieval_pool

LONGEST_KEY = 400
CREATE_LOCK = 6_153_870_211

_CREATE = """
CREATE UNLOGGED TABLE IF NOT EXISTS {table} (
    key text PRIMARY KEY, value bytea, number bigint, expires timestamptz NOT NULL
) WITH (fillfactor = 70)
"""
_INDEX = "CREATE INDEX IF NOT EXISTS {index} ON {table} (expires)"
_LIVE = "expires > clock_timestamp()"
_ADD = f"""
INSERT INTO {{table}} AS held (key, value, number, expires) VALUES (%s, %s, %s, {{expires}})
ON CONFLICT (key) DO UPDATE SET value = excluded.value, number = excluded.number, expires = excluded.expires
WHERE NOT (held.{_LIVE})
"""  # noqa: S608 fixed text
_SET = """
INSERT INTO {table} (key, value, number, expires) VALUES (%s, %s, %s, {expires})
ON CONFLICT (key) DO UPDATE SET value = excluded.value, number = excluded.number, expires = excluded.expires
"""
_GET = f"SELECT key, value, number FROM {{table}} WHERE key = ANY(%s) AND {_LIVE}"  # noqa: S608
_TOUCH = f"UPDATE {{table}} SET expires = {{expires}} WHERE key = %s AND {_LIVE}"  # noqa: S608
_INCREMENT = (
    f"UPDATE {{table}} SET number = number + %s WHERE key = %s AND number IS NOT NULL AND {_LIVE} RETURNING number"  # noqa: S608
)


class PostgresCache(BaseCache):
    """``BACKEND`` of ``CACHES``; ``LOCATION`` is the table, made at the first use."""

    def __init__(self, table: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        self.table = table

    def add(
        self,
        key: str,
        value: Any,
        timeout: float | None = DEFAULT_TIMEOUT,
        version: int | None = None,  # type: ignore[assignment]
    ) -> bool:
        """Store unless a live value is there; exactly one of several callers at once gets True."""
        return self._run(_ADD, [self._key(key, version), *_columns(value)], timeout)[0] == 1

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        return self.get_many([key], version).get(key, default)

    def get_many(self, keys: Sequence[str], version: int | None = None) -> dict[str, Any]:  # type: ignore[override]
        names = {self._key(key, version): key for key in keys}
        rows = self._run(_GET, [list(names)])[1]
        return {names[name]: pickle.loads(value) if number is None else number for name, value, number in rows}  # noqa: S301 own data

    def set(
        self,
        key: str,
        value: Any,
        timeout: float | None = DEFAULT_TIMEOUT,
        version: int | None = None,  # type: ignore[assignment]
    ) -> None:
        self._run(_SET, [self._key(key, version), *_columns(value)], timeout)

    def touch(self, key: str, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:  # type: ignore[assignment]
        return self._run(_TOUCH, [self._key(key, version)], timeout)[0] == 1

    def delete(self, key: str, version: int | None = None) -> bool:
        statement = f"DELETE FROM {{table}} WHERE key = %s AND {_LIVE}"  # noqa: S608
        return self._run(statement, [self._key(key, version)])[0] == 1

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """Add to a whole number, atomically. Raises ValueError when there is none."""
        rows = self._run(_INCREMENT, [delta, self._key(key, version)])[1]
        if not rows:
            raise ValueError(f"Key {key!r} holds no whole number.")
        return int(rows[0][0])

    def has_key(self, key: str, version: int | None = None) -> bool:
        return key in self.get_many([key], version)

    def clear(self) -> None:
        self._run("TRUNCATE {table}", [])

    def sweep(self) -> int:
        """Remove what has expired; how many entries that were."""
        return self._run(f"DELETE FROM {{table}} WHERE NOT ({_LIVE})", [])[0]  # noqa: S608

    def _key(self, key: str, version: int | None) -> str:
        made = self.make_key(key, version=version).replace("\0", "\ufffd")
        if len(made) <= LONGEST_KEY:
            return made
        return made[: LONGEST_KEY - 64] + hashlib.sha256(made.encode()).hexdigest()

    def _run(
        self,
        statement: str,
        values: list[Any],
        timeout: float | None = DEFAULT_TIMEOUT,  # type: ignore[assignment]
    ) -> tuple[int, list[tuple[Any, ...]]]:
        composed = sql.SQL(statement).format(table=sql.Identifier(self.table), expires=self._expires(timeout))
        with retrieval_pool().connection() as connection:
            try:
                return _outcome(connection.execute(composed, values))
            except errors.UndefinedTable:
                self._create(connection)
                return _outcome(connection.execute(composed, values))

    def _expires(self, timeout: float | None) -> sql.Composable:
        """An SQL expression, by the database's clock: processes on several hosts share the table."""
        moment = self.get_backend_timeout(timeout)  # type: ignore[arg-type]
        if moment is None:
            return sql.SQL("'infinity'")
        seconds = sql.Literal(max(moment - time.time(), 0.0) if moment > 0 else -1.0)
        return sql.SQL("clock_timestamp() + make_interval(secs => {})").format(seconds)

    def _create(self, connection: Connection[Any]) -> None:
        with connection.transaction():
            # "IF NOT EXISTS" alone fails when two processes create the same table at the same moment.
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [CREATE_LOCK])
            names = {"table": sql.Identifier(self.table), "index": sql.Identifier(f"{self.table}_expires")}
            connection.execute(sql.SQL(_CREATE).format(**names))
            connection.execute(sql.SQL(_INDEX).format(**names))


def _columns(value: Any) -> tuple[bytes | None, int | None]:
    """The value as the columns ``value`` and ``number``; whole numbers apart, so that ``incr`` works on them."""
    if type(value) is int and -(2**63) <= value < 2**63:
        return None, value
    return pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL), None


def _outcome(cursor: Cursor[tuple[Any, ...]]) -> tuple[int, list[tuple[Any, ...]]]:
    return cursor.rowcount, cursor.fetchall() if cursor.description else []
