"""The page of index versions, and the same in the admin, for operators alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from agents.knowledge.services import index_collect, index_rebuild
from agents.retrieval.models import Chunk, IndexVersion
from agents.retrieval.selectors import active_version, version_named
from audit.models import Record
from aurora_site.accounts.models import Role
from tests.factories.accounts import member_factory, session_of

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])

PAGE = "/knowledge/versions"
ADMIN = "admin:retrieval_indexversion_changelist"


@pytest.fixture
def browser(documents: dict[str, Any], operator_client: Client) -> Client:
    return operator_client


@pytest.fixture
def two_versions(browser: Client) -> None:
    """v1 is kept, v2 is in use."""
    index_rebuild()


def shown(browser: Client, **headers: str) -> str:
    answer = browser.get(PAGE, headers=headers)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def active() -> str:
    version = active_version()
    return version.name if version else ""


def recorded(event: str) -> list[dict[str, Any]]:
    return [json.loads(bytes(row.body))["data"] for row in Record.objects.filter(event=f"knowledge.{event}")]


def test_versions_are_listed_with_their_sizes(browser: Client, two_versions: None) -> None:
    page = browser.get(PAGE)
    rows = [(each.row.name, each.words, each.row.documents, each.percent) for each in page.context["versions"]]
    assert rows == [("v2", "In use", 2, 100), ("v1", "Kept", 2, 100)]
    text = shown(browser)
    assert "3 passages of 2 documents" in text and "384 dimensions" in text
    assert "Roll back to v1" in text


def test_switching_and_rolling_back_is_on_the_ledger(browser: Client, two_versions: None) -> None:
    assert browser.post(f"{PAGE}/v1/switch")["Location"] == PAGE
    assert "Searches use index version v1 now." in shown(browser)
    assert active() == "v1"
    browser.post(f"{PAGE}/rollback")
    assert active() == "v2"
    told = {(each["version"], each["why"]) for each in recorded("index_activated")}
    assert told == {("v2", "rebuilt"), ("v1", "activated"), ("v2", "rolled back")}


def test_a_rebuild_is_asked_for_once_and_its_progress_shown(browser: Client) -> None:
    for _ in range(2):
        browser.post(f"{PAGE}/rebuild")
    assert list(IndexVersion.objects.filter(state="building").values_list("name", flat=True)) == ["v2"]
    assert "Waits to be built" in shown(browser)
    IndexVersion.objects.filter(name="v2").update(dimension=384, done=1, total=2)
    text = shown(browser, HX_Request="true")
    assert "1 of 2 documents" in text and 'max="2" value="1"' in text and "data-waiting" in text
    assert "v2 is being built." in text and "<html" not in text
    index_rebuild()
    assert active() == "v2"
    assert "data-waiting" not in shown(browser)


def test_an_old_version_is_given_up_and_then_gone(browser: Client, two_versions: None) -> None:
    browser.post(f"{PAGE}/v1/delete")
    text = shown(browser)
    assert "Index version v1 is being deleted." in text and "Being deleted" in text
    assert recorded("index_deleted") == [{"version": "v1"}]
    index_collect()
    assert not IndexVersion.objects.filter(name="v1").exists()
    assert Chunk.objects.exclude(version__name="v2").count() == 0


@pytest.mark.parametrize("action", ["v2/delete", "v9/switch", "v9/delete"])
def test_what_is_not_possible_is_refused_in_words(browser: Client, two_versions: None, action: str) -> None:
    browser.post(f"{PAGE}/{action}")
    text = shown(browser)
    assert "is in use." in text or "There is no index version &#x27;v9&#x27;." in text
    assert active() == "v2"
    assert set(IndexVersion.objects.values_list("name", "state")) == {("v1", "kept"), ("v2", "active")}
    assert recorded("index_deleted") == []


def test_without_an_earlier_version_there_is_no_way_back(browser: Client) -> None:
    text = shown(browser)
    assert "No earlier version is kept." in text and f"{PAGE}/rollback" not in text
    browser.post(f"{PAGE}/rollback")
    assert "No earlier index version is kept." in shown(browser)
    assert active() == "v1"


def test_a_pinned_version_is_said_to_be_so(browser: Client, two_versions: None, settings: Any) -> None:
    settings.AURORA_INDEX_VERSION = "v1"
    text = shown(browser)
    assert "AURORA_INDEX_VERSION pins v1: searches use that one" in text
    assert f"{PAGE}/v1/switch" not in text and f"{PAGE}/v1/delete" not in text
    browser.post(f"{PAGE}/v1/delete")
    assert version_named("v1").state == "kept"


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ADMIN])
def test_members_of_an_organisation_may_not(documents: dict[str, Any], role: Role) -> None:
    client = session_of(member_factory(role=role))
    assert client.get(PAGE).status_code == 403
    for action in ("rebuild", "rollback", "v1/switch", "v1/delete"):
        assert client.post(f"{PAGE}/{action}").status_code == 403
    assert list(IndexVersion.objects.values_list("name", "state")) == [("v1", "active")]
    assert not recorded("index_rebuild_requested")
    assert PAGE not in client.get("/documents").content.decode()


def test_strangers_are_led_to_sign_in(documents: dict[str, Any]) -> None:
    assert Client().get(PAGE)["Location"].startswith("/sign-in?next=")
    assert Client().post(f"{PAGE}/rebuild").status_code == 302
    assert IndexVersion.objects.count() == 1


@pytest.mark.parametrize(
    ("action", "version", "after"),
    [("switch_to", "v1", "v1"), ("roll_back", "v2", "v1"), ("rebuild", "v2", "v2"), ("give_up", "v2", "v2")],
)
def test_the_admin_does_the_same(browser: Client, two_versions: None, action: str, version: str, after: str) -> None:
    chosen = {"action": action, "_selected_action": [version_named(version).pk]}
    assert browser.post(reverse(ADMIN), chosen).status_code == 302
    assert active() == after
    assert IndexVersion.objects.filter(state="building").exists() == (action == "rebuild")
    if action == "give_up":
        assert "Index version v2 is in use." in browser.get(reverse(ADMIN)).content.decode()
