"""Index versions: built beside the active one, switched in, switched back to, deleted."""

from __future__ import annotations

import pytest

from agents.retrieval import building, collecting, selectors, versions
from agents.retrieval.errors import IndexBuildRunning, IndexVersionError, UnknownIndexVersion
from agents.retrieval.indexing import document_remove
from agents.retrieval.models import Chunk, CorpusStatistics, IndexVersion, Posting, Sentence
from tests.agents.knowledge_index import DEPLOY, LEAVE, OURS, built, found, index

pytestmark = pytest.mark.django_db(databases=["default", "retrieval"])


def state(name: str) -> str:
    return selectors.version_named(name).state


def test_a_version_is_built_beside_the_active_one_and_switched_in() -> None:
    index(LEAVE, "leave.md")
    version = built(DEPLOY)
    assert (version.name, version.state, found("annual leave").index_version) == ("v2", "kept", "v1")
    versions.version_activate(version)
    result = found("rolling back checkout")
    assert (result.index_version, result.hits[0].path) == ("v2", "0.md")
    assert versions.version_rollback().name == "v1"
    assert {hit.path for hit in found("annual leave").hits} == {"leave.md"}
    assert versions.version_rollback().name == "v2"


def test_changes_reach_every_kept_version() -> None:
    index(LEAVE, "leave.md")
    version = built()
    index(DEPLOY, "deploy.md")
    assert selectors.counts(organization_id=OURS, version=version) == selectors.Counts(documents=1, chunks=1)
    document_remove(organization_id=OURS, document_id="deploy.md")
    assert selectors.counts(organization_id=OURS, version=version) == selectors.Counts(documents=0, chunks=0)
    assert selectors.counts(organization_id=OURS) == selectors.Counts(documents=1, chunks=2)


def test_a_build_that_fails_stays_unfinished_and_is_taken_up_again() -> None:
    index(LEAVE, "leave.md")
    with pytest.raises(RuntimeError), building.version_building():
        raise RuntimeError("disk full")
    unfinished = selectors.version_named("v2")
    assert (unfinished.state, unfinished.note) == ("building", "RuntimeError: disk full")
    with pytest.raises(IndexVersionError, match="is building"):
        versions.version_activate(unfinished)
    assert selectors.active_version().name == "v1"
    assert built(DEPLOY) == unfinished


def test_a_version_asked_for_is_the_one_that_is_built() -> None:
    index(LEAVE, "leave.md")
    asked = building.version_request()
    assert (asked.name, asked.dimension, building.version_request()) == ("v2", 0, asked)
    index(DEPLOY, "deploy.md")
    assert selectors.counts(organization_id=OURS, version=asked).chunks == 0
    assert built(DEPLOY) == asked
    assert selectors.version_named("v2").dimension == 384


def test_two_do_not_build_at_once() -> None:
    assert building.is_being_built() is False
    with building.version_building():
        assert building.is_being_built() is True
        with pytest.raises(IndexBuildRunning), building.version_building():
            pass
    assert building.is_being_built() is False


def test_an_unfinished_version_of_another_embedder_is_given_up() -> None:
    other = IndexVersion.objects.create(name="v7", embedder="openai:gone", dimension=8, chunker="c")
    assert built(LEAVE).name == "v8"
    other.refresh_from_db()
    assert (other.state, other.note.split(":")[0]) == ("failed", "Given up")


def test_a_change_that_a_version_under_construction_missed_makes_the_builder_look_again() -> None:
    index(LEAVE, "leave.md")
    with building.version_building() as version:
        assert versions.version_missed(version, reason="Missed a change of leave.md") is True
        assert building.version_complete(version) is False
        building.version_look_again(version)
        assert building.version_complete(version) is True
    versions.version_activate(version)
    assert versions.version_missed(version, reason="too late") is False
    assert state("v2") == "active"


def test_a_kept_version_that_misses_a_change_is_not_switched_back_to() -> None:
    index(LEAVE, "leave.md")
    old = IndexVersion.objects.create(name="old", embedder="openai:gone", dimension=8, chunker="c", state="kept")
    index(DEPLOY, "deploy.md")
    old.refresh_from_db()
    assert (old.state, old.note.split(":")[0]) == ("failed", "Missed a change of deploy.md")
    with pytest.raises(IndexVersionError, match="is failed"):
        versions.version_activate(old)


def test_a_pinned_version_is_searched(settings) -> None:
    index(LEAVE, "leave.md")
    built(DEPLOY)
    settings.AURORA_INDEX_VERSION = "v2"
    assert found("rolling back").index_version == "v2"
    assert [row.name for row in selectors.versions_listed() if row.searched] == ["v2"]
    settings.AURORA_INDEX_VERSION = "winter"
    with pytest.raises(IndexVersionError, match=r"'winter', which is no complete index version; those are: v2, v1\."):
        found("rolling back")


def test_an_index_that_begins_anew_takes_the_pinned_name(settings) -> None:
    settings.AURORA_INDEX_VERSION = "winter"
    index(LEAVE, "leave.md")
    assert found("annual leave").index_version == "winter"


def test_versions_are_deleted_with_their_rows_but_not_while_in_use() -> None:
    index(LEAVE, "leave.md")
    version = built(DEPLOY)
    collecting.version_delete(version)
    assert not Chunk.objects.filter(version_id=version.pk).exists()
    with pytest.raises(IndexVersionError, match="in use"):
        collecting.version_delete(selectors.active_version())
    with pytest.raises(UnknownIndexVersion):
        selectors.version_named("v2")
    collecting.index_reset()
    assert [model.objects.count() for model in (IndexVersion, Chunk, Sentence, Posting, CorpusStatistics)] == [0] * 5


def test_only_so_many_former_versions_stay_and_none_that_is_needed(settings) -> None:
    index(LEAVE, "leave.md")
    for _ in range(4):
        versions.version_activate(built(LEAVE))
    IndexVersion.objects.create(name="broken", embedder="e", dimension=8, chunker="c", state="failed")
    unfinished = building.version_request()
    settings.AURORA_INDEX_VERSION = "v1"
    assert collecting.versions_collect(keep=2) == ["v2", "broken"]
    assert {row.name: row.state for row in selectors.versions_listed()} == {
        "v1": "kept", "v3": "kept", "v4": "kept", "v5": "active", unfinished.name: "building",
    }  # fmt: skip
    assert versions.version_rollback().name == "v4"
    assert collecting.versions_collect(keep=1) == ["v3"]


def test_a_deletion_that_was_cut_off_is_finished_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    index(LEAVE, "leave.md")
    version = built(DEPLOY)
    with monkeypatch.context() as patched:
        patched.setattr(collecting, "_some_chunks_delete", lambda version: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            collecting.version_delete(version)
    assert state("v2") == "failed"
    assert collecting.versions_collect(keep=2) == ["v2"]
    assert set(Chunk.objects.values_list("version__name", flat=True)) == {"v1"}
