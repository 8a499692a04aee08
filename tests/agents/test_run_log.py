"""The event log: numbered without gaps, fenced by attempt, appended once, finished once."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from agents.models import Run, RunEvent
from agents.runs.ending import finished_event, run_finish
from agents.runs.executors import RunOutcome
from agents.runs.log import Append, StaleAttempt, append_all, events_after, events_since, numbered
from agents.runs.services import run_claim, run_create
from agents.runs.values import fit, storable
from agents.runtime.events import Event, token
from audit.models import Record
from aurora_site.accounts.models import Membership
from tests.factories.accounts import member_factory

pytestmark = pytest.mark.django_db


@pytest.fixture
def member() -> Membership:
    return member_factory()


def claimed(member: Membership) -> Run:
    made, _ = run_create(
        organization_id=member.organization_id,
        actor_id=member.user.pk,
        kind="answer",
        agent="welcome",
        input={"question": "?"},
    )
    claim = run_claim(run_id=str(made.pk))
    assert claim is not None
    assert claim.last_seq == 0
    return claim.run


@pytest.fixture
def run(member: Membership) -> Run:
    return claimed(member)


def append_of(run: Run, first: int, *events: Event, attempt: int = 1) -> Append:
    return Append(str(run.pk), attempt, numbered(str(run.pk), first, events))


def seqs(run: Run) -> list[int]:
    return list(RunEvent.objects.filter(run=run).order_by("seq").values_list("seq", flat=True))


def test_appends_of_several_runs_go_in_one_batch(run: Run, member: Membership) -> None:
    other = claimed(member)
    assert append_all([append_of(run, 1, token("a"), token("b")), append_of(other, 1, token("c"))]) == set()
    assert append_all([append_of(run, 3, Event("thought", {"text": "Grüße \U0001f600"}))]) == set()
    stored = events_after(str(run.pk), 1)
    assert [(event.seq, event.type, event.data) for event in stored] == [
        (2, "token", {"text": "b"}),
        (3, "thought", {"text": "Grüße \U0001f600"}),
    ]
    assert seqs(other) == [1]


def test_what_is_read_back_is_what_was_shown(run: Run) -> None:
    data = {"summary": 'quote " and \\ and \n', "more": [1, 2.5, None, True], "nested": {"ü": "\u2028"}}
    append = append_of(run, 1, Event("tool.result", {"call_id": "1", "name": "x", "ok": True, **data}))
    append_all([append])
    (stored,) = events_after(str(run.pk), 0)
    assert stored == append.events[0]
    assert json.loads(stored.text) == json.loads(append.events[0].text) == stored.as_json()


@pytest.mark.parametrize("attempt", [0, 2])
def test_another_attempt_writes_nothing(run: Run, attempt: int) -> None:
    assert append_all([append_of(run, 1, token("late"), attempt=attempt)]) == {str(run.pk)}
    assert RunEvent.objects.count() == 0


@pytest.mark.parametrize("state", ["queued", "waiting_approval"])
def test_a_run_that_nobody_carries_out_takes_no_events(run: Run, state: str) -> None:
    Run.objects.filter(pk=run.pk).update(state=state)
    assert append_all([append_of(run, 1, token("late"))]) == {str(run.pk)}
    assert RunEvent.objects.count() == 0


def test_a_stale_append_does_not_stop_the_others(run: Run, member: Membership) -> None:
    other = claimed(member)
    unknown = Append(str(uuid.uuid4()), 1, [])
    appends = [append_of(other, 1, token("late"), attempt=7), append_of(run, 1, token("a")), unknown]
    assert append_all(appends) == {str(other.pk), unknown.run_id}
    assert RunEvent.objects.get().data == {"text": "a"}


def test_a_batch_that_was_committed_before_is_not_doubled(run: Run) -> None:
    first = append_of(run, 1, token("a"), token("b"))
    append_all([first])
    assert append_all([first], again=True) == set()
    assert [event.data["text"] for event in events_after(str(run.pk), 0)] == ["a", "b"]


def finish(run: Run, first: int, attempt: int = 1) -> Append:
    outcome = RunOutcome(agent="welcome", mode="extractive")
    last = append_of(run, first, finished_event(run, outcome, Run.State.SUCCEEDED), attempt=attempt)
    run_finish(run=run, append=last, outcome=outcome, state=Run.State.SUCCEEDED)
    return last


def test_a_finished_run_takes_no_more_events(run: Run) -> None:
    finish(run, 1)
    assert append_all([append_of(run, 2, token("late"))]) == {str(run.pk)}
    run.refresh_from_db()
    assert (run.state, run.last_seq, run.lease_expires_at) == ("succeeded", 1, None)
    assert Record.objects.filter(event="agents.run_succeeded", subject_id=str(run.pk)).count() == 1


def test_a_finish_whose_commit_went_through_counts_as_done(run: Run) -> None:
    last = finish(run, 1)
    assert run_finish(run=run, append=last, outcome=RunOutcome(agent="other"), state=Run.State.FAILED) is None
    run.refresh_from_db()
    assert (run.state, run.agent, seqs(run)) == ("succeeded", "welcome", [1])
    assert Record.objects.filter(subject_id=str(run.pk), event__startswith="agents.run_").count() == 1


def test_another_attempt_cannot_finish(run: Run) -> None:
    with pytest.raises(StaleAttempt):
        finish(run, 1, attempt=2)
    run.refresh_from_db()
    assert (run.state, seqs(run)) == ("running", [])


def test_a_run_is_claimed_once(run: Run) -> None:
    assert run_claim(run_id=str(run.pk)) is None
    run.refresh_from_db()
    assert run.attempt == 1


def test_a_later_attempt_numbers_on(run: Run) -> None:
    append_all([append_of(run, 1, token("a"), token("b"))])
    Run.objects.filter(pk=run.pk).update(state="queued")
    claim = run_claim(run_id=str(run.pk))
    assert claim is not None
    assert (claim.run.attempt, claim.last_seq, claim.run.started_at) == (2, 2, run.started_at)


def test_several_runs_are_read_each_from_its_own_position(run: Run, member: Membership) -> None:
    other, unasked = claimed(member), claimed(member)
    append_all([append_of(each, 1, token("1"), token("2"), token("3")) for each in (run, other, unasked)])
    events = events_since({str(run.pk): 1, str(other.pk): 2})
    assert sorted((event.run_id, event.seq) for event in events) == sorted(
        [(str(run.pk), 2), (str(run.pk), 3), (str(other.pk), 3)]
    )


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ("plain", "plain"),
        ("a\x00b", "ab"),
        ("half \ud83d pair", "half  pair"),
        ("whole \U0001f600 pair", "whole \U0001f600 pair"),
        ({"k\x00": ["x\x00", 1, None, {"y": "\udc00"}]}, {"k": ["x", 1, None, {"y": ""}]}),
        (("a", "\x00"), ["a", ""]),
        ([float("nan"), float("-inf"), 1.5, True], [None, None, 1.5, True]),
    ],
)
def test_what_no_table_can_hold_is_left_out(value: Any, stored: Any) -> None:
    assert storable(value) == stored


def test_fit_values_stay_the_same_objects() -> None:
    value = {"a": ["b"]}
    assert storable(value) is value
    assert fit("text") == "text"


def test_text_that_cannot_be_stored_does_not_break_the_log(run: Run) -> None:
    append_all([append_of(run, 1, token("a\x00b \\u0000 \ud800c"))])
    assert RunEvent.objects.get().data == {"text": "ab \\u0000 c"}
