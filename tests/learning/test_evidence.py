"""What is stored of a learner's evidence, and the mastery that follows it in the same transaction."""

import json
import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from audit.models import Record
from learning.errors import BadValue, UnknownLearner, UnknownReference
from learning.models import Completion, Evidence, Learner, Mastery, ResourceSkill
from learning.selectors.mastery import mastery_history, mastery_now, mastery_of_skills
from learning.services import evidence as services
from tests.factories.accounts import member_factory
from tests.factories.learning import LearnerFactory, ResourceFactory, SkillFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def learner(db):
    member = member_factory()
    return LearnerFactory(organization=member.organization, user=member.user)


@pytest.fixture
def skill(learner):
    return SkillFactory(organization=learner.organization)


def acting(learner, actor_id="user_somebody"):
    return {"organization_id": learner.organization_id, "actor_id": actor_id, "learner_id": learner.pk}


def teaching(learner, gains, **fields):
    resource = ResourceFactory(organization=learner.organization, **fields)
    ResourceSkill.objects.bulk_create(
        ResourceSkill(resource=resource, skill=skill, gain=gain) for skill, gain in gains.items()
    )
    return resource


def test_evidence_is_stored_with_the_mastery_and_the_record_of_it(learner, skill):
    rows = services.evidence_record(
        **acting(learner), kind="attestation", values={skill.pk: 0.8}, note="Ran the drill", attested_by="user_lead"
    )

    row = Evidence.objects.get()
    assert rows == [row]
    assert (row.kind, row.value, row.attested_by, row.note) == ("attestation", 0.8, "user_lead", "Ran the drill")
    mastery = Mastery.objects.get()
    assert (mastery.learner, mastery.skill, mastery.practiced_at) == (learner, skill, None)
    assert mastery.mean == pytest.approx(0.8 * 6 / 6.5)
    record = Record.objects.get(event="learning.evidence_recorded")
    assert record.subject_id == str(learner.pk)
    data = json.loads(bytes(record.body))["data"]
    assert data == {
        "attested_by": "user_lead",
        "kind": "attestation",
        "observed_at": row.observed_at.isoformat(),
        "resource": None,
        "source": "",
        "values": {str(skill.pk): "0.8"},
    }
    assert record.texts.get(name="note").text == "Ran the drill"
    assert b"drill" not in bytes(record.body)


def test_the_same_identity_counts_once(learner, skill):
    other = SkillFactory(organization=learner.organization)
    same = {**acting(learner), "kind": "quiz_result", "identity": "quiz 1"}
    assert len(services.evidence_record(**same, values={skill.pk: 0.8})) == 1
    assert services.evidence_record(**same, values={skill.pk: 0.2}) == []
    assert [row.skill for row in services.evidence_record(**same, values={skill.pk: 0.2, other.pk: 0.4})] == [other]

    assert dict(Evidence.objects.values_list("skill_id", "value")) == {skill.pk: 0.8, other.pk: 0.4}
    assert Record.objects.filter(event="learning.evidence_recorded").count() == 2
    assert Mastery.objects.get(skill=skill).mean == pytest.approx(0.8 * 8 / 8.5)


@pytest.mark.parametrize(
    ("change", "error", "field"),
    [
        ({"kind": "rumour"}, BadValue, "kind"),
        ({"values": {}}, BadValue, "skills"),
        ({"value": 1.01}, BadValue, "values"),
        ({"value": float("nan")}, BadValue, "values"),
        ({"identity": "x" * 256}, BadValue, "identity"),
        ({"note": "x" * 2001}, BadValue, "note"),
        ({"values": {uuid.uuid4(): 0.5}}, UnknownReference, "skills"),
        ({"resource_id": uuid.uuid4()}, UnknownReference, "resource"),
        ({"learner_id": uuid.uuid4()}, UnknownLearner, ""),
    ],
)
def test_what_does_not_fit_leaves_nothing(learner, skill, change, error, field):
    asked = {**acting(learner), "kind": "quiz_result", "values": {skill.pk: change.pop("value", 0.5)}} | change

    with pytest.raises(error) as refused:
        services.evidence_record(**asked)

    assert refused.value.field == field
    assert not Evidence.objects.exists()
    assert not Mastery.objects.exists()
    assert not Record.objects.filter(event__startswith="learning.").exists()


def test_a_skill_or_learner_of_another_organisation_is_unknown(learner, skill):
    with pytest.raises(UnknownReference):
        services.evidence_record(**acting(learner), kind="quiz_result", values={SkillFactory().pk: 0.5})
    elsewhere = acting(learner) | {"learner_id": LearnerFactory().pk}
    with pytest.raises(UnknownLearner):
        services.evidence_record(**elsewhere, kind="quiz_result", values={skill.pk: 0.5})
    assert not Evidence.objects.exists()


def test_what_is_observed_later_than_now_counts_from_now(learner, skill):
    services.evidence_record(
        **acting(learner),
        kind="quiz_result",
        values={skill.pk: 1.0},
        observed_at=timezone.now() + timedelta(days=400),
    )

    assert Evidence.objects.get().observed_at <= timezone.now()
    assert mastery_now(learner)[skill.pk].mean > 0.9


def test_a_learner_says_what_they_know_and_the_later_word_counts(learner, skill):
    services.learner_assess(**acting(learner, learner.user_id), levels={skill.pk: 0.2})
    services.learner_assess(**acting(learner, learner.user_id), levels={skill.pk: 0.9})

    assert Mastery.objects.get().mean == pytest.approx(0.9 * 3 / 3.5, rel=1e-6)
    assert Evidence.objects.filter(kind="self_assessment", attested_by="", source="the learner").count() == 2
    assert Learner.objects.get().assessed_at == Evidence.objects.latest("observed_at").observed_at


def test_a_self_assessment_on_behalf_of_a_learner_says_whose_word_it_is(learner, skill):
    services.learner_assess(**acting(learner, "user_lead"), levels={skill.pk: 0.2})

    row = Evidence.objects.get()
    assert (row.attested_by, row.source) == ("user_lead", "on behalf of the learner")


def test_a_finished_resource_brings_its_gains_once(learner, skill):
    other = SkillFactory(organization=learner.organization)
    resource = teaching(learner, {skill: 0.3, other: 0.2})
    first = services.resource_complete(**acting(learner), resource_id=resource.pk, minutes=50, source="test")
    again = services.resource_complete(**acting(learner), resource_id=resource.pk, minutes=10, score=0.1)

    assert again == first
    assert (first.minutes, first.score, first.source) == (50, None, "test")
    assert dict(Evidence.objects.values_list("skill_id", "value")) == {skill.pk: 0.3, other.pk: 0.2}
    means = dict(Mastery.objects.values_list("skill_id", "mean"))
    assert means == pytest.approx({skill.pk: 0.3, other.pk: 0.2}, abs=1e-4)
    assert Mastery.objects.get(skill=skill).practiced_at == first.completed_at
    assert Record.objects.filter(event="learning.resource_completed").count() == 1


def test_a_score_says_how_much_of_a_resource_was_taken_in(learner, skill):
    resource = teaching(learner, {skill: 0.4})
    services.resource_complete(**acting(learner), resource_id=resource.pk, score=0.5)

    assert Evidence.objects.get().value == 0.2


@pytest.mark.parametrize("score", [-0.1, 1.5, float("nan")])
def test_a_score_out_of_range_is_refused(learner, skill, score):
    with pytest.raises(BadValue):
        services.resource_complete(**acting(learner), resource_id=teaching(learner, {skill: 0.4}).pk, score=score)
    assert not Completion.objects.exists()


def test_a_completion_is_taken_back_with_what_it_brought(learner, skill):
    resource = teaching(learner, {skill: 0.4})
    services.learner_assess(**acting(learner), levels={skill.pk: 0.5})
    before = mastery_now(learner)[skill.pk].mean
    services.resource_complete(**acting(learner), resource_id=resource.pk)

    assert services.completion_withdraw(**acting(learner), resource_id=resource.pk) is True
    assert services.completion_withdraw(**acting(learner), resource_id=resource.pk) is False
    assert not Completion.objects.exists()
    assert Mastery.objects.get().mean == pytest.approx(before, rel=1e-6)
    assert Record.objects.filter(event="learning.evidence_withdrawn").count() == 1


def test_without_its_last_evidence_a_mastery_goes(learner, skill):
    services.evidence_record(**acting(learner), kind="quiz_result", values={skill.pk: 0.5}, identity="quiz 1")

    assert services.evidence_withdraw(**acting(learner), identity="quiz 1") == 1
    assert services.evidence_withdraw(**acting(learner), identity="quiz 1") == 0
    assert not Mastery.objects.exists()
    assert mastery_now(learner) == {}


def test_what_is_read_has_faded_and_the_stored_row_has_not(learner, skill):
    services.evidence_record(**acting(learner), kind="quiz_result", values={skill.pk: 1.0})
    stored = Mastery.objects.get()

    in_a_year = mastery_of_skills(learner, [skill.pk], timezone.now() + timedelta(days=365))[skill.pk]

    assert in_a_year.mean < stored.mean - 0.2
    assert in_a_year.variance > stored.variance
    assert mastery_of_skills(learner, [uuid.uuid4()]) == {}


def test_history_begins_with_what_was_first_seen(learner, skill, django_assert_num_queries):
    services.evidence_record(
        **acting(learner),
        kind="quiz_result",
        values={skill.pk: 0.8},
        observed_at=timezone.now() - timedelta(days=30),
    )

    with django_assert_num_queries(1):
        points = mastery_history(learner, days=60)[skill.pk]

    # 40 points over 60 days, of which the last 30 days have 20.
    assert len(points) == 20
    assert points[0].mean > points[-1].mean
    assert all(0 <= point.low <= point.mean <= point.high <= 1 for point in points)
    assert points[0].high - points[0].low < points[-1].high - points[-1].low


@pytest.mark.django_db(transaction=True)
def test_evidence_at_once_ends_as_if_one_after_the_other():
    learner = LearnerFactory()
    skill = SkillFactory(organization=learner.organization)
    resource = teaching(learner, {skill: 0.1})
    start, count = threading.Barrier(6), 6
    errors = []

    def work(number):
        try:
            start.wait(timeout=10)
            asked = {**acting(learner), "kind": "quiz_result", "values": {skill.pk: 0.5}}
            services.evidence_record(**asked, identity="same for all")
            services.evidence_record(**asked, identity=f"quiz {number}")
            services.resource_complete(**acting(learner), resource_id=resource.pk)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[number]) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert errors == []
    assert Evidence.objects.filter(kind="quiz_result").count() == count + 1
    assert Evidence.objects.filter(kind="resource_completed").count() == 1
    assert Completion.objects.count() == 1
    row = Mastery.objects.get()
    assert row.mean == pytest.approx(mastery_now(learner, row.updated_at)[skill.pk].mean, abs=1e-6)
    assert Record.objects.filter(event="learning.evidence_recorded").count() == count + 2
