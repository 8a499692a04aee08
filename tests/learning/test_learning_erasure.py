"""Erasing a person takes what is theirs out of learning, and leaves what is others'."""

import json
import uuid

import pytest
from django.utils import timezone

from aurora_site.accounts.services.erasure import person_erase
from learning.models import (
    CalendarSubscription,
    Evidence,
    Learner,
    Nudge,
    Statement,
    StatementTerm,
    TeamLead,
    TeamMember,
)
from learning.services.statements import terms_for
from tests.factories.accounts import member_factory, organization_factory, user_factory
from tests.factories.learning import EvidenceFactory, LearnerFactory
from tests.learning.teams import team_of

pytestmark = pytest.mark.django_db
EMAIL = "quillon@example.org"


@pytest.fixture
def quillon(db):
    organization = organization_factory()
    member_factory(organization, "admin")
    user = user_factory(EMAIL, name="Quillon", default_organization=organization)
    return member_factory(organization, "editor", user=user)


def statement(organization, actor, *, learner=None, **more):
    body = {
        "id": str(uuid.uuid4()),
        "actor": actor,
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
        "object": {"id": "https://example.org/course"},
        **more,
    }
    row = Statement.objects.create(
        organization=organization, statement_id=body["id"], learner=learner, actor=f"{actor['mbox'].lower()}",
        verb=body["verb"]["id"], body=body, digest="d", timestamp=timezone.now(), stored_at=timezone.now(),
    )  # fmt: skip
    StatementTerm.objects.bulk_create(terms_for([row]))
    return row


def test_what_is_theirs_goes(quillon):
    place = quillon.organization
    own = LearnerFactory(organization=place, user=quillon.user, name="Quillon")
    EvidenceFactory(learner=own, note="zirconium")
    Nudge.objects.create(organization=place, learner=own, kind="streak", occasion="o", title="zirconium")
    CalendarSubscription.objects.create(organization=place, learner=own, token_digest="d")
    team_of(place, [own], [quillon.user])
    statement(place, {"mbox": f"mailto:{EMAIL}"}, learner=own)
    statement(place, {"mbox": f"mailto:{EMAIL.upper()}"})

    counts = person_erase(who=quillon.user_id).counts

    assert {name: counts[name] for name in ("learners", "statements", "team_leads")} == {
        "learners": 1,
        "statements": 2,
        "team_leads": 1,
    }
    for model in (Learner, Evidence, Nudge, CalendarSubscription, Statement, StatementTerm, TeamLead, TeamMember):
        assert not model.objects.exists(), model


def test_what_is_others_stays_without_them(quillon):
    place = quillon.organization
    other = LearnerFactory(organization=place, name="Ann", email="ann@example.org")
    EvidenceFactory(learner=other, note="zirconium", attested_by=quillon.user_id)
    EvidenceFactory(learner=other, note="kept", attested_by="user_other")
    team_of(place, [other], [quillon.user])
    named = statement(
        place,
        {"mbox": "mailto:ann@example.org"},
        learner=other,
        context={"instructor": {"mbox": f"mailto:{EMAIL}", "name": "Quillon"}, "platform": "Example"},
    )

    person_erase(who=quillon.user_id)

    assert sorted(Evidence.objects.values_list("note", "attested_by")) == [
        ("", quillon.user_id),
        ("kept", "user_other"),
    ]
    assert [row.learner for row in TeamMember.objects.all()] == [other]
    assert not TeamLead.objects.exists()
    named.refresh_from_db()
    assert named.learner == other
    assert named.body["actor"] == {"mbox": "mailto:ann@example.org"}
    assert named.body["context"] == {
        "instructor": {
            "objectType": "Agent",
            "account": {"homePage": "https://erased.invalid", "name": "erased"},
        },
        "platform": "Example",
    }
    assert EMAIL not in json.dumps(named.body)
    assert sorted((row.kind, row.digest) for row in terms_for([named])) == sorted(
        StatementTerm.objects.values_list("kind", "digest")
    )


def test_twice_is_as_once(quillon):
    LearnerFactory(organization=quillon.organization, user=quillon.user)
    person_erase(who=quillon.user_id)
    assert person_erase(who=quillon.user_id).counts == {}
