"""Django's PostgreSQL backend for the embedded server: every new connection sees to it that the server runs."""

from __future__ import annotations

import select
from typing import Any

from django.db.backends.postgresql import base
from django.utils.asyncio import async_unsafe
from psycopg import OperationalError
from psycopg_pool import ConnectionPool

from aurora_site.core import embedded
from aurora_site.core.postgresql.creation import DatabaseCreation


class DatabaseWrapper(base.DatabaseWrapper):
    """Attaches the process to the installation's server, starting it if needed, before it connects."""

    creation_class = DatabaseCreation

    @async_unsafe
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        try:
            embedded.ensure_running()
        except embedded.EmbeddedError as error:
            raise self.Database.OperationalError(str(error)) from error
        connection = super().get_new_connection(conn_params)
        while self.pool is not None and not _is_alive(connection):
            self.pool.putconn(connection)
            connection = super().get_new_connection(conn_params)
        return connection


def _is_alive(connection: Any) -> bool:
    """Whether a connection out of the pool can be used. A server that ended has closed its socket, which then can be
    read; asking it each time, as the pool would, costs a query."""
    poll = select.poll()  # takes any descriptor; select() none above 1,023
    poll.register(connection.fileno(), select.POLLIN)
    if not poll.poll(0):
        return True
    try:
        ConnectionPool.check_connection(connection)
    except OperationalError:
        connection.close()
        return False
    return True
