"""Index versions over REST and from the command line: for the installation's operators alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from agents.knowledge import services
from agents.retrieval import building, selectors
from agents.retrieval.models import IndexVersion
from agents.tasks import collect_index, rebuild_index
from audit.models import Record
from aurora_site.accounts.models import Membership, Role
from tests.factories.accounts import Api, member_factory, signed_in_as

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])

ADDRESS = "/api/v1/knowledge/versions"


@pytest.fixture
def operator(editor: Membership) -> Api:
    member = member_factory(editor.organization, Role.ADMIN)
    member.user.is_staff = True
    member.user.save()
    return signed_in_as(member)


def events() -> list[tuple[str, str, dict[str, Any]]]:
    rows = Record.objects.filter(event__startswith="knowledge.index_").order_by("at")
    return [(row.event, row.actor_id, json.loads(bytes(row.body))["data"]) for row in rows]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ADMIN])
@pytest.mark.parametrize(
    ("method", "path"), [("get", ""), ("post", ""), ("post", "/v1/activate"), ("post", "/rollback")]
)
def test_others_than_operators_are_refused(
    editor: Membership, documents: dict[str, Any], role: Role, method: str, path: str
) -> None:
    answer = getattr(signed_in_as(member_factory(editor.organization, role)), method)(f"{ADDRESS}{path}")
    assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN")
    assert IndexVersion.objects.count() == 1
    assert events() == []


def test_versions_are_listed_newest_first(operator: Api, documents: dict[str, Any]) -> None:
    building.version_request()
    body = operator.get(ADDRESS).json()
    assert body["rebuild_due"] == ""
    shown = [
        (row["name"], row["state"], row["dimension"], row["documents"], row["chunks"], row["searched"])
        for row in body["versions"]
    ]
    assert shown == [("v2", "building", 0, 0, 0, False), ("v1", "active", 384, 2, 3, True)]


def test_a_rebuild_is_asked_for_once_and_done_by_a_worker(operator: Api, documents: dict[str, Any]) -> None:
    answers = [operator.post(ADDRESS) for _ in range(2)]
    assert [(answer.status_code, answer.json()) for answer in answers] == [
        (202, {"name": "v2", "state": "building"})
    ] * 2
    asked = selectors.version_named("v2")
    assert selectors.active_version().name == "v1"
    rebuild_index(asked.pk)
    rebuild_index(asked.pk)
    assert {row.name: (row.state, row.documents) for row in selectors.versions_listed()} == {
        "v1": ("kept", 2), "v2": ("active", 2),
    }  # fmt: skip
    assert [event for event, _, _ in events()] == [
        "knowledge.index_rebuild_requested", "knowledge.index_rebuild_requested", "knowledge.index_activated",
    ]  # fmt: skip


def test_a_second_worker_leaves_a_build_to_the_first(documents: dict[str, Any]) -> None:
    with building.version_building() as version:
        rebuild_index(version.pk)
        assert selectors.version_named(version.name).state == "building"


def test_switching_and_rolling_back_are_on_the_ledger(operator: Api, documents: dict[str, Any]) -> None:
    services.index_rebuild()
    answer = operator.post(f"{ADDRESS}/v1/activate")
    assert (answer.status_code, answer.json()) == (200, {"name": "v1", "state": "active"})
    assert operator.get("/api/v1/knowledge/search?q=paid leave").json()["index_version"] == "v1"
    assert operator.post(f"{ADDRESS}/rollback").json() == {"name": "v2", "state": "active"}
    assert operator.get("/api/v1/knowledge/search?q=paid leave").json()["index_version"] == "v2"
    made = [(data["version"], data["former"], data["why"], bool(actor)) for _, actor, data in events()]
    assert made == [
        ("v2", "v1", "rebuilt", False), ("v1", "v2", "activated", True), ("v2", "v1", "rolled back", True),
    ]  # fmt: skip


def test_what_cannot_be_switched_to_is_refused_with_the_reason(operator: Api, documents: dict[str, Any]) -> None:
    assert operator.post(f"{ADDRESS}/v9/activate").status_code == 404
    building.version_request()
    answer = operator.post(f"{ADDRESS}/v2/activate")
    assert (answer.status_code, answer.json()["code"]) == (409, "INDEX_VERSION_UNUSABLE")
    assert "v2 is building" in answer.json()["detail"]
    assert operator.post(f"{ADDRESS}/rollback").status_code == 409
    assert (selectors.active_version().name, events()) == ("v1", [])


def test_old_versions_go_after_a_switch(documents: dict[str, Any], settings: Any) -> None:
    settings.AURORA_INDEX_KEEP = 1
    for _ in range(3):
        services.index_rebuild()
    collect_index()
    assert {row.name: row.state for row in selectors.versions_listed()} == {"v4": "active", "v3": "kept"}
    assert events()[-1] == ("knowledge.index_collected", "", {"versions": ["v1", "v2"], "kept": 1})
    collect_index()
    assert [event for event, _, _ in events()].count("knowledge.index_collected") == 1


def test_the_command_lists_switches_and_deletes(documents: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    services.index_rebuild()
    call_command("reindex", "--rollback")
    call_command("reindex", "--list")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Searches use index version v1 now."
    assert [line.split()[:4] for line in lines[1:]] == [["v2", "kept", "2", "documents"], ["*", "v1", "active", "2"]]
    call_command("reindex", "--collect")
    assert capsys.readouterr().out == "There was nothing to delete.\n"


@pytest.mark.parametrize("arguments", [["--activate", "v9"], ["--rollback"]])
def test_the_command_says_why_it_cannot(documents: dict[str, Any], arguments: list[str]) -> None:
    with pytest.raises(CommandError, match=r"no index version 'v9'|No earlier index version is kept"):
        call_command("reindex", *arguments)
    assert selectors.active_version().name == "v1"


def test_a_worker_whose_model_is_away_leaves_the_version_unfinished(documents: dict[str, Any], settings: Any) -> None:
    settings.EMBEDDINGS_PROVIDER, settings.EMBEDDINGS_BASE_URL = "openai", "http://127.0.0.1:9/v1"
    version = services.index_rebuild_request()
    rebuild_index(version.pk)
    assert selectors.version_named("v2").note.startswith("EmbedderUnavailable: The embeddings server can't be reached")
    assert (selectors.version_named("v2").state, selectors.active_version().name) == ("building", "v1")
