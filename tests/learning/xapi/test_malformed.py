"""What isn't a statement is refused, naming the property."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.models import Record
from learning.models import Statement
from learning.xapi.checking import MOST_PROBLEMS
from learning.xapi.validation import problems_of
from tests.factories.accounts import member_factory
from tests.learning.xapi.examples import ADL, ANN, BOB, COURSE, STATEMENTS

PATH = "/api/v1/learning/xapi/statements"
VERSION = {"HTTP_X_EXPERIENCE_API_VERSION": "1.0.3"}
GONE = object()
REFERENCE = {"objectType": "StatementRef", "id": "8f87ccde-bb56-4c2e-ab83-44982ef22df0"}


def changed(kind, path, value):
    """A statement of a kind in which what is at a path (names and positions) is another value, or gone."""
    # By JSON: the examples share parts, within a statement too.
    statement = json.loads(json.dumps(STATEMENTS[kind]))
    place = statement
    for step in path[:-1]:
        place = place[step] if isinstance(step, int) else place.setdefault(step, {})
    if value is GONE:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return statement


# Which statement, where something is put into it, what, and the property that the refusal names.
VARIANTS = [
    ("simple", ["actor"], GONE, "actor"),
    ("simple", ["verb"], GONE, "verb"),
    ("simple", ["object"], GONE, "object"),
    ("simple", ["actor"], None, "actor"),
    ("simple", ["object"], "https://example.com/course", "object"),
    ("simple", ["Actor"], ANN, "Actor"),
    ("simple", ["unknown"], 1, "unknown"),
    ("simple", ["id"], "6690e6c9", "id"),
    ("simple", ["id"], 6690, "id"),
    ("simple", ["id"], "{6690e6c9-3ef0-4ed3-8b37-7f3964730bee}", "id"),
    ("simple", ["timestamp"], "yesterday", "timestamp"),
    ("simple", ["timestamp"], "2026-01-05T09:30:00", "timestamp"),
    ("simple", ["timestamp"], "2026-01-05T09:30:00-00:00", "timestamp"),
    ("simple", ["timestamp"], "2026-01-05T09:30:00-0000", "timestamp"),
    ("simple", ["timestamp"], "2026-01-05T09:30:00-00", "timestamp"),
    ("simple", ["timestamp"], "2026-02-30T09:30:00Z", "timestamp"),
    ("simple", ["timestamp"], "2026-01-05", "timestamp"),
    ("simple", ["timestamp"], "0001-01-01T00:00:00+14:00", "timestamp"),
    ("simple", ["stored"], "2026-01-05T09:30", "stored"),
    ("simple", ["version"], "0.9", "version"),
    ("simple", ["version"], "1.1.0", "version"),
    ("simple", ["authority"], {"name": "nobody"}, "authority"),
    ("simple", ["authority"], {"objectType": "Group", "member": [ANN]}, "authority"),
    # Who
    ("simple", ["actor"], {"name": "Ann"}, "actor"),
    ("simple", ["actor", "openid"], "https://ann.example.com", "actor"),
    ("simple", ["actor", "mbox"], "ann@example.com", "actor.mbox"),
    ("simple", ["actor", "mbox"], "mailto:ann", "actor.mbox"),
    ("simple", ["actor", "mbox"], "mailto:a n@example.com", "actor.mbox"),
    ("simple", ["actor", "mbox"], ["mailto:ann@example.com"], "actor.mbox"),
    ("hashed actor", ["actor", "mbox_sha1sum"], "ebd31e95", "actor.mbox_sha1sum"),
    ("hashed actor", ["actor", "mbox_sha1sum"], "mailto:ann@example.com", "actor.mbox_sha1sum"),
    ("open id", ["actor", "openid"], "toby.openid.example.org", "actor.openid"),
    ("whole", ["actor", "account", "homePage"], GONE, "actor.account.homePage"),
    ("whole", ["actor", "account", "homePage"], "example.com", "actor.account.homePage"),
    ("whole", ["actor", "account", "name"], GONE, "actor.account.name"),
    ("whole", ["actor", "account", "name"], "", "actor.account.name"),
    ("whole", ["actor", "account", "name"], 1625378, "actor.account.name"),
    ("whole", ["actor", "account", "login"], "x", "actor.account.login"),
    ("simple", ["actor", "name"], 7, "actor.name"),
    ("simple", ["actor", "objectType"], "agent", "actor.objectType"),
    ("simple", ["actor", "objectType"], "Activity", "actor.objectType"),
    ("simple", ["actor", "member"], [ANN], "actor.member"),
    ("simple", ["actor", "nickname"], "Annie", "actor.nickname"),
    ("anonymous group", ["actor", "member"], GONE, "actor.member"),
    ("anonymous group", ["actor", "member"], [], "actor.member"),
    ("anonymous group", ["actor", "member"], ANN, "actor.member"),
    ("anonymous group", ["actor", "member", 1], {"name": "Bob"}, "actor.member[1]"),
    ("anonymous group", ["actor", "member", 0], {**ANN, "objectType": "Group"}, "actor.member[0].objectType"),
    ("group", ["actor", "openid"], "https://example.com/group", "actor"),
    # Which deed
    ("simple", ["verb", "id"], GONE, "verb.id"),
    ("simple", ["verb", "id"], "experienced", "verb.id"),
    ("simple", ["verb", "id"], "http://example.com/a b", "verb.id"),
    ("simple", ["verb", "display"], "experienced", "verb.display"),
    ("simple", ["verb", "display"], {"english": None}, "verb.display.english"),
    ("simple", ["verb", "display"], {"en_GB": "did"}, "verb.display.en_GB"),
    ("simple", ["verb", "display"], {"en": 3}, "verb.display.en"),
    ("simple", ["verb", "name"], "did", "verb.name"),
    ("simple", ["verb", "id"], ADL + "voided", "object.objectType"),
    # What
    ("simple", ["object", "id"], GONE, "object.id"),
    ("simple", ["object", "id"], "course", "object.id"),
    ("simple", ["object", "objectType"], "Course", "object.objectType"),
    ("simple", ["object", "objectType"], ["Activity"], "object.objectType"),
    ("simple", ["object", "title"], "Course", "object.title"),
    ("context", ["object", "definition", "type"], "meeting", "object.definition.type"),
    ("context", ["object", "definition", "moreInfo"], "/more", "object.definition.moreInfo"),
    ("context", ["object", "definition", "name"], {"": "x"}, "object.definition.name."),
    ("context", ["object", "definition", "extensions"], {"room": 1}, "object.definition.extensions.room"),
    ("context", ["object", "definition", "extensions"], [1], "object.definition.extensions"),
    ("context", ["object", "definition", "colour"], "red", "object.definition.colour"),
    ("choice", ["object", "definition", "interactionType"], "choose", "object.definition.interactionType"),
    ("choice", ["object", "definition", "interactionType"], GONE, "object.definition.interactionType"),
    ("choice", ["object", "definition", "choices"], {"id": "golf"}, "object.definition.choices"),
    ("choice", ["object", "definition", "choices", 1, "id"], GONE, "object.definition.choices[1].id"),
    ("choice", ["object", "definition", "choices", 1, "id"], 4, "object.definition.choices[1].id"),
    ("choice", ["object", "definition", "choices", 1, "id"], "golf", "object.definition.choices"),
    ("choice", ["object", "definition", "choices", 0, "description"], "Golf", "object.definition.choices[0].description"),
    ("choice", ["object", "definition", "scale"], [{"id": "1"}], "object.definition.scale"),
    ("choice", ["object", "definition", "correctResponsesPattern"], "golf", "object.definition.correctResponsesPattern"),
    ("numeric", ["object", "definition", "correctResponsesPattern", 0], 4, "object.definition.correctResponsesPattern[0]"),
    ("numeric", ["object", "definition", "steps"], [], "object.definition.steps"),
    ("reference", ["object", "id"], GONE, "object.id"),
    ("reference", ["object", "id"], "https://example.com", "object.id"),
    ("reference", ["object", "definition"], {}, "object.definition"),
    ("about an agent", ["object", "mbox"], "mailto:b@example.com", "object"),
    ("about a group", ["object", "account"], GONE, "object.member"),
    # Sub-statements
    ("sub-statement", ["object", "id"], REFERENCE["id"], "object.id"),
    ("sub-statement", ["object", "stored"], "2026-01-05T09:30:00Z", "object.stored"),
    ("sub-statement", ["object", "version"], "1.0.0", "object.version"),
    ("sub-statement", ["object", "authority"], ANN, "object.authority"),
    ("sub-statement", ["object", "actor"], GONE, "object.actor"),
    ("sub-statement", ["object", "verb", "id"], "visited", "object.verb.id"),
    ("sub-statement", ["object", "object"], {"objectType": "SubStatement"}, "object.object.objectType"),
    ("sub-statement", ["object", "object"], REFERENCE, "object.context.platform"),
    # How it went
    ("score", ["result"], [], "result"),
    ("score", ["result", "grade"], 1, "result.grade"),
    ("score", ["result", "score"], 0.5, "result.score"),
    ("score", ["result", "score", "scaled"], 1.01, "result.score.scaled"),
    ("score", ["result", "score", "scaled"], -1.01, "result.score.scaled"),
    ("score", ["result", "score", "scaled"], "0.5", "result.score.scaled"),
    ("score", ["result", "score", "scaled"], True, "result.score.scaled"),
    ("score", ["result", "score", "raw"], 10.5, "result.score.raw"),
    ("score", ["result", "score", "raw"], -1, "result.score.raw"),
    ("score", ["result", "score", "min"], 10, "result.score.min"),
    ("score", ["result", "score", "average"], 5, "result.score.average"),
    ("completion", ["result", "completion"], "true", "result.completion"),
    ("completion", ["result", "success"], 1, "result.success"),
    ("completion", ["result", "response"], 42, "result.response"),
    ("completion", ["result", "duration"], "1:30", "result.duration"),
    ("completion", ["result", "duration"], "P", "result.duration"),
    ("completion", ["result", "duration"], "PT", "result.duration"),
    ("completion", ["result", "duration"], "P1.5DT1H", "result.duration"),
    ("progress", ["result", "extensions"], {"progress": 40}, "result.extensions.progress"),
    # In what
    ("context", ["context", "registration"], "abc", "context.registration"),
    ("context", ["context", "instructor"], {"name": "Andrew"}, "context.instructor"),
    ("context", ["context", "team"], ANN, "context.team.objectType"),
    ("context", ["context", "contextActivities", "sibling"], [COURSE], "context.contextActivities.sibling"),
    ("context", ["context", "contextActivities", "parent"], "x", "context.contextActivities.parent"),
    ("context", ["context", "contextActivities", "other", 1], {"id": "x"}, "context.contextActivities.other[1].id"),
    ("context", ["context", "language"], "klingon-language-tag", "context.language"),
    ("context", ["context", "revision"], 2, "context.revision"),
    ("context", ["context", "statement"], {"id": REFERENCE["id"]}, "context.statement.objectType"),
    ("context", ["context", "statement", "id"], "x", "context.statement.id"),
    ("context", ["context", "extensions"], {"weather": "fine"}, "context.extensions.weather"),
    ("context", ["context", "place"], "here", "context.place"),
    ("about an agent", ["context", "revision"], "2", "context.revision"),
    ("reference", ["context", "platform"], "web", "context.platform"),
    # Attachments
    ("attachment", ["attachments"], {}, "attachments"),
    ("attachment", ["attachments", 0, "usageType"], GONE, "attachments[0].usageType"),
    ("attachment", ["attachments", 0, "usageType"], "certificate", "attachments[0].usageType"),
    ("attachment", ["attachments", 0, "display"], GONE, "attachments[0].display"),
    ("attachment", ["attachments", 0, "contentType"], "pdf", "attachments[0].contentType"),
    ("attachment", ["attachments", 0, "length"], -1, "attachments[0].length"),
    ("attachment", ["attachments", 0, "length"], 1.5, "attachments[0].length"),
    ("attachment", ["attachments", 0, "sha2"], "xyz", "attachments[0].sha2"),
    ("attachment", ["attachments", 0, "fileUrl"], GONE, "attachments[0].fileUrl"),
    ("attachment", ["attachments", 0, "fileUrl"], "certificate.pdf", "attachments[0].fileUrl"),
    (
        "attachment", ["attachments", 0, "usageType"], "http://adlnet.gov/expapi/attachments/signature",
        "attachments[0].usageType",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "path", "value", "named"), VARIANTS)
def test_the_property_is_named(kind, path, value, named):
    problems = problems_of(changed(kind, path, value))

    assert list(problems.by_path) == [named]
    assert all(text.endswith((".", ")")) for texts in problems.by_path.values() for text in texts)


@pytest.mark.parametrize("kind", STATEMENTS)
def test_no_example_is_refused(kind):
    assert problems_of(STATEMENTS[kind]).by_path == {}


@pytest.mark.parametrize("value", [None, 3, "statement", [], True, {}, {"actor": {}}, [[]]])
def test_what_is_no_statement_at_all_is_refused(value):
    assert problems_of(value).count > 0


@pytest.mark.django_db
def test_a_refused_statement_leaves_nothing(client_of):
    api = client_of(member_factory(role="editor"))

    answer = api.post(PATH, changed("score", ["result", "score", "scaled"], 2), format="json", **VERSION)

    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")
    assert answer.json()["fields"] == {"result.score.scaled": ["Give a number from -1 to 1."]}
    assert answer["X-Experience-API-Version"] == "1.0.3"
    assert not Statement.objects.exists()
    assert not Record.objects.filter(event="learning.statements_stored").exists()


@pytest.mark.django_db
def test_one_bad_statement_refuses_the_batch_by_its_position(client_of):
    api = client_of(member_factory(role="editor"))
    batch = [STATEMENTS["simple"], changed("simple", ["verb", "id"], "x"), changed("simple", ["actor"], BOB), {}]

    answer = api.post(PATH, batch, format="json", **VERSION)

    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["[1].verb.id", "[3].actor", "[3].verb", "[3].object"]
    assert not Statement.objects.exists()


def test_only_so_many_problems_are_told():
    problems = problems_of({f"unknown{number}": 1 for number in range(1000)})

    assert len(problems.by_path) == MOST_PROBLEMS


def nested(depth):
    value = {}
    for _ in range(depth):
        value = {"deeper": value}
    return value


@pytest.mark.parametrize(("depth", "fine"), [(30, True), (60, False), (900, False)])
def test_depth_is_bounded(depth, fine):
    statement = {**STATEMENTS["simple"], "result": {"extensions": {"http://example.com/x": nested(depth)}}}

    assert (problems_of(statement).count == 0) is fine


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


def places(value, path=()):
    yield path
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, part in parts:
        yield from places(part, (*path, step))


@given(st.data())
def test_whatever_is_put_anywhere_is_accepted_or_refused_with_a_path_into_it(data):
    """No value makes the validator fail, and what it names begins where something was put."""
    kind = data.draw(st.sampled_from(sorted(STATEMENTS)))
    path = data.draw(st.sampled_from([path for path in places(STATEMENTS[kind]) if path]))
    statement = changed(kind, list(path), data.draw(JSON))

    problems = problems_of(statement)

    assert problems.count == 0 or all(isinstance(name, str) and name for name in problems.by_path)


@given(st.sampled_from(sorted(STATEMENTS)), st.data())
def test_nothing_the_standard_does_not_know_is_let_through(kind, data):
    """An unknown property in any object but extensions and texts by language is refused, with its whole path."""
    found = [
        path
        for path in places(STATEMENTS[kind])
        if not {"extensions", "display", "name", "description"} & set(path)
        and isinstance(at(STATEMENTS[kind], path), dict)
    ]
    path = data.draw(st.sampled_from(found))

    problems = problems_of(changed(kind, [*path, "strange"], 1))

    written = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in (*path, "strange"))
    assert list(problems.by_path) == [written.removeprefix(".")]


def at(value, path):
    for step in path:
        value = value[step]
    return value
