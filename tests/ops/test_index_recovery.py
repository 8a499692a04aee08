"""The knowledge index comes back by itself: lost tables, lost documents, strays, and builds whose process died."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from agents.knowledge import services
from agents.knowledge.mending import index_gaps
from agents.models import Document
from agents.retrieval import building, selectors
from agents.retrieval.collecting import index_reset
from agents.retrieval.errors import IndexVersionError
from agents.retrieval.models import Chunk, IndexVersion
from agents.retrieval.schema import missing_parts
from aurora_site.accounts.services.installation import organization_default_ensure
from aurora_site.core.databases import RETRIEVAL
from aurora_site.ops import diagnosis, first_start, health, index_recovery, readiness
from aurora_site.ops.models import Recovery
from tests.factories.accounts import member_factory
from tests.model_server import ModelServer

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    """An installation that was started once, with two documents."""
    (tmp_path / "leave.md").write_text("# Leave\n\nYou get 25 days of leave.")
    (tmp_path / "kitchen.md").write_text("# Kitchen\n\nThe kitchen is on floor two.")
    settings.SEED_DATA_DIR = str(tmp_path)
    start()
    return tmp_path


def start() -> list[str]:
    """What a start does, and what it says."""
    said: list[str] = []
    with first_start.alone():
        index_recovery.tables_restore(said.append)
        first_start._check_index(said.append)
    first_start.expect_first_data()
    first_start.load_first_data(said.append)
    return said


def found() -> set[str]:
    return set(Chunk.objects.filter(version__state="active").values_list("path", flat=True))


def recoveries() -> list[tuple[str, str]]:
    return list(Recovery.objects.order_by("id").values_list("why", "result"))


def test_a_whole_index_needs_nothing() -> None:
    assert not index_gaps()
    index_recovery.sweep()
    first_start.expect_first_data()
    assert readiness.setup_finished() is True
    assert (found(), recoveries()) == ({"leave.md", "kitchen.md"}, [])


@pytest.mark.parametrize("while_running", [True, False])
def test_an_index_that_vanished_is_made_again(while_running: bool) -> None:
    index_reset()
    assert readiness.index_available() is False
    index_recovery.sweep() if while_running else start()
    assert found() == {"leave.md", "kitchen.md"}
    assert readiness.index_available() is True
    assert recoveries() == [("2 documents were missing from it", "2 documents are found again")]


def test_an_installation_whose_index_vanished_is_not_ready_before_it_is_back() -> None:
    index_reset()
    first_start.expect_first_data()
    assert readiness.setup_finished() is False
    first_start.load_first_data(lambda text: None)
    assert (readiness.setup_finished(), found()) == (True, {"leave.md", "kitchen.md"})


@pytest.mark.parametrize("while_running", [True, False])
@pytest.mark.parametrize("lost", ["retrieval_chunk", "retrieval_indexversion", "all"])
def test_lost_tables_are_made_again_and_filled(lost: str, while_running: bool) -> None:
    drop(lost)
    assert len(missing_parts()) == (5 if lost == "all" else 1)
    index_recovery.sweep() if while_running else start()
    assert missing_parts() == []
    assert found() == {"leave.md", "kitchen.md"}
    assert [why.split(":")[0] for why, _ in recoveries()] == [
        "tables or columns were gone",
        "2 documents were missing from it",
    ]


def drop(table: str) -> None:
    names = (
        [model._meta.db_table for model in IndexVersion._meta.app_config.get_models()] if table == "all" else [table]
    )
    with connections[RETRIEVAL].cursor() as cursor:
        for name in names:
            cursor.execute(f"DROP TABLE {name} CASCADE")


def test_one_document_that_fell_out_is_indexed_again() -> None:
    document = Document.objects.get(path="leave.md")
    Chunk.objects.filter(document_id=str(document.pk)).delete()
    assert [pair[1] for pair in index_gaps().missing] == [str(document.pk)]
    assert diagnosis._index("knowledge index").state == "warning"
    index_recovery.sweep()
    # The statistics, from which its chunks had been taken out by hand, and the document.
    assert (found(), len(recoveries())) == ({"leave.md", "kitchen.md"}, 2)
    assert diagnosis._index("knowledge index").state == "ok"


def test_what_has_no_row_any_more_is_taken_out_of_every_version() -> None:
    services.index_rebuild()
    Document.objects.filter(path="leave.md").delete()
    index_recovery.sweep()
    assert set(Chunk.objects.values_list("path", flat=True)) == {"kitchen.md"}
    assert recoveries() == [("it held 1 documents that are gone", "only documents that exist are found")]


def test_an_index_that_is_not_there_is_amiss_only_where_there_are_documents() -> None:
    index_reset()
    assert diagnosis._index("knowledge index").mend == "Run `manage.py reindex`."
    Document.objects.all().delete()
    assert diagnosis._index("knowledge index").state == "ok"


def test_all_organisations_are_looked_after(settings: Any) -> None:
    other = member_factory().organization
    document = services.document_upload(organization=other, actor=None, filename="own.md", content=b"# Own\n\nOurs.")
    services.document_apply(document_id=str(document.pk))
    settings.AURORA_INDEX_RESET = True
    start()
    assert found() == {"leave.md", "kitchen.md", "own.md"}


def test_a_build_whose_process_died_is_gone_on_with(monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[str] = []
    monkeypatch.setattr("agents.knowledge.index_versions.index_build_ring", lambda version: rung.append(version.name))
    version = building.version_request()
    building.version_progress(version, done=1, total=2)
    with building._alone():
        index_recovery.sweep()
    assert rung == []
    index_recovery.sweep()
    assert rung == ["v2"]
    assert recoveries() == [("the process that built version v2 ended (1 of 2 documents)", "running")]


def test_a_pinned_version_that_is_not_there_stops_the_start_and_makes_it_not_ready(settings: Any) -> None:
    settings.AURORA_INDEX_VERSION = "v9"
    with pytest.raises(IndexVersionError, match=r"AURORA_INDEX_VERSION names 'v9'.* those are: v1\."):
        first_start._check_index(lambda text: None)
    monkeyed = readiness._reached.copy()
    readiness._reached.clear()
    try:
        assert readiness.reached() == {"migrations": True, "setup": True, "index": False}
    finally:
        readiness._reached.update(monkeyed)


def test_a_pin_on_a_new_index_names_it(settings: Any) -> None:
    index_reset()
    settings.AURORA_INDEX_VERSION = "spring"
    start()
    assert selectors.active_version().name == "spring"


def test_without_auto_ingest_folders_wait_for_reindex_and_uploads_do_not(settings: Any, folder: Path) -> None:
    from agents.knowledge.selectors import documents_to_sweep

    settings.AURORA_AUTO_INGEST = False
    index_reset()
    Document.objects.update(state="pending", updated_at="2026-01-01T00:00:00Z")
    assert start() == ["Knowledge: no index yet"]
    index_recovery.sweep()
    assert documents_to_sweep() == []
    assert selectors.active_version() is None
    assert readiness.index_available() is True
    organization = organization_default_ensure()
    mine = services.document_upload(organization=organization, actor=None, filename="mine.md", content=b"# Mine\n\nUp.")
    Document.objects.update(updated_at="2026-01-01T00:00:00Z")
    assert documents_to_sweep() == [str(mine.pk)]
    assert services.documents_reindex(organization=organization) == 3
    assert found() == {"leave.md", "kitchen.md", "mine.md"}


def test_a_model_that_is_away_at_start_stops_nothing(settings: Any, model_server: ModelServer) -> None:
    settings.EMBEDDINGS_PROVIDER, settings.EMBEDDINGS_BASE_URL = "openai", model_server.url
    settings.EMBEDDINGS_MODEL = "embed-128"
    index_reset()
    model_server.embeddings_down = True
    assert start()[-2].startswith("Documents can't be indexed now; they will be when the embedding model answers.")
    assert (readiness.setup_finished(), readiness.index_available()) == (True, False)
    model_server.embeddings_down = False
    index_recovery.sweep()
    services.documents_apply_pending()
    assert (found(), readiness.index_available()) == ({"leave.md", "kitchen.md"}, True)


def test_another_embedder_is_said_at_start_in_health_and_by_the_doctor(settings: Any) -> None:
    settings.EMBEDDINGS_PROVIDER, settings.EMBEDDINGS_BASE_URL = "openai", "http://127.0.0.1:9/v1"
    settings.EMBEDDINGS_MODEL = "embed-128"
    why = "Index version v1 was made with all-MiniLM-L6-v2-int8, and openai:embed-128 is configured."
    assert start() == [
        f"{why} It goes on serving; build a new one with `manage.py reindex --rebuild`.",
        "Knowledge: 2 documents in 2 passages, index version v1 (all-MiniLM-L6-v2-int8)",
    ]
    assert health.check_index().message.endswith(f"index version v1. A rebuild is due: {why}")
    look = diagnosis._index("knowledge index")
    assert (look.state, look.message, look.mend) == ("warning", why, "Run `manage.py reindex --rebuild`.")
