"""The variables of the knowledge index, under their old names too, in installations that start as a person starts them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest

from aurora_site.core import embedded
from tests.live import (
    ADMIN_EMAIL,
    ADMIN_PASSWORD,
    ROOT,
    LiveAurora,
    enterable,
    environment,
    free_port,
    launch,
    processes_of,
    stop,
    temporary_home,
    wait_until_ready,
)

pytestmark = [pytest.mark.xdist_group("up"), pytest.mark.timeout(300)]

Start = Callable[..., Any]


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Starts an installation of two documents, always in the same home, and stops it at the end of the block."""
    folder: Path = tmp_path_factory.mktemp("documents")
    (folder / "leave.md").write_text("# Leave\n\nEveryone gets 25 days of paid leave.")
    (folder / "kitchen.md").write_text("# Kitchen\n\nThe kitchen is on floor two.")
    with temporary_home("aurora-index-") as home:

        @contextmanager
        def start(**variables: str) -> Iterator[LiveAurora]:
            (home / "output--onlyweb.log").unlink(missing_ok=True)
            fixed = {"AURORA_DEMO": "0", "SEED_DATA_DIR": str(folder), "ALLOW_ADMIN": "1", "RATE_LIMIT_ENABLED": "0"}
            aurora = launch(home, "--only", "web", extra={**fixed, **variables})
            try:
                yield aurora
            finally:
                stop(aurora)

        yield start


def search(aurora: LiveAurora, *, reindexed: bool = False) -> tuple[str, list[str]]:
    """The index version and the paths found, once it is ready; after ``POST /admin/reindex`` where that is wanted."""
    wait_until_ready(aurora)
    body = {"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD}
    token = httpx2.post(f"{aurora.url}/api/auth/login", json=body, timeout=30).json()["access"]
    with httpx2.Client(base_url=aurora.url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        if reindexed:
            answer = client.post("/admin/reindex").json()
            assert answer == {"success": True, "doc_count": 2, "message": "2 documents are indexed."}
        found = client.get("/api/v1/knowledge/search", params={"q": "paid leave"}).json()
    return found["index_version"], sorted(hit["path"] for hit in found["results"])


BOTH = ["kitchen.md", "leave.md"]


def test_old_names_act_and_say_what_replaced_them(start: Start) -> None:
    with start(CHROMA_AUTO_INGEST="0") as aurora:
        assert search(aurora) == ("", [])
        assert "CHROMA_AUTO_INGEST is an old name; it acts as AURORA_AUTO_INGEST." in aurora.output()
        assert search(aurora, reindexed=True) == ("v1", BOTH)
    for name in ("CHROMA_RESET", "CHROMA_FORCE_CLEAN"):
        with start(**{name: "1"}) as aurora:
            assert search(aurora) == ("v1", BOTH)
            assert f"{name} is an old name; it acts as AURORA_INDEX_RESET." in aurora.output()
            assert "Throwing the knowledge index away" in aurora.output()
            assert "Knowledge: 2 documents in 2 passages, index version v1" in aurora.output()


def test_a_pinned_version_that_is_not_there_stops_the_start_with_the_reason(start: Start) -> None:
    with start(AURORA_INDEX_RESET="1", AURORA_INDEX_VERSION="v1") as aurora:
        assert search(aurora) == ("v1", BOTH)
    with start(AURORA_INDEX_VERSION="v9") as aurora:
        assert aurora.process.wait(120) == 1
        assert "AURORA_INDEX_VERSION names 'v9', which is no complete index version; those are: v1." in aurora.output()


@pytest.mark.parametrize("lost", ["DROP TABLE retrieval_chunk CASCADE", "TRUNCATE retrieval_chunk CASCADE", "database"])
def test_an_index_that_vanished_is_made_again_at_the_next_start(start: Start, lost: str) -> None:
    with start(AURORA_INDEX_RESET="1") as aurora:
        assert search(aurora) == ("v1", BOTH)
        home = aurora.home / "home"
        lose(home, lost)
    with start() as aurora:
        assert search(aurora) == ("v1", BOTH)
        assert "Knowledge: 2 documents in 2 passages" in aurora.output()


def lose(home: Path, what: str) -> None:
    if what == "database":
        with psycopg.connect(embedded.conninfo("postgres", home), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {embedded.RETRIEVAL_DATABASE} WITH (FORCE)".encode())
        return
    with psycopg.connect(embedded.conninfo(embedded.RETRIEVAL_DATABASE, home), autocommit=True) as connection:
        connection.execute(what.encode())


def test_a_home_that_cannot_be_written_is_replaced_loudly(tmp_path: Path) -> None:
    variables = environment(tmp_path, free_port(), AURORA_DEMO="0", TMPDIR=str(enterable(tmp_path)))
    del variables["AURORA_HOME"]
    command = [sys.executable, "manage.py", "up", "--only", "web"]
    process = subprocess.Popen(
        command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**variables, "CHROMA_DIR": "/proc/aurora/store"},
    )  # fmt: skip
    instead = tmp_path / f"aurora-home-{os.getuid()}"
    try:
        said = [process.stdout.readline() for _ in range(2)]
    finally:
        process.terminate()
        process.communicate(timeout=60)
    assert said == [
        "CHROMA_DIR is an old name; it acts as AURORA_HOME. Set AURORA_HOME instead.\n",
        f"AURORA_HOME (/proc/aurora/store) can't be written. USING {instead} INSTEAD.\n",
    ]
    assert processes_of(instead) == {}
