"""Statements of every kind that the standard describes come back equal."""

from copy import deepcopy

import pytest

from learning.models import Statement
from tests.factories.accounts import member_factory
from tests.learning.xapi.examples import ANN, STATEMENTS

pytestmark = pytest.mark.django_db
PATH = "/api/v1/learning/xapi/statements"
VERSION = {"HTTP_X_EXPERIENCE_API_VERSION": "1.0.3"}
SET_HERE = ("stored", "authority", "timestamp", "version")


@pytest.fixture
def lms():
    return member_factory(role="editor")


@pytest.fixture
def api(client_of, lms):
    return client_of(lms)


def told(statement):
    return {name: value for name, value in statement.items() if name not in SET_HERE}


@pytest.mark.parametrize("kind", STATEMENTS)
def test_it_comes_back_equal(api, settings, lms, kind):
    statement = deepcopy(STATEMENTS[kind])

    answer = api.post(PATH, statement, format="json", **VERSION)

    assert answer.status_code == 200, answer.content
    assert answer["X-Experience-API-Version"] == "1.0.3"
    (statement_id,) = answer.json()
    got = api.get(PATH, {"statementId": statement_id}, **VERSION)
    assert got.status_code == 200
    assert got["X-Experience-API-Consistent-Through"].endswith("Z")
    assert told(got.json()) == {"id": statement_id, **told(statement)}
    assert got.json()["authority"] == {
        "objectType": "Agent",
        "account": {"homePage": settings.AURORA_PUBLIC_URL, "name": lms.user_id},
    }
    assert got.json()["version"] == "1.0.0"
    assert got.json()["stored"] != "2020-01-01T00:00:00Z"
    assert got.json()["timestamp"] == statement.get("timestamp", got.json()["stored"])


def test_a_batch_of_all_comes_back_in_order(api):
    statements = [deepcopy(one) for one in STATEMENTS.values()]

    answer = api.post(PATH, statements, format="json", **VERSION)

    ids = answer.json()
    assert len(set(ids)) == len(STATEMENTS)
    got = api.get(PATH, {"ascending": "true"}, **VERSION).json()
    assert got["more"] == ""
    assert [one["id"] for one in got["statements"]] == ids
    assert [told(one) for one in got["statements"]] == [
        {"id": statement_id, **told(one)} for statement_id, one in zip(ids, statements, strict=True)
    ]


def test_what_came_back_can_be_sent_again(api):
    """Another system may give back what it read here, with all that was set here."""
    (statement_id,) = api.post(PATH, STATEMENTS["context"], format="json", **VERSION).json()
    got = api.get(PATH, {"statementId": statement_id}, **VERSION).json()

    answer = api.post(PATH, got, format="json", **VERSION)

    assert (answer.status_code, answer.json()) == (200, [statement_id])
    assert Statement.objects.count() == 1


def test_version_2_knows_more_of_the_context(api):
    statement = {
        **STATEMENTS["simple"],
        "context": {
            "contextAgents": [
                {"objectType": "contextAgent", "agent": ANN, "relevantTypes": ["https://example.com/mentor"]}
            ],
            "contextGroups": [{"objectType": "contextGroup", "group": {"objectType": "Group", "member": [ANN]}}],
        },
    }

    refused = api.post(PATH, statement, format="json", **VERSION)
    answer = api.post(PATH, statement, format="json", HTTP_X_EXPERIENCE_API_VERSION="2.0.0")

    assert refused.status_code == 400
    assert set(refused.json()["fields"]) == {"context.contextAgents", "context.contextGroups"}
    assert answer.status_code == 200
    assert answer["X-Experience-API-Version"] == "2.0.0"
    got = api.get(PATH, {"statementId": answer.json()[0]}, HTTP_X_EXPERIENCE_API_VERSION="2.0.0").json()
    assert (told(got), got["version"]) == ({"id": answer.json()[0], **statement}, "2.0.0")


def test_ids_leave_no_more_than_identifiers(api):
    (statement_id,) = api.post(PATH, STATEMENTS["context"], format="json", **VERSION).json()

    got = api.get(PATH, {"statementId": statement_id, "format": "ids"}, **VERSION).json()

    sent = STATEMENTS["context"]
    assert got["actor"] == {"objectType": "Agent", "mbox": "mailto:ann@example.com"}
    assert got["verb"] == {"id": sent["verb"]["id"]}
    assert got["object"] == {"id": sent["object"]["id"]}
    assert got["context"]["instructor"] == {
        "objectType": "Agent",
        "account": {"homePage": "https://directory.example.com/", "name": "1625378"},
    }
    assert got["context"]["extensions"] == sent["context"]["extensions"]


def test_canonical_has_each_text_in_the_language_that_is_wanted(api):
    (statement_id,) = api.post(PATH, STATEMENTS["context"], format="json", **VERSION).json()

    german = api.get(
        PATH, {"statementId": statement_id, "format": "canonical"}, HTTP_ACCEPT_LANGUAGE="fr, de;q=0.8", **VERSION
    ).json()

    assert german["verb"]["display"] == {"de": "hat attended"}
    assert german["object"]["definition"]["description"] == {"de-DE-1996": "Ein Treffen"}
    assert len(german["object"]["definition"]["name"]) == 1


def test_about_needs_no_version(api):
    answer = api.get("/api/v1/learning/xapi/about")

    assert (answer.status_code, answer.json()) == (200, {"version": ["1.0.3", "2.0.0"]})
    assert answer["X-Experience-API-Version"] == "1.0.3"
