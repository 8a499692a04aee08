"""Fixtures that all tests share: people and organisations, a loopback model, and a whole Aurora to talk to."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from asgiref.sync import SyncToAsync
from django.conf import settings as django_settings
from django.db import connection, connections
from django.test import Client
from hypothesis import settings
from rest_framework.test import APIClient

from agents.providers import failover, quirks
from aurora_site.accounts.models import Membership
from aurora_site.core import embedded
from tests import flushing, migrating, static_files
from tests.factories.accounts import session_of, tokens_for, user_factory
from tests.live import LiveAurora, start_aurora
from tests.model_server import ModelServer, running

IN_CI = os.environ.get("CI") == "true"
# A property holds or it doesn't; how long an example takes depends on the machine. New examples are looked for by people who
# can mend what they find.
settings.register_profile("aurora", deadline=None, derandomize=IN_CI)
settings.load_profile("aurora")
flushing.install()
migrating.install()
static_files.install()


# What these test never sees the main database, whichever that is.
WITHOUT_MAIN_DATABASE = frozenset(
    """test_chunking test_closeness test_contradictions test_demo_quality test_document_dates test_embeddings
    test_extractive test_extractive_steps test_extractive_versions test_index_mending test_languages test_loading
    test_loading_anything test_loading_growth test_netguard test_netguard_addresses test_page_rendering
    test_providers_sse test_providers_transport test_providers_wire_errors test_search test_search_filters
    test_sentences test_token_vectors test_vector_index test_visible_text""".split()  # noqa: SIM905
)


# Before xdist's own, which reads the groups.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that talk to the one running Aurora stay in one worker, which starts it once."""
    for item in items:
        if item.path.stem in WITHOUT_MAIN_DATABASE:
            item.add_marker(pytest.mark.any_main)
        if "live_aurora" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("live"))


@pytest.fixture(autouse=True)
def models_without_a_past() -> None:
    """What a process learns of models' servers doesn't pass from test to test."""
    failover.reset()
    quirks.forget()


@pytest.fixture(autouse=True)
def heads_of_its_own() -> None:
    """The heads that a test's ledger saves are no other test's."""
    django_settings.LEDGER_FOLDER = django_settings.AURORA_HOME / "ledgers" / uuid.uuid4().hex


@pytest.fixture
def model_server() -> Iterator[ModelServer]:
    with running() as server:
        yield server


@pytest.fixture(scope="session")
def live_aurora(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveAurora]:
    """A whole Aurora as ``make run`` starts it, with the demo organisation, on a port and in a home of its own."""
    home: Path = tmp_path_factory.mktemp("live")
    for folder in (home, *home.parents):
        if folder.stat().st_uid == os.getuid():
            folder.chmod(folder.stat().st_mode | 0o011)
    with start_aurora(home) as aurora:
        yield aurora


@pytest.fixture
def client_of(db: None) -> Callable[[Membership], APIClient]:
    """Makes an API client that acts as a member, in that member's organisation."""

    def client_of(membership: Membership) -> APIClient:
        client = APIClient()
        client.credentials(
            HTTP_AUTHORIZATION=f"Bearer {tokens_for(membership.user)[1].access}",
            HTTP_X_ORG_ID=str(membership.organization_id),
        )
        return client

    return client_of


@pytest.fixture
def operator_client(db: None) -> Client:
    """A browser in which an operator of the installation is signed in."""
    return session_of(user_factory(is_staff=True, is_superuser=True))


@pytest.fixture
def outage() -> Iterator[Callable[[bool], None]]:
    """Takes the main database away (True) and gives it back: its sessions end, and no new one begins."""
    if connection.vendor != "postgresql":
        pytest.skip("a database is switched off for itself alone only in PostgreSQL")
    name = connection.settings_dict["NAME"]

    def switch(away: bool) -> None:
        with psycopg.connect(embedded.conninfo("postgres"), autocommit=True) as server:
            server.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS {not away}')
            if away:
                server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        if not away:
            _forget_broken_connections()

    yield switch
    switch(False)


def _forget_broken_connections() -> None:
    """As the end of a real request does; the asynchronous test client serves all of them on one thread."""
    connections.close_all()
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()
