"""Rebuilding the index while people search it, and rebuilds that are killed: nobody notices, and the next goes on."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.faults.reindexing import PAPERS, Library, searching, variables, wait_for, write_papers
from tests.live import launch, stop, temporary_home, wait_until_ready
from tests.model_server import running

pytestmark = pytest.mark.timeout(300, func_only=True)

# Each rebuild is with a model that no version was made with, so that all has to be embedded.
dimensions = count(100)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder: Path = tmp_path_factory.mktemp("library") / "papers"
    write_papers(folder)
    with running() as server, temporary_home("aurora-reindex-") as home:
        aurora = launch(home, "--only", "web", extra=variables(server, folder, next(dimensions)))
        try:
            wait_until_ready(aurora)
            made = Library(aurora, folder, server)
            made.sign_in()
            yield made
        finally:
            stop(aurora)


def test_searches_go_on_while_the_index_is_rebuilt_switched_and_rolled_back(library: Library) -> None:
    library.server.embedding_pause = 0.02
    before = library.active()
    with searching(library) as met:
        wait_for(lambda: met.by_version()[before] > 20)
        for _ in range(2):
            library.reindex("--rebuild", dimension=next(dimensions))
            name = library.active()
            wait_for(lambda name=name: met.by_version()[name] > 20)
        library.reindex("--rollback", dimension=next(dimensions))
        name = library.active()
        seen = met.by_version()[name]
        wait_for(lambda: met.by_version()[name] > seen + 20)
    library.server.embedding_pause = 0.0
    print(f"{len(met.answers)} searches: {dict(met.by_version())}")
    met.check(library.ids())
    assert len(met.by_version()) == 3


@pytest.mark.parametrize("requests", [0, 1, 4, PAPERS - 1])
def test_a_rebuild_that_is_killed_changes_nothing_and_the_next_goes_on(library: Library, requests: int) -> None:
    """Killed while it waits for its first vectors, or when so many documents have theirs."""
    before, dimension = library.active(), next(dimensions)
    library.server.embedded.clear()
    library.server.embedding_pause = 0.1
    with searching(library, 5) as met:
        process = library.start("--rebuild", dimension=dimension)
        wait_for(lambda: len(papers(library)) > requests)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        done = papers(library)
        assert library.active() == before
        unfinished = [name for name, state in library.versions().items() if state == "building"]
        assert len(unfinished) == 1
        library.server.embedding_pause = 0.0
        library.server.embedded.clear()
        output = library.reindex("--rebuild", dimension=dimension)
    assert f"Searches use index version {unfinished[0]} now." in output
    assert (library.active(), "building" in library.versions().values()) == (unfinished[0], False)
    assert library.search("What did part 1 of paper 3 tell?")["index_version"] == unfinished[0]
    met.check(library.ids())
    # The one that was under way is embedded again, at most; together they had all.
    assert len(done & papers(library)) <= 1
    assert len(done | papers(library)) == PAPERS
    assert len(library.ids()[unfinished[0]]) == len(library.ids()[before])


def papers(library: Library) -> set[str]:
    """The documents that vectors were asked for."""
    return {text.split(" >")[0] for text in list(library.server.embedded) if text.startswith("Paper ")}


def test_killed_at_the_switch_it_is_one_version_or_the_other(library: Library) -> None:
    before, dimension = library.active(), next(dimensions)
    process = library.start("--rebuild", dimension=dimension)
    building = (
        f"SELECT done FROM retrieval_indexversion WHERE embedder = 'openai:embed-{dimension}' AND done = {PAPERS}"
    )
    wait_for(lambda: bool(library.query(building)))
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert library.search("What did part 1 of paper 3 tell?")["results"] != []
    library.server.embedded.clear()
    if library.active() == before:
        library.reindex("--rebuild", dimension=dimension)
    assert library.active() != before
    assert papers(library) == set()


def test_two_rebuilds_at_once_are_one(library: Library) -> None:
    dimension = next(dimensions)
    library.server.embedding_pause = 0.05
    library.server.embedded.clear()
    processes = [library.start("--rebuild", dimension=dimension) for _ in range(2)]
    outputs = [process.communicate(timeout=120)[0] for process in processes]
    library.server.embedding_pause = 0.0
    assert [process.returncode for process in processes] == [0, 0], outputs
    assert sum("waiting for it" in output for output in outputs) == 1
    made = [
        row for row in library.query("SELECT embedder FROM retrieval_indexversion") if row[0].endswith(f"-{dimension}")
    ]
    assert len(made) == 1
    assert len(library.server.embedded) == len(set(library.server.embedded))


def test_what_is_deleted_beside_a_killed_rebuild_stays_deleted_in_every_version(library: Library) -> None:
    dimension = next(dimensions)
    library.server.embedding_pause = 0.1
    library.server.embedded.clear()
    process = library.start("--rebuild", dimension=dimension)
    wait_for(lambda: len(papers(library)) > 3)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    library.server.embedding_pause = 0.0
    gone = library.folder / "paper-00.md"
    text = gone.read_text()
    gone.unlink()
    try:
        library.reindex(dimension=dimension)
        left = "SELECT count(*) FROM retrieval_chunk WHERE path = 'paper-00.md'"
        assert library.query(left) == [(0,)]
        library.reindex("--rebuild", dimension=dimension)
        library.reindex("--rollback", dimension=dimension)
        found = library.search("What did part 1 of paper 0 tell?")["results"]
        assert found != []
        assert all(hit["path"] != "paper-00.md" for hit in found)
        assert library.query(left) == [(0,)]
    finally:
        gone.write_text(text)
        library.reindex(dimension=dimension)
