"""Who responds to incidents has shown the skills that their services stand for."""

from __future__ import annotations

import pytest
from django.utils import timezone

from audit.models import Record
from aurora_site.links import listening
from aurora_site.links.incident_evidence import responses_record
from aurora_site.links.tasks import incident_response, sweep_responses
from incidents.models import Incident, Responder
from incidents.services.incidents import incident_create
from learning.models import Evidence, Mastery
from tests.factories.accounts import member_factory
from tests.factories.learning import LearnerFactory, SkillFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def queue(monkeypatch):
    sent = []
    monkeypatch.setattr(listening.current_app, "send_task", lambda name, args: sent.append((name, *args)))
    return sent


def skill(organization, *references):
    return SkillFactory(
        organization=organization,
        external_refs=[{"scheme": scheme, "identifier": identifier} for scheme, identifier in references],
    )


def responder(incident, role="responder", *, learns=True):
    member = member_factory(organization=incident.organization)
    if learns:
        LearnerFactory(organization=incident.organization, user=member.user)
    Responder.objects.create(incident=incident, user=member.user, role=role, added_at=timezone.now())
    return member.user


def resolved(client_of, member, service="payments-service"):
    incident = incident_create(
        organization_id=member.organization_id, actor_id=member.user_id, title="Down", service_name=service
    )
    people = responder(incident, "commander"), responder(incident), responder(incident, "observer")
    responder(incident, learns=False)
    answer = client_of(member).patch(f"/api/v1/incidents/{incident.pk}", {"status": "resolved"}, format="json")
    assert answer.status_code == 200, answer.content
    return incident, people


def test_responders_of_a_resolved_incident_get_evidence_once(client_of, queue, django_capture_on_commit_callbacks):
    editor = member_factory(role="editor")
    organization = editor.organization
    payments = skill(organization, ("aurora:service", "payments-service"), ("esco", "x"))
    response = skill(organization, ("aurora:incidents", "*"))
    skill(organization, ("aurora:service", "other-service"))
    skill(member_factory().organization, ("aurora:incidents", "*"))
    SkillFactory(organization=organization, external_refs={"scheme": "aurora:incidents"})
    with django_capture_on_commit_callbacks(execute=True):
        incident, (commander, worker, _) = resolved(client_of, editor)
    assert ("links.incident_response", str(incident.pk)) in queue

    incident_response(str(incident.pk))
    incident_response(str(incident.pk))

    incident.refresh_from_db()
    rows = Evidence.objects.values_list("learner__user", "skill", "value", "kind", "observed_at", "source")
    told = "incident_response", incident.resolved_at, f"incident #{incident.number}"
    assert set(rows) == {
        (user.pk, each.pk, value, *told)
        for user, value in ((commander, 0.8), (worker, 0.7))
        for each in (payments, response)
    }
    assert len(rows) == 4
    assert Mastery.objects.count() == 4
    assert Record.objects.filter(event="learning.evidence_recorded").count() == 2


def test_who_resolves_it_without_being_listed_has_responded(client_of):
    editor = member_factory(role="editor")
    LearnerFactory(organization=editor.organization, user=editor.user)
    skill(editor.organization, ("aurora:incidents", "*"))
    incident = incident_create(organization_id=editor.organization_id, actor_id=editor.user_id, title="Down")
    assert responses_record(incident_id=incident.pk) == 0
    client_of(editor).patch(f"/api/v1/incidents/{incident.pk}", {"status": "resolved"}, format="json")
    assert responses_record(incident_id=incident.pk) == 1
    assert Evidence.objects.get().value == 0.7


def test_what_the_queue_lost_is_swept_up(client_of, queue):
    editor = member_factory(role="editor")
    incident, _ = resolved(client_of, editor)
    queue.clear()
    sweep_responses()
    assert queue == [("links.incident_response", str(incident.pk))]
    Incident.objects.filter(pk=incident.pk).update(resolved_at=timezone.now() - timezone.timedelta(hours=4))
    queue.clear()
    sweep_responses()
    assert queue == []
