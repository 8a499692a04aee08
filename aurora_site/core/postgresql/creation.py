"""Test databases of the embedded server."""

from __future__ import annotations

from django.db.backends.postgresql import creation

from aurora_site.core.retrieval_pool import close_pools


class DatabaseCreation(creation.DatabaseCreation):
    """Drops test databases although the cache's pool or a listener of a killed run is still connected to them."""

    def _destroy_test_db(self, test_database_name: str, verbosity: int) -> None:
        close_pools()
        self.connection.close_pool()
        name = self.connection.ops.quote_name(test_database_name)
        with self._nodb_cursor() as cursor:  # type: ignore[attr-defined]  # the stubs lack it
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
