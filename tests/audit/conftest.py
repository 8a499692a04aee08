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
def triggers_off(mysql_triggers_off: None, db: None) -> Iterator[None]:
    """Neither the ledger's triggers nor foreign keys stop anything: in this test's transaction on PostgreSQL; on MySQL
    triggers in the whole module."""
    if connection.vendor == "postgresql":
        sql("SET LOCAL session_replication_role = replica")
        yield
    else:
        sql("SET foreign_key_checks = 0")
        yield
        sql("SET foreign_key_checks = 1")
