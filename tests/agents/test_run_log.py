"""The event log: numbered without gaps, fenced by attempt, finished once."""

from __future__ import annotations

import pytest

from agents.models import Run, RunEvent
from agents.runs.executors import RunOutcome
from agents.runs.log import Append, StaleAttempt, append_all, events_after
from agents.runs.services import leases_renew, run_claim, run_create, run_finisher, runs_reap
from agents.runtime.events import Event, token
from audit.models import Record
from aurora_site.accounts.models import Membership
from tests.factories.accounts import member_factory

pytestmark = pytest.mark.django_db


@pytest.fixture
def member() -> Membership:
    return member_factory()


@pytest.fixture
def run(member: Membership) -> Run:
    made, _ = run_create(
        organization_id=member.organization_id,
        actor_id=member.user.pk,
        kind="answer",
        agent="welcome",
        input={"question": "?"},
    )
    claimed = run_claim(run_id=str(made.pk))
    assert claimed is not None
    return claimed


def test_appends_are_numbered_without_gaps(run: Run) -> None:
    first, second = append_all([Append(str(run.pk), 1, [token("a"), token("b")]), Append(str(run.pk), 1, [token("c")])])
    assert isinstance(first, list)
    assert isinstance(second, list)
    assert [event.seq for event in first + second] == [1, 2, 3]
    assert events_after(str(run.pk), 1) == (first + second)[1:]
    run.refresh_from_db()
    assert run.last_seq == 3


def test_another_attempt_writes_nothing(run: Run) -> None:
    (outcome,) = append_all([Append(str(run.pk), 2, [token("late")])])
    assert isinstance(outcome, StaleAttempt)
    assert RunEvent.objects.count() == 0


def test_a_stale_append_does_not_stop_the_others(run: Run) -> None:
    stale, good = append_all([Append(str(run.pk), 7, [token("late")]), Append(str(run.pk), 1, [token("a")])])
    assert isinstance(stale, StaleAttempt)
    assert isinstance(good, list)
    assert RunEvent.objects.get().data == {"text": "a"}


def test_a_finished_run_takes_no_more_events(run: Run) -> None:
    finish = run_finisher(outcome=RunOutcome(agent="welcome"), state=Run.State.SUCCEEDED)
    append_all([Append(str(run.pk), 1, [Event("run.finished", {})], finish)])
    (outcome,) = append_all([Append(str(run.pk), 1, [token("late")])])
    assert isinstance(outcome, StaleAttempt)
    run.refresh_from_db()
    assert (run.state, run.last_seq) == ("succeeded", 1)
    assert Record.objects.filter(event="agents.run_succeeded", subject_id=str(run.pk)).count() == 1


def test_a_run_is_claimed_once(run: Run) -> None:
    assert run_claim(run_id=str(run.pk)) is None
    run.refresh_from_db()
    assert run.attempt == 1


def expire(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(lease_expires_at="2026-01-01T00:00:00Z")


def test_a_run_whose_process_died_ends_as_interrupted_with_what_it_had(run: Run) -> None:
    append_all([Append(str(run.pk), 1, [token("Half an "), token("answer")])])
    assert runs_reap() == 0
    expire(run)
    assert runs_reap() == 1
    run.refresh_from_db()
    assert (run.state, run.error["code"], run.output["answer"]) == ("failed", "INTERRUPTED", "Half an answer")
    types = [event.type for event in events_after(str(run.pk), 0)]
    assert types == ["token", "token", "error", "run.finished"]
    assert Record.objects.filter(event="agents.run_failed", subject_id=str(run.pk)).count() == 1


def test_the_reaped_process_can_write_nothing_more(run: Run) -> None:
    expire(run)
    assert (runs_reap(), runs_reap()) == (1, 0)
    (outcome,) = append_all([Append(str(run.pk), 1, [token("late")])])
    assert isinstance(outcome, StaleAttempt)
    assert [event.type for event in events_after(str(run.pk), 0)] == ["error", "run.finished"]


def test_a_renewed_lease_keeps_a_run(run: Run) -> None:
    expire(run)
    leases_renew([str(run.pk)])
    assert runs_reap() == 0
