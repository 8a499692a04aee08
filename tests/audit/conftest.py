"""Ways around the ledger's triggers, for tests of what is found out afterwards."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

from tests.audit.tampering import sql, without_triggers


@pytest.fixture(scope="module")
def mysql_triggers_off(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock(), without_triggers():
        yield


@pytest.fixture
def triggers_off(mysql_triggers_off: None, db: None) -> None:
    """The ledger's triggers don't fire: in this test's transaction on PostgreSQL, in the whole module on MySQL."""
    if connection.vendor == "postgresql":
        sql("SET LOCAL session_replication_role = replica")
