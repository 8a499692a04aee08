"""Erasing a person removes their texts from every table, for good, and every proof of the ledger still holds."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.db import models
from django.utils import timezone

from agents.chat.services import session_create
from agents.knowledge.models import Document, DocumentReport, UnansweredQuestion
from agents.knowledge.questions import question_unanswered_note
from agents.runs.folding import events_fold
from agents.runs.log import Append, append_all
from agents.runs.models import Run
from agents.runs.services import feedback_set, run_claim, run_create
from agents.runs.tool_models import ToolCall
from agents.runtime.events import StoredEvent
from audit.canonical import commitment
from audit.models import PersonalText, Record
from audit.sealing import seal_all
from audit.selectors import record_is_authentic
from audit.services import record
from audit.verification import record_check, verify
from aurora_site.accounts.models import Membership, Organization, Role, User
from aurora_site.accounts.services.erasure import erasures_repeat, person_erase
from aurora_site.accounts.services.invitations import invitation_create
from aurora_site.accounts.services.registration import register
from aurora_site.core.erasure import erasures
from aurora_site.core.http.errors import Conflict, NotFound
from incidents.models import Incident, TimelineEntry
from learning.models import Learner
from tests.factories.accounts import api_key_for, member_factory, organization_factory, signed_in_as, user_factory
from tests.factories.conversations import events_factory, run_factory, session_factory, turn_factory

SAID = "zirconium lantern"
NAME = "Quillon Zephyrine"
EMAIL = "quillon@example.org"


def rows_with(*texts: str) -> list[str]:
    """Every row of the main database in which one of the texts occurs, whatever the case."""
    return [
        f"{model._meta.label} {row}"
        for model in apps.get_models()
        if not model._meta.proxy and model._meta.app_label != "retrieval"
        for row in model._default_manager.values()
        if any(text.lower() in _readable(row) for text in texts)
    ]


def _readable(row: dict[str, Any]) -> str:
    values = [
        bytes(value).decode(errors="replace") if isinstance(value, memoryview | bytes) else value
        for value in row.values()
    ]
    return json.dumps(values, default=str, ensure_ascii=False).lower()


@pytest.fixture
def quillon(db: None) -> Membership:
    """A member who has left traces everywhere."""
    organization = organization_factory()
    member_factory(organization, Role.ADMIN)
    user = user_factory(EMAIL, name=NAME, default_organization=organization)
    quillon = member_factory(organization, Role.EDITOR, user=user)
    signed_in_as(quillon)
    api_key_for(quillon)
    _talk(quillon)
    _opine(quillon)
    _work(quillon)
    return quillon


def _talk(quillon: Membership) -> None:
    place = quillon.organization_id
    session_create(
        organization_id=place,
        user_id=quillon.user_id,
        messages=[{"sender": "user", "text": f"My {SAID}?"}],
        ui_state={"draft": SAID},
    )
    session = session_factory(quillon, title=SAID)
    answer = turn_factory(session, f"Where is the {SAID}?", f"The {SAID} is here.")
    events_factory(answer.run, ("token", {"text": SAID}), ("message", {"text": SAID}))
    call = {"run": answer.run, "call_id": "1", "name": "test.tool", "effect": "read", "state": "succeeded"}
    ToolCall.objects.create(**call, arguments={"query": SAID}, output=SAID, fingerprint="f")
    record(
        event="test.answered",
        organization_id=place,
        actor_id=quillon.user_id,
        subject=("run", answer.run.pk),
        personal={"question": f"Where is the {SAID}?", "answer": SAID},
    )
    run_create(
        organization_id=place, actor_id=quillon.user_id, kind="answer", agent="", input={"question": f"A {SAID}?"}
    )
    question_unanswered_note(organization_id=place, question=f"A {SAID}?", hits=[])


def _opine(quillon: Membership) -> None:
    """What is said about the runs and documents of somebody else."""
    other = member_factory(quillon.organization)
    run = run_factory(
        session_factory(other, title="Disk full"),
        checkpoint={"said": f"They said: {SAID}"},
        output={"answer": "Delete logs."},
    )
    feedback_set(run=run, user_id=quillon.user_id, rating="down", comment=f"No {SAID}")
    call = {"run": run, "call_id": "1", "name": "test.tool", "effect": "write", "state": "denied", "fingerprint": "f"}
    ToolCall.objects.create(**call, decided_by=quillon.user, note=SAID, output=f"declined: {SAID}")
    events_factory(run, ("tool.result", {"summary": f"It was declined. They said: {SAID}"}))
    record(
        event="test.called", actor_id=other.user_id, subject=("run", run.pk), personal={"output": f"declined: {SAID}"}
    )
    record(event="test.named", actor_id=other.user_id, person_id=quillon.user_id, personal={"name": NAME})
    document = Document.objects.create(
        organization=quillon.organization, path="a.md", title="a", size=1, content_hash="0", source_text="a", owner=NAME,
        uploaded_by=quillon.user,
    )  # fmt: skip
    DocumentReport.objects.create(document=document, reporter=quillon.user, note=SAID)


def _work(quillon: Membership) -> None:
    place = quillon.organization
    admin = Membership.objects.for_organization(place).get(role=Role.ADMIN).user
    invitation_create(organization=place, email="quillon@elsewhere.example", role=Role.VIEWER, invited_by=admin)
    Learner.objects.create(organization=place, user=quillon.user, name=NAME, goals=SAID, start_date="2026-01-05")
    Learner.objects.create(organization=place, name="Other", email=EMAIL.upper(), start_date="2026-01-05")
    incident = Incident.objects.create(
        organization=place, number=1, title="Checkout is slow", started_at=timezone.now()
    )
    TimelineEntry.objects.create(
        organization=place,
        seq=1,
        incident=incident,
        kind="note",
        actor_id=quillon.user_id,
        text=SAID,
        at=timezone.now(),
    )
    content_type = ContentType.objects.get_for_model(User)
    LogEntry.objects.create(
        user=admin, content_type=content_type, object_id=quillon.user_id, object_repr=EMAIL, action_flag=2
    )
    record(event="test.seen", subject=("user", quillon.user_id), personal={"ip": "192.0.2.77"})


def test_a_persons_texts_are_gone_from_every_table_and_records_stay_authentic(quillon: Membership) -> None:
    texts = {(text.record_id, text.name): (bytes(text.salt), text.text) for text in PersonalText.objects.all()}
    records = Record.objects.count()
    assert len(rows_with(SAID, NAME, EMAIL, "192.0.2.77")) > 25

    erased = person_erase(who=EMAIL.upper())

    assert rows_with(SAID, NAME, EMAIL, "192.0.2.77") == []
    assert (erased.counts["runs"], erased.counts["chat_sessions"], erased.counts["feedback"]) == (2, 2, 1)
    assert (erased.counts["learners"], erased.counts["unanswered_questions"], erased.counts["timeline_entries"]) == (
        2,
        1,
        1,
    )
    # The records are all there, with those of the erasure, and each still commits to what was said.
    assert all(record_is_authentic(row) for row in Record.objects.all())
    assert Record.objects.count() > records
    for (record_id, name), (salt, text) in texts.items():
        assert json.loads(bytes(Record.objects.get(pk=record_id).body))["texts"][name] == commitment(salt, text)
    told = json.loads(bytes(Record.objects.get(event="accounts.person_erased").body))
    assert (told["subject"]["id"], told["data"]["counts"]) == (quillon.user_id, erased.counts)
    assert (told["organization_id"], told["actor_id"]) == (str(quillon.organization_id), "")


def test_each_organisation_is_told_and_counts_over_several_are_no_ones(quillon: Membership) -> None:
    other = member_factory(organization_factory(), user=quillon.user)
    admin = Membership.objects.for_organization(quillon.organization).get(role=Role.ADMIN)
    with pytest.raises(CommandError, match="there is no account nobody"):
        call_command("erase_person", EMAIL, by="nobody")
    assert not Record.objects.filter(event="accounts.person_erased").exists()
    call_command("erase_person", EMAIL, by=admin.user.email.upper(), stdout=io.StringIO())
    told = Record.objects.filter(event="accounts.person_erased", subject_id=quillon.user_id, actor_id=admin.user_id)
    fields = {row.organization_id: sorted(json.loads(bytes(row.body))["data"]) for row in told}
    assert fields == {
        str(quillon.organization_id): ["account_kept"],
        str(other.organization_id): ["account_kept"],
        "": ["account_kept", "counts"],
    }


def test_others_keep_what_is_theirs(quillon: Membership) -> None:
    person_erase(who=quillon.user_id)
    run = Run.objects.get()
    assert (run.session.title, run.output, run.checkpoint) == (
        "Disk full", {"answer": "Delete logs."}, {"said": "They said: [erased]"},
    )  # fmt: skip
    assert run.events.get().data == {"summary": "It was declined. They said: [erased]"}
    call = ToolCall.objects.get()
    assert (call.note, call.output, call.decided_by_id) == ("", "declined: [erased]", quillon.user_id)
    assert Document.objects.get().state == Document.State.PENDING
    assert Incident.objects.get().title == "Checkout is slow"


def test_the_account_is_a_pseudonym_that_nobody_can_use(quillon: Membership) -> None:
    client = signed_in_as(quillon)
    key = api_key_for(quillon)
    person_erase(who=quillon.user_id)
    assert client.get("/api/auth/me").status_code == 401
    assert client.get("/api/auth/me", Authorization=f"Bearer {key}").status_code == 401
    user = User.objects.get(pk=quillon.user_id)
    assert (str(user), user.get_full_name(), user.is_active) == ("erased person", "erased person", False)
    assert not Membership.objects.filter(user=user).exists()
    # The address is free for somebody else.
    assert register(email=EMAIL, password="correct horse battery").user_id != quillon.user_id


def test_twice_is_as_once(quillon: Membership) -> None:
    person_erase(who=quillon.user_id)
    records = Record.objects.count()
    assert person_erase(who=quillon.user_id).counts == {}
    assert (Record.objects.count(), erasures_repeat()) == (records, 0)


def test_what_was_under_way_does_not_come_back(quillon: Membership) -> None:
    run = Run.objects.get(actor=quillon.user, state=Run.State.QUEUED)
    claim = run_claim(run_id=str(run.pk))
    assert claim is not None
    person_erase(who=quillon.user_id)
    late = [StoredEvent(str(run.pk), claim.last_seq + 1, "token", timezone.now(), {"text": SAID})]
    assert append_all([Append(str(run.pk), claim.run.attempt, late)]) == {str(run.pk)}
    assert run_claim(run_id=str(run.pk)) is None
    assert events_fold() == 0
    # A request that had been let in before writes after; the next sweep finds it.
    run_create(
        organization_id=quillon.organization_id,
        actor_id=quillon.user_id,
        kind="answer",
        agent="",
        input={"question": SAID},
    )
    assert rows_with(SAID) != []
    assert erasures_repeat() > 0
    assert rows_with(SAID) == []
    User.objects.filter(pk=quillon.user_id).update(erased_at=timezone.now() - timedelta(days=3))
    assert erasures_repeat() == 0


def test_an_organisation_of_one_goes_with_its_person(db: None) -> None:
    membership = register(email=EMAIL, password="correct horse battery", name=NAME)
    place = membership.organization
    Document.objects.create(organization=place, path="a.md", title="a", size=1, content_hash="0", source_text=SAID)
    UnansweredQuestion.objects.create(
        organization=place, question=SAID, question_hash=hashlib.sha256().hexdigest(), last_asked_at=timezone.now()
    )
    Incident.objects.create(organization=place, number=1, title=SAID, started_at=timezone.now())
    person_erase(who=EMAIL)
    assert Document.objects.get().state == Document.State.DELETING
    Document.objects.all().delete()
    assert rows_with(SAID, NAME, EMAIL, "quillon") == []
    assert Organization.objects.get().name == "Erased organisation"


def test_nobody_goes_whom_others_need(db: None) -> None:
    admin = member_factory(role=Role.ADMIN)
    member_factory(admin.organization)
    with pytest.raises(Conflict, match="name another first"):
        person_erase(who=admin.user_id)
    operator = user_factory(is_superuser=True, is_staff=True)
    with pytest.raises(Conflict, match="needs an operator"):
        person_erase(who=operator.pk)
    assert User.objects.filter(is_active=True, pk__in=[admin.user_id, operator.pk]).count() == 2
    with pytest.raises(NotFound):
        person_erase(who="nobody@example.org")


def test_of_the_demo_visitor_the_account_stays(db: None) -> None:
    visitor = member_factory(user=user_factory("visitor@example.org", is_demo=True))
    turn_factory(session_factory(visitor, title=SAID), SAID, SAID)
    assert person_erase(who=visitor.user_id).account_kept
    assert rows_with(SAID) == []
    assert Membership.objects.filter(user__is_active=True, user_id=visitor.user_id).exists()


def test_the_command_says_what_went(quillon: Membership) -> None:
    invited = io.StringIO()
    call_command("erase_person", "quillon@elsewhere.example", stdout=invited)
    assert "1 invitations" in invited.getvalue()
    said = io.StringIO()
    call_command("erase_person", EMAIL, "--json", stdout=said)
    assert json.loads(said.getvalue())["person_id"] == quillon.user_id
    with pytest.raises(CommandError, match="Nothing is kept"):
        call_command("erase_person", "quillon@elsewhere.example")


PERSONAL_NAMES = ("actor_id", "person_id", "user_id", "email", "owner", "attested_by")


def personal_fields() -> Iterator[str]:
    """Fields that lead to a person: foreign keys to accounts, addresses, ids of people."""
    for model in apps.get_models():
        for field in model._meta.get_fields():
            if not isinstance(field, models.Field) or isinstance(field, models.ManyToManyField):
                continue
            if field.related_model is User or isinstance(field, models.EmailField) or field.name in PERSONAL_NAMES:
                yield f"{model._meta.label}.{field.name}"


def test_every_field_that_leads_to_a_person_is_erased_or_exempt_with_a_reason() -> None:
    covered = set().union(*(each.covers for each in erasures()))
    exempt = {name: reason for each in erasures() for name, reason in each.exempt.items()}
    found = set(personal_fields())
    assert found - covered - set(exempt) == set(), "Erase it (covers) or say why it stays (exempt)."
    assert covered | set(exempt) <= found, "There is no such field any more."
    assert all(exempt.values())


def test_the_ledger_verifies_after_an_erasure(quillon: Membership) -> None:
    assert seal_all() > 0
    report = verify()
    assert (report.state, report.first_bad) == ("sound", None)
    saved = [report.head] if report.head else []
    person_erase(who=quillon.user_id)
    assert seal_all() > 0
    report = verify(saved_heads=saved)
    assert (report.state, report.first_bad, report.checked) == ("sound", None, Record.objects.count())
    named = Record.objects.get(event="test.named")
    check = record_check(named)
    assert (check.sound, check.texts) == (True, {"name": "erased"})
