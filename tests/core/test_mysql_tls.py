"""A MySQL main database is reached over verified TLS, or, where TLS was asked for and can't be verified, not at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db.utils import load_backend

from aurora_site.core.database_url import parse
from tests import mysql_server
from tests.mysql_server import MySQLServer

pytestmark = [
    pytest.mark.mysql,
    pytest.mark.skipif(mysql_server.server_program() is None, reason="no MariaDB or MySQL server is installed"),
]


@pytest.fixture(scope="module")
def server() -> Iterator[MySQLServer]:
    pytest.importorskip("MySQLdb", reason="mysqlclient isn't installed")
    with mysql_server.running() as running:
        yield running


def wrapper_of(url: str, ca: str = "") -> Any:
    """Django's connection to an address, not connected yet."""
    settings = parse(url, variable="AURORA_DB_URL", mysql_ca_path=ca)
    defaults = {"ATOMIC_REQUESTS": False, "AUTOCOMMIT": True, "TIME_ZONE": None, "TEST": {}}
    return load_backend(settings["ENGINE"]).DatabaseWrapper(defaults | settings, "other")


def connect(url: str, ca: str = "") -> Any:
    """The driver's connection to an address, as Django would make it."""
    wrapper = wrapper_of(url, ca)
    return wrapper.get_new_connection(wrapper.get_connection_params())


def refused() -> type[Exception]:
    from MySQLdb import OperationalError

    return OperationalError


def status(connection: Any, statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[-1]


def test_the_session_is_strict_utc_utf8_and_read_committed(server: MySQLServer, django_db_blocker: Any) -> None:
    connection = wrapper_of(server.url())
    with django_db_blocker.unblock():
        connection.connect()
        assert {"STRICT_TRANS_TABLES", "STRICT_ALL_TABLES"} <= set(status(connection, "SELECT @@sql_mode").split(","))
        assert status(connection, "SELECT @@time_zone") == "+00:00"
        assert status(connection, "SELECT @@character_set_connection") == "utf8mb4"
        assert (
            status(connection, "SHOW VARIABLES WHERE Variable_name IN ('tx_isolation', 'transaction_isolation')")
            == "READ-COMMITTED"
        )
        connection.close()


def test_with_an_authority_the_connection_is_verified_tls(server: MySQLServer) -> None:
    connection = connect(server.url(), ca=str(server.ca))
    assert status(connection, "SHOW STATUS LIKE 'Ssl_cipher'") != ""
    connection.close()


def test_a_server_signed_by_another_authority_is_refused(server: MySQLServer) -> None:
    with pytest.raises(refused(), match=r"(?i)ssl|certificate"):
        connect(server.url(), ca=str(server.other_ca))


def test_a_server_of_another_name_is_refused(server: MySQLServer) -> None:
    elsewhere = server.url().replace("127.0.0.1", "127.0.0.2")
    connect(elsewhere).close()
    with pytest.raises(refused(), match=r"(?i)ssl|certificate"):
        connect(elsewhere, ca=str(server.ca))


def test_an_account_that_requires_tls_is_served_only_with_it(server: MySQLServer) -> None:
    url = server.url().replace("//aurora:", "//careful:")
    with pytest.raises(refused(), match="Access denied"):
        connect(url)
    connection = connect(url, ca=str(server.ca))
    assert status(connection, "SHOW STATUS LIKE 'Ssl_cipher'") != ""
    connection.close()
