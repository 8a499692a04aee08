"""Building the index anew from the documents: what is embedded, what comes and goes meanwhile, another embedder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agents.catalog.router import route_message
from agents.embeddings.base import EmbedderUnavailable
from agents.knowledge import services, storage
from agents.knowledge.folders import folder_import
from agents.models import Document
from agents.retrieval import building, selectors, versions
from agents.retrieval.models import Chunk, IndexVersion
from agents.retrieval.search import search
from audit.models import Record
from aurora_site.accounts.models import Membership
from tests.factories.accounts import Api
from tests.model_server import ModelServer

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])


@pytest.fixture
def server(model_server: ModelServer, settings: Any) -> ModelServer:
    """The configured embedder is a server that counts what it is given."""
    use(settings, model_server, 96)
    return model_server


def use(settings: Any, server: ModelServer, dimension: int) -> None:
    settings.EMBEDDINGS_PROVIDER, settings.EMBEDDINGS_BASE_URL = "openai", server.url
    settings.EMBEDDINGS_MODEL = f"embed-{dimension}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(3):
        sections = "\n\n".join(f"## Part {part}\n\nPart {part} of paper {number} says that." for part in range(4))
        (tmp_path / f"paper-{number}.md").write_text(f"# Paper {number}\n\n{sections}")
    return tmp_path


@pytest.fixture
def take_in(editor: Membership, folder: Path) -> Callable[[], None]:
    def take_in() -> None:
        folder_import(organization=editor.organization, actor=None, folder=folder)
        services.documents_apply_pending(organization=editor.organization)

    return take_in


def asked(editor: Membership, query: str) -> tuple[str, list[str]]:
    """The version that was searched and the paths that were found."""
    result = search(organization_id=str(editor.organization_id), query=query)
    return result.index_version, [hit.path for hit in result.hits]


def paths_in(name: str) -> set[str]:
    return set(Chunk.objects.filter(version__name=name).values_list("path", flat=True))


def switches() -> list[tuple[str, str, str]]:
    rows = Record.objects.filter(event="knowledge.index_activated").order_by("at")
    data = [json.loads(bytes(row.body))["data"] for row in rows]
    return [(each["version"], each["former"], each["why"]) for each in data]


def test_the_same_folder_twice_embeds_nothing_and_an_edit_only_what_changed(
    server: ModelServer, take_in: Callable[[], None], folder: Path
) -> None:
    take_in()
    assert len(server.embedded) > 12
    server.embedded.clear()
    take_in()
    assert server.embedded == []
    paper = folder / "paper-1.md"
    paper.write_text(paper.read_text().replace("Part 2 of paper 1 says that.", "Part 2 of paper 1 says so."))
    take_in()
    assert server.embedded != []
    assert all("Part 2 of paper 1 says so." in text for text in server.embedded)


def test_a_rebuild_of_the_same_embedder_embeds_nothing_and_switches(
    server: ModelServer, editor: Membership, take_in: Callable[[], None]
) -> None:
    take_in()
    server.embedded.clear()
    rebuild = services.index_rebuild(actor_id="user_x")
    assert (rebuild.version.name, rebuild.version.state, rebuild.documents, rebuild.unreadable) == (
        "v2",
        "active",
        3,
        {},
    )
    assert (rebuild.version.done, rebuild.version.total) == (3, 3)
    assert server.embedded == []
    assert asked(editor, "paper 1 part 2")[0] == "v2"
    assert switches() == [("v2", "v1", "rebuilt")]
    rows = {
        name: set(Chunk.objects.filter(version__name=name).values_list("content_hash", "text")) for name in ("v1", "v2")
    }
    assert rows["v1"] == rows["v2"]


def test_a_rebuild_that_was_cut_off_embeds_only_what_is_missing(
    server: ModelServer, settings: Any, editor: Membership, take_in: Callable[[], None]
) -> None:
    take_in()
    use(settings, server, 128)

    def cut_off(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        services.index_rebuild(progress=cut_off)
    assert selectors.version_named("v2").state == "building"
    assert asked(editor, "paper 2")[0] == "v1"
    server.embedded.clear()
    assert services.index_rebuild().version.name == "v2"
    assert {text.partition("Paper ")[2][:1] for text in server.embedded if "Paper " in text} == {"2"}


def test_what_comes_changes_and_goes_during_a_build_is_seen_to(
    server: ModelServer, settings: Any, editor: Membership, folder: Path, take_in: Callable[[], None]
) -> None:
    take_in()
    use(settings, server, 128)

    def meanwhile(done: int, total: int) -> None:
        if done != 3 or (folder / "new.md").exists():
            return
        (folder / "new.md").write_text("# New\n\nThis came during the build.")
        (folder / "paper-0.md").unlink()
        (folder / "paper-1.md").write_text("# Paper 1\n\nThis was changed during the build.")
        take_in()

    services.index_rebuild(progress=meanwhile)
    assert paths_in("v2") == {"new.md", "paper-1.md", "paper-2.md"}
    assert "changed during" in Chunk.objects.get(version__name="v2", path="paper-1.md").text
    versions.version_rollback()
    assert paths_in("v1") == {"new.md", "paper-1.md", "paper-2.md"}


def test_a_change_that_only_the_worker_of_the_build_could_embed_is_not_lost(
    server: ModelServer, settings: Any, folder: Path, take_in: Callable[[], None]
) -> None:
    take_in()
    settings.EMBEDDINGS_PROVIDER = "minilm"

    def meanwhile(done: int, total: int) -> None:
        if total == 3 and done == 3:
            (folder / "new.md").write_text("# New\n\nThis came while the version's embedder was away.")
            settings.EMBEDDINGS_PROVIDER = "openai"
            take_in()
            settings.EMBEDDINGS_PROVIDER = "minilm"

    services.index_rebuild(progress=meanwhile)
    assert paths_in("v2") == {"new.md", "paper-0.md", "paper-1.md", "paper-2.md"}


def test_deleted_documents_stay_deleted_in_every_version(
    server: ModelServer, editor: Membership, take_in: Callable[[], None], folder: Path
) -> None:
    take_in()
    services.index_rebuild()
    building.version_request()
    (folder / "paper-0.md").unlink()
    take_in()
    assert not Chunk.objects.filter(path="paper-0.md").exists()
    services.index_rollback()
    assert (asked(editor, "paper 0")[0], "paper-0.md" in asked(editor, "paper 0")[1]) == ("v1", False)
    services.index_rebuild()
    assert not Chunk.objects.filter(path="paper-0.md").exists()


def test_an_unreadable_document_is_named_and_stops_nothing(server: ModelServer, take_in: Callable[[], None]) -> None:
    take_in()
    document = Document.objects.get(path="paper-1.md")
    storage.content_delete(document.organization_id, document.content_hash)
    rebuild = services.index_rebuild()
    assert (list(rebuild.unreadable), rebuild.documents) == (["paper-1.md"], 3)
    assert rebuild.version.note == "1 documents can't be read: paper-1.md."
    assert paths_in("v2") == {"paper-0.md", "paper-2.md"}


@pytest.mark.parametrize("dimension", [1536, 3072])
def test_another_embedder_of_another_dimension_is_a_switch_like_any_other(
    model_server: ModelServer, settings: Any, editor: Membership, documents: dict[str, Any], dimension: int
) -> None:
    question = "How many days of paid leave does everyone get?"
    use(settings, model_server, dimension)
    assert asked(editor, question) == ("v1", asked(editor, question)[1])
    assert f"openai:embed-{dimension} is configured" in selectors.rebuild_due()
    assert model_server.embedded == []
    rebuilt = services.index_rebuild().version
    assert (rebuilt.embedder, rebuilt.dimension) == (f"openai:embed-{dimension}", dimension)
    assert selectors.rebuild_due() == ""
    name, found = asked(editor, question)
    assert (name, found[0]) == ("v2", "policies/annual-leave.md")
    services.index_rollback()
    assert asked(editor, question)[1][0] == "policies/annual-leave.md"
    assert switches() == [("v2", "v1", "rebuilt"), ("v1", "v2", "rolled back")]


def test_a_build_whose_server_is_away_leaves_the_active_version_and_goes_on_later(
    model_server: ModelServer, settings: Any, editor: Membership, documents: dict[str, Any]
) -> None:
    use(settings, model_server, 128)
    model_server.embeddings_down = True
    with pytest.raises(EmbedderUnavailable, match="503"):
        services.index_rebuild()
    assert asked(editor, "paid leave")[0] == "v1"
    model_server.embeddings_down = False
    assert services.index_rebuild().version.name == "v2"
    assert IndexVersion.objects.count() == 2


def test_where_the_embedder_is_away_search_goes_on_by_words_and_says_so(
    model_server: ModelServer, settings: Any, editor: Membership, documents: dict[str, Any], api: Api
) -> None:
    use(settings, model_server, 160)
    services.index_rebuild()
    model_server.embeddings_down = True
    body = api.get("/api/v1/knowledge/search?q=DiskSpaceLow journalctl").json()
    assert body["degraded"] == "Searched by words alone: The embeddings server answered 503."
    assert (body["index_version"], [hit["path"] for hit in body["results"]]) == ("v2", ["runbooks/disk-full.md"])
    asked = len(model_server.embedded)
    body = api.get("/api/v1/knowledge/search?q=paid leave").json()
    assert body["degraded"] == "Searched by words alone: The embeddings server didn't answer some seconds ago."
    assert body["results"][0]["path"] == "policies/annual-leave.md"
    assert len(model_server.embedded) == asked
    settings.EMBEDDINGS_PROVIDER = "minilm"
    body = api.get("/api/v1/knowledge/search?q=paid leave").json()
    assert "made with openai:embed-160, which isn't configured" in body["degraded"]
    assert route_message("What did I learn?").agent.name
    services.index_rollback()
    assert api.get("/api/v1/knowledge/search?q=paid leave").json()["degraded"] is None


def test_switching_to_what_is_searched_already_is_no_switch(documents: dict[str, Any]) -> None:
    assert services.index_activate(name="v1").name == "v1"
    assert switches() == []
