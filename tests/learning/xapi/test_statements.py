"""Who may store which statements, under which ids, and who finds them."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import Record
from learning.models import Statement, StatementTerm, Team, TeamLead, TeamMember
from tests.factories.accounts import api_key_for, member_factory, organization_factory
from tests.factories.learning import LearnerFactory
from tests.learning.xapi.examples import ADL, ANN, BOB, COURSE, STATEMENTS, verb

pytestmark = pytest.mark.django_db
PATH = "/api/v1/learning/xapi/statements"
VERSION = {"HTTP_X_EXPERIENCE_API_VERSION": "1.0.3"}
ID = "6690e6c9-3ef0-4ed3-8b37-7f3964730bee"
OTHER_ID = "8f87ccde-bb56-4c2e-ab83-44982ef22df0"


@pytest.fixture
def organization():
    return organization_factory()


@pytest.fixture
def lms(organization):
    return member_factory(organization, "editor")


@pytest.fixture
def api(client_of, lms):
    return client_of(lms)


def post(api, body, **headers):
    return api.post(PATH, body, format="json", **(VERSION | headers))


def put(api, statement_id, body):
    return api.put(f"{PATH}?statementId={statement_id}", body, format="json", **VERSION)


def found(api, **filters):
    answer = api.get(PATH, filters, **VERSION)
    assert answer.status_code == 200, answer.content
    return [one["id"] for one in answer.json()["statements"]]


def simple(**more):
    return {"actor": ANN, "verb": verb("experienced"), "object": COURSE, **more}


def voiding(statement_id, **more):
    return simple(verb=verb("voided"), object={"objectType": "StatementRef", "id": str(statement_id)}, **more)


def fields(answer):
    return list(answer.json()["fields"])


def records():
    return [
        json.loads(bytes(row.body))["data"]
        for row in Record.objects.filter(event="learning.statements_stored").order_by("id")
    ]


# Versions, bodies, parameters


@pytest.mark.parametrize("given", [None, "", "0.95", "1.1.0", "3.0", "1.0.3; x", "one"])
def test_a_version_is_needed(api, given):
    headers = {} if given is None else {"HTTP_X_EXPERIENCE_API_VERSION": given}

    answer = api.post(PATH, simple(), format="json", **headers)

    assert (answer.status_code, fields(answer)) == (400, ["X-Experience-API-Version"])
    assert answer["X-Experience-API-Version"] == "1.0.3"
    assert not Statement.objects.exists()


@pytest.mark.parametrize(
    ("given", "answered"), [("1.0", "1.0.3"), ("1.0.0", "1.0.3"), ("2.0", "2.0.0"), ("2.0.0", "2.0.0")]
)
def test_the_version_is_answered(api, given, answered):
    answer = api.get(PATH, HTTP_X_EXPERIENCE_API_VERSION=given)

    assert (answer.status_code, answer["X-Experience-API-Version"]) == (200, answered)


def test_attachments_data_is_refused_with_what_to_do(api):
    body = b"--x\r\nContent-Type: application/json\r\n\r\n{}\r\n--x--"

    answer = api.generic("POST", PATH, body, content_type="multipart/mixed; boundary=x", **VERSION)

    assert (answer.status_code, answer.json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert "fileUrl" in answer.json()["detail"]


@pytest.mark.parametrize("body", [b"{", b'{"actor": NaN}', b'"\\ud800"', b"\xff"])
def test_what_is_no_json_is_refused(api, body):
    answer = api.generic("POST", PATH, body, content_type="application/json", **VERSION)

    assert answer.status_code == 400
    assert not Statement.objects.exists()


def test_numbers_beyond_numbers_are_refused(api):
    text = json.dumps(simple(result={"extensions": {"http://example.com/x": "big"}})).replace('"big"', "1e999")

    answer = api.generic("POST", PATH, text.encode(), content_type="application/json", **VERSION)

    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")


def test_a_batch_has_at_most_500_statements(api):
    answer = post(api, [simple()] * 501)

    assert (answer.status_code, fields(answer)) == (400, ["body"])
    assert post(api, []).json() == []
    assert not Statement.objects.exists()


@pytest.mark.parametrize(
    ("filters", "named"),
    [
        ({"unknown": "1"}, "unknown"),
        ({"StatementId": ID}, "StatementId"),
        ({"statementId": "x"}, "statementId"),
        ({"statementId": ID, "voidedStatementId": ID}, "voidedStatementId"),
        ({"statementId": ID, "verb": ADL + "passed"}, "verb"),
        ({"statementId": ID, "limit": "1"}, "limit"),
        ({"agent": "ann"}, "agent"),
        ({"agent": '{"name": "Ann"}'}, "agent"),
        ({"agent": '{"mbox": "ann"}'}, "agent.mbox"),
        ({"agent": '{"objectType": "Group", "member": [{"mbox": "mailto:a@b.c"}]}'}, "agent"),
        ({"agent": "[" * 5000}, "agent"),
        ({"verb": "passed"}, "verb"),
        ({"activity": "course"}, "activity"),
        ({"registration": "1"}, "registration"),
        ({"since": "today"}, "since"),
        ({"until": "2026-01-01T00:00:00-00:00"}, "until"),
        ({"limit": "-1"}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"ascending": "1"}, "ascending"),
        ({"related_agents": "yes"}, "related_agents"),
        ({"format": "short"}, "format"),
        ({"attachments": "true"}, "attachments"),
        ({"cursor": "forged"}, "cursor"),
        ({"verb": "a:" + "x" * 999}, "verb"),
        ({"activity": "a:" + "ü" * 500}, "activity"),
        ({"agent": json.dumps({"mbox": ANN["mbox"], "name": "x" * 1000})}, "agent"),
    ],
)
def test_parameters_that_do_not_fit_are_named(api, filters, named):
    answer = api.get(PATH, filters, **VERSION)

    assert (answer.status_code, fields(answer)) == (400, [named])


# Ids


def test_put_stores_under_the_id_of_the_address_once(api):
    assert put(api, ID, simple()).status_code == 204
    assert put(api, ID.upper(), simple(id=ID)).status_code == 204

    assert found(api) == [ID]
    assert records() == [
        {"statements": 1, "first": ID, "voided": [], "completions": 0, "evidence": 0, "withdrawn": 0},
    ]


def test_put_needs_an_id_that_is_the_statements_own(api):
    assert fields(api.put(PATH, simple(), format="json", **VERSION)) == ["statementId"]
    assert fields(put(api, "1", simple())) == ["statementId"]
    assert fields(put(api, ID, simple(id=OTHER_ID))) == ["id"]
    assert not Statement.objects.exists()


@pytest.mark.parametrize(
    "again", [simple(id=ID), simple(id=ID.upper()), simple(id=ID, timestamp="2026-01-05T09:30:00Z")]
)
def test_the_same_again_changes_nothing(api, again):
    assert post(api, simple(id=ID)).json() == [ID]

    answer = post(api, again)

    assert (answer.status_code, answer.json()) == (200, [ID])
    assert Statement.objects.count() == 1
    assert len(records()) == 1


def test_another_statement_of_the_id_is_a_conflict(api):
    post(api, simple(id=ID))

    refused = [post(api, simple(id=ID, verb=verb("passed"))), put(api, ID, simple(actor=BOB))]
    batch = post(api, [simple(), simple(id=ID, object={"id": "http://example.com/other"})])

    assert [(answer.status_code, answer.json()["code"]) for answer in (*refused, batch)] == [
        (409, "STATEMENT_CONFLICT")
    ] * 3
    assert found(api) == [ID]


def test_a_number_is_the_same_however_it_is_written(api):
    score = simple(id=ID, result={"score": {"raw": 9}})

    post(api, score)

    assert post(api, simple(id=ID, result={"score": {"raw": 9.0}})).status_code == 200
    assert post(api, simple(id=ID, result={"score": {"raw": 9.5}})).status_code == 409


def test_two_of_a_batch_may_not_have_one_id(api):
    answer = post(api, [simple(id=ID), simple(id=ID.upper())])

    assert (answer.status_code, fields(answer)) == (400, ["[1].id"])
    assert not Statement.objects.exists()


def test_another_organisation_has_ids_of_its_own(api, client_of):
    elsewhere = client_of(member_factory(role="admin"))
    post(api, simple(id=ID))

    assert post(elsewhere, simple(id=ID, verb=verb("passed"))).status_code == 200
    assert found(elsewhere) == found(api) == [ID]
    assert Statement.objects.count() == 2


# Voiding


def test_a_voided_statement_is_shown_only_as_such(api):
    post(api, simple(id=ID))

    post(api, voiding(ID, id=OTHER_ID))

    assert found(api) == [OTHER_ID]
    assert api.get(PATH, {"statementId": ID}, **VERSION).status_code == 404
    assert api.get(PATH, {"voidedStatementId": ID}, **VERSION).json()["id"] == ID
    assert api.get(PATH, {"voidedStatementId": OTHER_ID}, **VERSION).status_code == 404
    assert [data["voided"] for data in records()] == [[], [ID]]


def test_what_is_voided_before_it_comes_is_voided_when_it_comes(api, client_of, organization):
    post(client_of(member_factory(organization, "admin")), voiding(ID, id=OTHER_ID))

    assert post(api, simple(id=ID)).status_code == 200

    assert found(api) == []
    assert api.get(PATH, {"voidedStatementId": ID}, **VERSION).json()["id"] == ID


def test_a_batch_may_void_what_it_brings(api):
    assert post(api, [voiding(ID, id=OTHER_ID), simple(id=ID)]).status_code == 200

    assert found(api) == [OTHER_ID]


def test_what_voids_is_not_voided(api):
    post(api, simple(id=ID))
    post(api, voiding(ID, id=OTHER_ID))

    answer = post(api, [simple(), voiding(OTHER_ID)])

    assert (answer.status_code, fields(answer)) == (400, ["object.id"])
    assert found(api) == [OTHER_ID]


# Finding


@pytest.fixture
def stored(api):
    """The ids of the examples by their kind."""
    return dict(zip(STATEMENTS, post(api, list(STATEMENTS.values())).json(), strict=True))


@pytest.mark.parametrize(
    ("filters", "kinds"),
    [
        ({"verb": ADL + "scored"}, {"score"}),
        ({"verb": ADL + "Scored"}, set()),
        ({"activity": "https://example.com/questions/choice"}, {"choice"}),
        ({"registration": "ec531277-b57b-4c15-8d91-d292c5b2b8f7"}, {"context"}),
        ({"registration": "EC531277-B57B-4C15-8D91-D292C5B2B8F7"}, {"context"}),
        ({"activity": "urn:isbn:1234"}, set()),
        ({"activity": "urn:isbn:1234", "related_activities": "true"}, {"context"}),
        ({"activity": "http://example.com/website"}, set()),
        ({"activity": "http://example.com/website", "related_activities": "true"}, {"sub-statement"}),
        ({"agent": {"mbox": "mailto:xapi@adlnet.gov"}}, {"bare"}),
        ({"agent": {"mbox": "mailto:XAPI@adlnet.gov", "name": "x"}}, {"bare"}),
        ({"agent": {"mbox_sha1sum": "EBD31E95054C018B10727CCFFD2EF2EC3A016EE9"}}, {"hashed actor"}),
        ({"agent": {"openid": "http://toby.openid.example.org/"}}, {"open id", "group"}),
        ({"agent": {"objectType": "Group", "mbox": "mailto:teampb@example.com"}}, {"group"}),
        (
            {"agent": {"objectType": "Group", "mbox": "mailto:teampb@example.com"}, "related_agents": "true"},
            {"group", "context"},
        ),
        ({"agent": BOB}, {"group", "anonymous group", "about an agent", "whole"}),
        (
            {"agent": BOB, "related_agents": "true"},
            {"group", "anonymous group", "about an agent", "whole", "context", "sub-statement"},
        ),
        ({"agent": BOB, "verb": ADL + "passed"}, {"whole"}),
        ({"agent": BOB, "activity": "https://example.com/courses/kubernetes", "verb": ADL + "scored"}, set()),
    ],
)  # fmt: skip
def test_statements_are_found(api, stored, filters, kinds):
    agent = {"agent": json.dumps(filters["agent"])} if "agent" in filters else {}

    assert set(found(api, **{**filters, **agent})) == {stored[kind] for kind in kinds}


def test_what_refers_to_a_statement_is_found_with_it(api):
    (target,) = post(api, simple(verb=verb("scored"))).json()
    (comment,) = post(api, simple(verb=verb("commented"), object={"objectType": "StatementRef", "id": target})).json()

    assert found(api, verb=ADL + "scored") == [comment, target]
    (void,) = post(api, voiding(target)).json()
    assert found(api, verb=ADL + "scored") == [void, comment]


def test_pages_follow_each_other_and_forget_nothing(api):
    ids = post(api, [simple(result={"response": str(number)}) for number in range(25)]).json()
    post(api, simple(verb=verb("scored")))

    seen, answer = [], api.get(PATH, {"verb": ADL + "experienced", "limit": "10", "format": "ids"}, **VERSION).json()
    while True:
        assert len(answer["statements"]) <= 10
        assert answer["statements"][0]["verb"] == {"id": ADL + "experienced"}
        seen += [one["id"] for one in answer["statements"]]
        if not answer["more"]:
            break
        assert answer["more"].startswith(f"{PATH}?cursor=")
        post(api, simple())
        answer = api.get(answer["more"], **VERSION).json()

    assert seen == ids[::-1]


@pytest.mark.parametrize("letters", ["ascii", "wide", "widest"])
def test_the_longest_filters_that_are_taken_can_be_paged(api, letters):
    random = Random(7)
    first, last, size = {"ascii": (0x61, 0x7A, 1), "wide": (0x4E00, 0x9FFF, 3), "widest": (0x20000, 0x2A6D0, 4)}[
        letters
    ]

    def text(size_left):
        return "".join(chr(random.randint(first, last)) for _ in range(size_left // size))

    who = {"account": {"homePage": "https://a.example", "name": ""}}
    who["account"]["name"] = text(1000 - len(json.dumps(who)))
    agent, verb_id, activity = json.dumps(who, ensure_ascii=False), "a:" + text(998), "b:" + text(998)
    ids = post(api, [{"actor": who, "verb": {"id": verb_id}, "object": {"id": activity}}] * 2).json()
    asked = {"agent": agent, "verb": verb_id, "activity": activity, "limit": "1", "format": "ids"}

    answer = api.get(PATH, asked, **VERSION).json()
    assert len(answer["more"]) < 16_000
    following = api.get(answer["more"], **VERSION).json()

    assert [one["id"] for one in answer["statements"] + following["statements"]] == ids[::-1]
    assert following["more"] == ""


def test_a_cursor_takes_no_other_parameters(api):
    post(api, [simple()] * 2)
    more = api.get(PATH, {"limit": "1"}, **VERSION).json()["more"]

    assert fields(api.get(f"{more}&limit=5", **VERSION)) == ["cursor"]
    assert fields(api.get(more[:-2], **VERSION)) == ["cursor"]


def test_times_bound_when_it_was_stored(api):
    first, second, third = (post(api, simple()).json()[0] for _ in range(3))
    at = api.get(PATH, {"statementId": second}, **VERSION).json()["stored"]

    assert found(api, since=at) == [third]
    assert found(api, until=at) == [second, first]
    assert found(api, since=at, until=at) == []
    assert found(api, ascending="true") == [first, second, third]
    assert found(api, limit="2") == [third, second]


def test_what_is_stored_is_consistent_soon(api):
    before = datetime.now(UTC)

    through = datetime.fromisoformat(api.get(PATH, **VERSION)["X-Experience-API-Consistent-Through"])

    assert before - timedelta(seconds=30) < through < before


# Who


def test_a_viewer_writes_and_reads_of_themself(client_of, organization, settings):
    ann = member_factory(organization, email="ann@example.com")
    LearnerFactory(organization=organization, user=ann.user)
    api = client_of(ann)
    account = {"account": {"homePage": settings.AURORA_PUBLIC_URL, "name": ann.user_id}}

    ids = [*post(api, simple()).json(), *post(api, simple(actor=account)).json()]

    assert found(api) == ids[::-1]
    assert set(Statement.objects.values_list("learner__user_id", flat=True)) == {ann.user_id}


@pytest.mark.parametrize(
    "actor",
    [
        {"mbox": "mailto:bob@example.com"},
        BOB,
        {"objectType": "Group", "member": [ANN]},
        {"objectType": "Group", "mbox": "mailto:ann@example.com"},
        {"account": {"homePage": "https://elsewhere.example.com", "name": "ann"}},
    ],
)
def test_a_viewer_writes_of_nobody_else(client_of, organization, actor):
    api = client_of(member_factory(organization, email="ann@example.com"))

    answer = post(api, [simple(), simple(actor=actor)])

    assert (answer.status_code, answer.json()["code"], fields(answer)) == (403, "FORBIDDEN", ["actor"])
    assert not Statement.objects.exists()
    assert records() == []


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_only_an_admin_voids_what_others_stored(client_of, organization, api, role):
    ann = client_of(member_factory(organization, role, email="ann@example.com"))
    (theirs,) = post(api, simple(actor=BOB)).json()
    (own,) = post(ann, simple()).json()

    for target in (theirs, str(uuid.uuid4())):
        answer = post(ann, voiding(target))
        assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN")
        assert answer.json()["detail"] == "You can void only statements that you stored; others are for admins."
    assert Statement.objects.count() == 2
    assert Statement.objects.filter(voided=True).count() == 0
    assert post(ann, voiding(own)).status_code == 200
    assert Statement.objects.get(voided=True).statement_id == uuid.UUID(own)
    assert post(client_of(member_factory(organization, "admin")), voiding(theirs)).status_code == 200
    assert Statement.objects.filter(voided=True).count() == 2


def test_statements_are_seen_by_those_who_follow_the_learner(client_of, organization, api):
    ann = member_factory(organization, email="ann@example.com")
    learner = LearnerFactory(organization=organization, user=ann.user)
    lead, colleague, editor = (member_factory(organization, role) for role in ("viewer", "viewer", "editor"))
    team = Team.objects.create(organization=organization, name="Team")
    TeamMember.objects.create(team=team, learner=learner)
    TeamLead.objects.create(team=team, user=lead.user)
    (about_ann, about_nobody) = post(api, [simple(), simple(actor=BOB)]).json()

    seen = {
        name: found(client_of(member))
        for name, member in {
            "ann": ann, "lead": lead, "colleague": colleague, "editor": editor,
            "admin": member_factory(organization, "admin"), "elsewhere": member_factory(role="admin"),
        }.items()
    }  # fmt: skip

    assert seen == {
        "ann": [about_ann],
        "lead": [about_ann],
        "colleague": [],
        "editor": [],
        "admin": [about_nobody, about_ann],
        "elsewhere": [],
    }
    for member in (colleague, member_factory(role="admin")):
        assert client_of(member).get(PATH, {"statementId": about_ann}, **VERSION).status_code == 404
    assert found(api) == [about_nobody, about_ann]


def test_a_key_stores_statements_for_all(client, organization, lms):
    key = api_key_for(lms, "read", "write")

    answer = client.post(
        PATH,
        json.dumps(simple()),
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
        **VERSION,
    )

    assert answer.status_code == 200
    assert Statement.objects.get().stored_by == lms.user_id


def test_strangers_learn_nothing(client):
    assert client.get(PATH, **VERSION).status_code == 401
    assert client.post(PATH, "{}", content_type="application/json", **VERSION).status_code == 401


# Cost


def test_statements_have_a_limit_of_their_own(api, settings):
    settings.RATELIMIT_ENABLE = True
    settings.RATE_LIMIT_PER_MINUTE = 1

    limits = [api.get(PATH, **VERSION)["X-RateLimit-Limit"] for _ in range(3)]

    assert limits == ["10"] * 3
    assert api.get("/api/v1/learning/skills")["X-RateLimit-Limit"] == "1"


def test_a_batch_costs_as_many_queries_as_one_statement(api):
    batches = [[simple(actor={"mbox": f"mailto:{n}-{count}@example.com"}) for n in range(count)] for count in (1, 100)]
    taken = []
    for batch in batches:
        with CaptureQueriesContext(connection) as queries:
            assert post(api, batch).status_code == 200
        taken.append(len(queries))

    assert taken[0] == taken[1]
    assert StatementTerm.objects.filter(statement__actor="mailto:0-1@example.com").count() == 6
