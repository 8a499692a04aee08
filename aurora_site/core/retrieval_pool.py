"""Autocommit connections to the retrieval database, for what must not share a request's transaction."""

from __future__ import annotations

import os
import threading
from functools import lru_cache
from typing import Any

from django.db import connections
from psycopg import Connection
from psycopg.conninfo import make_conninfo
from psycopg_pool import ConnectionPool

from aurora_site.core import embedded
from aurora_site.core.databases import EMBEDDED_ENGINE, RETRIEVAL

MAXIMUM_SIZE = 6
WAIT_SECONDS = 5.0
NOT_FOR_LIBPQ = frozenset({"pool", "server_side_binding", "assume_role", "isolation_level", "prepare_threshold"})

_pools: dict[tuple[int, str], ConnectionPool[Connection[Any]]] = {}
_guard = threading.Lock()


def conninfo() -> str:
    """The retrieval database as a libpq string, read at use: tests point the alias at a database of their own."""
    settings = connections[RETRIEVAL].settings_dict
    if settings["ENGINE"] == EMBEDDED_ENGINE:
        embedded.ensure_running()
    keys = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    given = {key: settings[name] for key, name in keys.items() if settings.get(name)}
    options = {key: value for key, value in settings["OPTIONS"].items() if key not in NOT_FOR_LIBPQ}
    return _quoted(tuple((options | given).items()))


@lru_cache(maxsize=8)
def _quoted(parameters: tuple[tuple[str, Any], ...]) -> str:
    return make_conninfo("", **dict(parameters))


def retrieval_pool() -> ConnectionPool[Connection[Any]]:
    """This process's pool of autocommit connections to the retrieval database; dead ones are found before use."""
    key = os.getpid(), conninfo()
    pool = _pools.get(key)
    if pool is None:
        with _guard:
            pool = _pools.get(key)
            if pool is None:
                pool = _pools[key] = _open(key[1])
    return pool


def _open(address: str) -> ConnectionPool[Connection[Any]]:
    return ConnectionPool(
        address,
        kwargs={"autocommit": True},
        min_size=1,
        max_size=MAXIMUM_SIZE,
        timeout=WAIT_SECONDS,
        check=ConnectionPool.check_connection,
        name="retrieval",
        open=True,
    )


def close_pools() -> None:
    """Close this process's pools; the next use opens anew."""
    with _guard:
        own = [key for key in _pools if key[0] == os.getpid()]
        for key in own:
            _pools.pop(key).close()
