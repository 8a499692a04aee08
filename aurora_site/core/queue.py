"""The task queue in the retrieval database: kombu's PGMQ transport on Aurora's connections; its installation."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, pgmq
from pgmq import PGMQueue

from aurora_site.core.retrieval_pool import conninfo, retrieval_pool

LONGEST_WAIT = 0.5
INSTALL_LOCK = 6_153_870_212


class Transport(pgmq.Transport):
    """PGMQ over the retrieval database.

    The transport's own connection string would be built anew without quoting and without libpq options, which loses
    TLS settings and folders with spaces; it also reads DATABASE_URL, which may be somebody else's.
    """

    def drain_events(self, connection: Any, timeout: float | None = None, **kwargs: Any) -> None:
        """Return often (raising TimeoutError, as ever), so that a worker that is asked to end notices soon."""
        wait = min(timeout or LONGEST_WAIT, LONGEST_WAIT)
        super().drain_events(connection, timeout=wait)  # type: ignore[no-untyped-call]

    def _create_pgmq_client(self) -> PGMQueue:
        client: Any = self.client
        options = client.transport_options
        return PGMQueue(
            conn_string=None,
            vt=int(options["visibility_timeout"]),
            init_extension=False,
            pool=retrieval_pool(),
        )

    def _get_notify_waiter(self) -> Any:
        if self._notify_waiter is None:
            self._notify_waiter = pgmq._NotifyWaiter(conninfo())
        return self._notify_waiter


# Not to_regclass(): it may answer from a cache that is older than the lock.
_IS_INSTALLED = "SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = 'pgmq' AND tablename = 'meta'"


def use_own_transport() -> None:
    """Make ``pgmq://`` addresses mean this module's transport."""
    TRANSPORT_ALIASES["pgmq"] = f"{__name__}:Transport"


def install() -> None:
    """Install PGMQ's SQL in the retrieval database unless it is there; safe in several processes at once."""
    with retrieval_pool().connection() as connection, connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [INSTALL_LOCK])
        if not connection.execute(_IS_INSTALLED).fetchone():
            connection.execute(files("pgmq").joinpath("sql", "pgmq.sql").read_text(encoding="utf-8").encode())


def is_installed() -> bool:
    """Whether PGMQ is in the retrieval database."""
    with retrieval_pool().connection() as connection:
        return connection.execute(_IS_INSTALLED).fetchone() is not None
