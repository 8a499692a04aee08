"""Django's PostgreSQL backend for the embedded server: every new connection sees to it that the server runs."""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import base
from django.utils.asyncio import async_unsafe

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
        return super().get_new_connection(conn_params)
