"""Locks of the retrieval database that end with the session that holds them, so that a killed holder leaves none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg

from aurora_site.core import retrieval_pool

_KEY = "hashtextextended(%s, 0)"


@contextmanager
def try_lock(name: str) -> Iterator[psycopg.Connection[Any] | None]:
    """A database session of its own that holds the lock called ``name``; None when another session holds it."""
    with psycopg.connect(retrieval_pool.conninfo(), autocommit=True) as session:
        row = session.execute(f"SELECT pg_try_advisory_lock({_KEY})", [name]).fetchone()
        if not (row and row[0]):
            yield None
            return
        try:
            yield session
        finally:
            # A closed session's locks go once its server process notices: later than the next holder may ask.
            with suppress(psycopg.Error):
                session.execute(f"SELECT pg_advisory_unlock({_KEY})", [name])
