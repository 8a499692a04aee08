"""What statements change of learners, once, and what goes when they are voided; what Aurora tells itself."""

import uuid
from datetime import UTC, datetime

import pytest

from learning.models import Completion, Evidence, Mastery, ResourceSkill, Statement
from learning.services.evidence import completion_withdraw, resource_complete
from tests.factories.accounts import member_factory, organization_factory
from tests.factories.learning import LearnerFactory, ResourceFactory, SkillFactory
from tests.learning.xapi.examples import ADL, ANN, COURSE, verb

pytestmark = pytest.mark.django_db
PATH = "/api/v1/learning/xapi/statements"
VERSION = {"HTTP_X_EXPERIENCE_API_VERSION": "1.0.3"}
AT = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
ELSEWHERE = {"id": "https://lms.example.com/7"}
PROGRESS = "https://w3id.org/xapi/cmi5/result/extensions/progress"


@pytest.fixture
def organization():
    return organization_factory()


@pytest.fixture
def api(client_of, organization):
    return client_of(member_factory(organization, "editor"))


@pytest.fixture
def learner(organization):
    return LearnerFactory(organization=organization, email="Ann@example.com")


@pytest.fixture
def skill(organization):
    return SkillFactory(organization=organization)


@pytest.fixture
def course(organization, skill):
    course = ResourceFactory(organization=organization, key="kubernetes", url=COURSE["id"])
    ResourceSkill.objects.create(resource=course, skill=skill, gain=0.4)
    return course


def told(name, result=None, **more):
    body = {"actor": ANN, "verb": verb(name), "object": COURSE, "timestamp": AT.isoformat(), **more}
    return body | ({"result": result} if result else {})


def post(api, body):
    answer = api.post(PATH, body, format="json", **VERSION)
    assert answer.status_code == 200, answer.content
    return answer.json()


def completions(learner):
    return list(
        Completion.objects.filter(learner=learner).values_list("resource__key", "minutes", "score", "completed_at")
    )


def evidence(learner):
    return sorted(Evidence.objects.filter(learner=learner).values_list("kind", "value"))


DONE = ("resource_completed", 0.4)


@pytest.mark.parametrize(
    ("statement", "finished", "seen"),
    [
        (told("completed"), (None, None), [DONE]),
        (told("completed", {"duration": "PT1H30M", "score": {"scaled": 0.5}}), (90, 0.5), [("resource_completed", 0.2)]),
        (told("completed", {"completion": False}), None, []),
        (told("completed", {"success": False, "score": {"scaled": 0.2}}), None, [("xapi_statement", 0.2)]),
        (told("passed", {"score": {"raw": 15, "min": 10, "max": 20}}), (None, 0.5), [("resource_completed", 0.2)]),
        (told("failed", {"score": {"scaled": -0.5}}), None, [("xapi_statement", 0.0)]),
        (told("failed"), None, [("xapi_statement", 0.0)]),
        (told("scored", {"score": {"raw": 8, "max": 10}}), None, [("xapi_statement", 0.8)]),
        (told("scored", {"score": {"raw": 8}}), None, []),
        (told("mastered"), (None, None), [DONE, ("xapi_statement", 1.0)]),
        (told("mastered", {"score": {"scaled": 0.5}}), (None, 0.5), [("resource_completed", 0.2), ("xapi_statement", 0.5)]),
        (told("progressed", {"extensions": {PROGRESS: 40}}), None, []),
        (told("progressed", {"extensions": {PROGRESS: 100}}), (None, None), [DONE]),
        (told("progressed", {"extensions": {PROGRESS: "100"}}), None, []),
        (told("experienced"), None, []),
        (told("experienced", {"completion": True}), (None, None), [DONE]),
        (told("attempted", {"completion": True}), None, []),
        (told("completed", object={**COURSE, "id": COURSE["id"] + "/"}), (None, None), [DONE]),
        (told("completed", object={**ELSEWHERE, "definition": {"moreInfo": COURSE["id"]}}), (None, None), [DONE]),
        (told("completed", object=ELSEWHERE), None, []),
        (told("completed", object={"id": "https://elsewhere.example.com/kubernetes"}), None, []),
        (told("completed", actor={"mbox": "mailto:bob@example.com"}), None, []),
        (told("completed", actor={"objectType": "Group", "member": [ANN]}), None, []),
    ],
)  # fmt: skip
def test_statements_count(api, learner, course, statement, finished, seen):
    post(api, statement)

    assert completions(learner) == ([("kubernetes", *finished, AT)] if finished else [])
    assert evidence(learner) == seen
    assert Mastery.objects.filter(learner=learner).exists() is bool(seen)


@pytest.mark.parametrize("by", ["key", "id"])
def test_a_resource_has_an_address_here(api, settings, learner, course, by):
    name = {"key": course.key, "id": course.pk}[by]

    post(api, told("completed", object={"id": f"{settings.AURORA_PUBLIC_URL}/learning/resources/{name}"}))

    assert completions(learner) == [("kubernetes", None, None, AT)]


@pytest.mark.parametrize("actor", ["mbox", "hash", "user", "learner", "slash"])
def test_a_learner_is_known_by_any_identifier(api, settings, organization, course, actor):
    member = member_factory(organization, email="cleo@example.com")
    learner = LearnerFactory(organization=organization, user=member.user)
    home = settings.AURORA_PUBLIC_URL
    who = {
        "mbox": {"mbox": "mailto:Cleo@Example.com"},
        # printf mailto:cleo@example.com | sha1sum
        "hash": {"mbox_sha1sum": "FD500A73D978E564C3095A9AC6400FF201D3C222"},
        "user": {"account": {"homePage": home, "name": member.user_id}},
        "learner": {"account": {"homePage": home, "name": str(learner.pk)}},
        "slash": {"account": {"homePage": f"{home}/", "name": member.user_id}},
    }[actor]

    post(api, told("completed", actor=who))

    assert Statement.objects.get().learner == learner
    assert len(completions(learner)) == 1


def test_an_address_of_two_learners_is_nobodys(api, organization, learner, course):
    LearnerFactory(organization=organization, email="ann@example.com")

    post(api, told("completed"))

    assert Statement.objects.get().learner is None
    assert not Completion.objects.exists()


def test_nobody_of_another_organisation_is_meant(client_of, learner, course):
    elsewhere = client_of(member_factory(role="editor"))

    post(elsewhere, told("completed"))
    post(elsewhere, told("completed", actor={"account": {"homePage": "http://localhost", "name": str(learner.pk)}}))

    assert set(Statement.objects.values_list("learner", flat=True)) == {None}
    assert not Completion.objects.exists()


def test_a_replay_has_no_effect(api, learner, course):
    statement = told("mastered", id=str(uuid.uuid4()))
    post(api, statement)
    before = (completions(learner), evidence(learner))

    post(api, statement)
    post(api, [statement])

    assert (completions(learner), evidence(learner)) == before


def test_voiding_takes_back_what_the_statement_brought(api, learner, course, skill):
    other = ResourceFactory(organization=course.organization, url="https://example.com/other")
    ResourceSkill.objects.create(resource=other, skill=skill, gain=0.1)
    (kept,) = post(api, told("completed", object={"id": other.url}))
    before = Mastery.objects.values_list("mean", "variance", "practiced_at").get()
    (voided,) = post(api, told("mastered"))
    assert Mastery.objects.values_list("mean", "variance", "practiced_at").get() != before

    post(api, told("voided", object={"objectType": "StatementRef", "id": voided}))

    assert [row[0] for row in completions(learner)] == [other.key]
    assert evidence(learner) == [("resource_completed", 0.1)]
    mean, variance, practised = Mastery.objects.values_list("mean", "variance", "practiced_at").get()
    assert (mean, variance) == pytest.approx(before[:2], abs=1e-6)
    assert practised == before[2]
    assert Statement.objects.get(statement_id=kept).voided is False


def test_voiding_the_only_one_leaves_nothing_known(api, learner, course):
    (voided,) = post(api, told("mastered"))

    post(api, told("voided", object={"objectType": "StatementRef", "id": voided}))

    assert (completions(learner), evidence(learner), Mastery.objects.count()) == ([], [], 0)


@pytest.mark.parametrize("role", ["viewer", "editor", "admin"])
@pytest.mark.parametrize(
    ("name", "result", "level"),
    [("mastered", None, 1.0), ("scored", {"score": {"scaled": 0.9}}, 0.9), ("failed", None, 0.0)],
)
def test_nobody_vouches_for_themself(client_of, organization, course, role, name, result, level):
    member = member_factory(organization, role, email="ann@example.com")
    LearnerFactory(organization=organization, user=member.user)

    post(client_of(member), told(name, result))

    kinds = dict(Evidence.objects.exclude(kind="resource_completed").values_list("kind", "value"))
    assert kinds == {"self_assessment": level}


def test_a_colleague_vouches(api, client_of, organization, course):
    member = member_factory(organization, "editor", email="ann@example.com")
    LearnerFactory(organization=organization, user=member.user)

    post(api, told("scored", {"score": {"scaled": 0.9}}))

    assert list(Evidence.objects.values_list("kind", "value")) == [("xapi_statement", 0.9)]


def test_what_is_voided_before_it_comes_has_no_effect(api, client_of, organization, learner, course):
    statement_id = str(uuid.uuid4())
    admin = client_of(member_factory(organization, "admin"))
    post(admin, told("voided", object={"objectType": "StatementRef", "id": statement_id}))

    post(api, told("completed", id=statement_id))

    assert (completions(learner), evidence(learner)) == ([], [])


def test_a_batch_with_effects_costs_a_constant_number_of_queries(
    api, organization, skill, django_assert_max_num_queries
):
    for number in range(60):
        LearnerFactory(organization=organization, email=f"{number}@example.com")
        course = ResourceFactory(organization=organization, url=f"https://example.com/{number}")
        ResourceSkill.objects.create(resource=course, skill=skill, gain=0.1)
    batch = [
        told("mastered", actor={"mbox": f"mailto:{number}@example.com"}, object={"id": f"https://example.com/{number}"})
        for number in range(60)
    ]

    with django_assert_max_num_queries(40):
        post(api, batch)

    assert (Completion.objects.count(), Evidence.objects.count(), Mastery.objects.count()) == (60, 120, 60)


# Out


def finish(learner, course, **figures):
    return resource_complete(
        organization_id=learner.organization_id, actor_id="", learner_id=learner.pk, resource_id=course.pk, **figures
    )


def test_a_finished_resource_is_told_once(client_of, organization, settings, learner, course):
    admin = client_of(member_factory(organization, "admin"))
    for _ in range(2):
        finish(learner, course, minutes=95, score=0.75, completed_at=AT)

    (statement,) = admin.get(PATH, {"verb": ADL + "completed"}, **VERSION).json()["statements"]

    home = settings.AURORA_PUBLIC_URL
    assert {name: value for name, value in statement.items() if name not in ("id", "stored")} == {
        "actor": {
            "objectType": "Agent", "name": learner.name, "account": {"homePage": home, "name": str(learner.pk)},
        },
        "verb": {"id": ADL + "completed", "display": {"en": "completed"}},
        "object": {
            "objectType": "Activity",
            "id": COURSE["id"],
            "definition": {"name": {"und": course.title}, "type": "http://adlnet.gov/expapi/activities/course"},
        },
        "result": {"completion": True, "score": {"scaled": 0.75}, "duration": "PT1H35M"},
        "context": {"platform": "Aurora"},
        "timestamp": "2026-01-05T09:30:00.000000Z",
        "version": "1.0.0",
        "authority": {"objectType": "Agent", "account": {"homePage": home, "name": "aurora"}},
    }  # fmt: skip


def test_what_aurora_tells_is_a_statement_like_any_other(api, client_of, organization, learner, course):
    """Another Aurora may store it, and it changes nothing here."""
    admin = client_of(member_factory(organization, "admin"))
    finish(learner, course)
    (statement,) = admin.get(PATH, **VERSION).json()["statements"]

    assert post(api, statement) == [statement["id"]]
    assert post(client_of(member_factory(role="editor")), statement) == [statement["id"]]
    assert len(evidence(learner)) == 1


def test_what_is_taken_back_is_voided(client_of, organization, learner, course):
    admin = client_of(member_factory(organization, "admin"))
    finish(learner, course)
    (first,) = admin.get(PATH, **VERSION).json()["statements"]

    completion_withdraw(organization_id=organization.pk, actor_id="", learner_id=learner.pk, resource_id=course.pk)

    (void,) = admin.get(PATH, **VERSION).json()["statements"]
    assert void["object"] == {"objectType": "StatementRef", "id": first["id"]}
    finish(learner, course)
    assert len(admin.get(PATH, **VERSION).json()["statements"]) == 2


def test_what_a_statement_brought_is_not_told_again(api, learner, course):
    post(api, told("completed"))

    assert Statement.objects.count() == 1
