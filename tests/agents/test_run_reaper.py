"""Runs whose process died, runs that nobody started, lines that got stuck."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from agents.models import ChatSession, Run, ToolCall
from agents.runs import leases, reaper
from agents.runs.leases import leases_renew, server_has_settled
from agents.runs.log import Append, append_all, numbered
from agents.runs.reaper import runs_reap
from agents.runs.services import run_cancel, run_claim
from agents.runtime.events import Event, token
from agents.tasks import reap_runs
from audit.models import Record
from aurora_site.accounts.models import Membership
from tests.agents.scripted import USAGE, events_of, scripted_run, types_of
from tests.factories.accounts import member_factory

pytestmark = pytest.mark.django_db

LONG_AGO = "2026-01-01T00:00:00Z"
ROUTE = {"agent": "assistant", "confidence": 0.8, "reason": "It fits.", "alternatives": {}}


@pytest.fixture(autouse=True)
def _long_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' database may have been started a second ago."""
    monkeypatch.setattr(leases, "SETTLING", timedelta(0))


@pytest.fixture
def member() -> Membership:
    return member_factory()


@pytest.fixture
def session(member: Membership) -> ChatSession:
    return ChatSession.objects.create(organization=member.organization, user=member.user, title="?")


def claimed(run: Run, *events: Event) -> Run:
    claim = run_claim(run_id=str(run.pk))
    assert claim is not None
    numbers = numbered(str(run.pk), claim.last_seq + 1, events)
    assert append_all([Append(str(run.pk), claim.run.attempt, numbers)]) == set()
    return claim.run


def dead(run: Run, *events: Event) -> Run:
    """A run that showed this before its process died long ago."""
    gone = claimed(run, *events)
    Run.objects.filter(pk=run.pk).update(lease_expires_at=LONG_AGO)
    return gone


def tool_call(run: Run, effect: str, state: str) -> None:
    ToolCall.objects.create(run=run, call_id="1", name="x", fingerprint="f", effect=effect, state=state)


def test_a_run_that_lives_is_left_alone(member: Membership) -> None:
    run = claimed(scripted_run(member))
    assert (runs_reap().ended, runs_reap().to_start) == ([], [])
    run.refresh_from_db()
    assert run.state == "running"


def test_what_had_shown_text_ends_as_interrupted_with_what_it_had(member: Membership) -> None:
    run = dead(scripted_run(member), token("Half an "), Event("route", ROUTE), Event("usage", USAGE), token("answer"))
    assert runs_reap().ended == [str(run.pk)]
    run.refresh_from_db()
    assert (run.state, run.error["code"], run.output["answer"]) == ("failed", "INTERRUPTED", "Half an answer")
    assert (run.agent, run.route, run.usage) == ("assistant", ROUTE, USAGE)
    assert types_of(run) == ["token", "route", "usage", "token", "error", "message", "run.finished"]
    (_, error), (_, message), (_, finished) = events_of(run)[-3:]
    assert (error["code"], error["retryable"]) == ("INTERRUPTED", True)
    assert (message["text"], message["partial"], message["answered"]) == ("Half an answer", True, False)
    assert (finished["state"], finished["usage"]) == ("failed", USAGE)
    assert run.last_seq == 7
    assert Record.objects.filter(event="agents.run_failed", subject_id=str(run.pk)).count() == 1


def test_a_whole_answer_is_not_shown_twice(member: Membership) -> None:
    message = {"text": "All of it.", "citations": [], "answered": True, "mode": "extractive"}
    run = dead(scripted_run(member), token("All of it."), Event("message", message))
    runs_reap()
    run.refresh_from_db()
    assert types_of(run) == ["token", "message", "error", "run.finished"]
    assert (run.output["answer"], run.output["answered"]) == ("All of it.", True)


@pytest.mark.parametrize("state", ["running", "succeeded", "failed"])
def test_what_had_acted_is_never_run_again(member: Membership, state: str) -> None:
    run = dead(scripted_run(member))
    tool_call(run, "write", state)
    assert runs_reap().ended == [str(run.pk)]
    run.refresh_from_db()
    assert (run.state, run.error["code"]) == ("failed", "INTERRUPTED")


@pytest.mark.parametrize(("effect", "state"), [("read", "running"), ("read", "succeeded"), ("write", "denied")])
def test_what_had_shown_and_done_nothing_is_queued_again(member: Membership, effect: str, state: str) -> None:
    run = dead(scripted_run(member), Event("thought", {"text": "Searching."}))
    tool_call(run, effect, state)
    reaped = runs_reap()
    assert (reaped.ended, reaped.to_start) == ([], [str(run.pk)])
    run.refresh_from_db()
    assert (run.state, run.lease_expires_at, types_of(run)) == ("queued", None, ["thought"])
    assert claimed(run, token("a")).attempt == 2
    assert list(run.events.values_list("seq", flat=True)) == [1, 2]


def test_a_run_is_tried_three_times(member: Membership) -> None:
    run = scripted_run(member)
    for attempt in (1, 2, 3):
        assert dead(run).attempt == attempt
        runs_reap()
    run.refresh_from_db()
    assert (run.state, run.error["code"]) == ("failed", "INTERRUPTED")
    assert types_of(run) == ["error", "run.finished"]


def test_a_dead_run_that_was_to_stop_ends_as_cancelled(member: Membership) -> None:
    run = dead(scripted_run(member))
    assert run_cancel(run=run, actor_id=member.user.pk)
    assert runs_reap().ended == [str(run.pk)]
    run.refresh_from_db()
    assert (run.state, types_of(run)) == ("cancelled", ["run.finished"])


def test_the_reaped_process_can_write_nothing_more(member: Membership) -> None:
    run = dead(scripted_run(member), token("a"))
    assert (len(runs_reap().ended), len(runs_reap().ended)) == (1, 0)
    before = events_of(run)
    assert append_all([Append(str(run.pk), 1, numbered(str(run.pk), 2, [token("late")]))]) == {str(run.pk)}
    assert events_of(run) == before


def test_a_process_that_comes_back_while_its_run_waits_anew_can_write_nothing(member: Membership) -> None:
    run = dead(scripted_run(member))
    runs_reap()
    assert append_all([Append(str(run.pk), 1, numbered(str(run.pk), 1, [token("late")]))]) == {str(run.pk)}
    assert leases_renew({str(run.pk): 1}) == {str(run.pk)}
    assert events_of(run) == []


def test_leases_are_renewed_for_the_attempts_that_are_owned(member: Membership) -> None:
    owned, lost = dead(scripted_run(member)), dead(scripted_run(member))
    Run.objects.filter(pk=lost.pk).update(attempt=2)
    assert leases_renew({str(owned.pk): 1, str(lost.pk): 1}) == {str(lost.pk)}
    assert runs_reap().to_start == [str(lost.pk)]


def test_the_dead_are_left_while_the_database_has_just_started(
    member: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = dead(scripted_run(member))
    monkeypatch.setattr(reaper, "server_has_settled", lambda: False)
    assert runs_reap().to_start == []
    run.refresh_from_db()
    assert run.state == "running"


def test_the_database_says_how_long_it_has_been_up(monkeypatch: pytest.MonkeyPatch) -> None:
    assert server_has_settled()
    monkeypatch.setattr(leases, "SETTLING", timedelta(days=3650))
    assert not server_has_settled()


def test_queued_runs_that_nobody_started_are_named(member: Membership, session: ChatSession) -> None:
    fresh, forgotten = scripted_run(member), scripted_run(member)
    turn, waits = scripted_run(member, session_id=session.pk), scripted_run(member, session_id=session.pk)
    Run.objects.filter(pk__in=[forgotten.pk, turn.pk, waits.pk]).update(created_at=LONG_AGO)
    assert sorted(runs_reap().to_start) == sorted([str(forgotten.pk), str(turn.pk)])
    assert Run.objects.get(pk=fresh.pk).state == "queued"


def test_the_next_in_line_is_named_when_a_dead_one_ends(member: Membership, session: ChatSession) -> None:
    first, second = scripted_run(member, session_id=session.pk), scripted_run(member, session_id=session.pk)
    dead(first, token("a"))
    reaped = runs_reap()
    assert (reaped.ended, reaped.to_start) == ([str(first.pk)], [str(second.pk)])
    assert Run.objects.get(pk=second.pk).active_session == session.pk


def test_a_line_whose_turn_nobody_has_goes_on(member: Membership, session: ChatSession) -> None:
    runs = [scripted_run(member, session_id=session.pk) for _ in range(3)]
    Run.objects.filter(pk__in=[run.pk for run in runs]).update(active_session=None)
    for days, run in enumerate(runs):
        Run.objects.filter(pk=run.pk).update(created_at=f"2026-01-0{days + 1}T00:00:00Z")
    assert runs_reap().to_start == [str(runs[0].pk)]
    assert Run.objects.get(pk=runs[0].pk).active_session == session.pk


def test_the_beat_hands_them_to_the_workers(
    member: Membership, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    sent: list[str] = []
    monkeypatch.setattr("agents.runs.dispatch._send", sent.append)
    run = dead(scripted_run(member))
    with django_capture_on_commit_callbacks(execute=True):
        reap_runs()
    assert sent == [str(run.pk)]


def test_no_row_is_locked_for_longer_than_a_frozen_process_may(member: Membership) -> None:
    from agents.runs.database import FROZEN_SECONDS, locking

    with locking(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SHOW idle_in_transaction_session_timeout")
            assert cursor.fetchone() == (f"{FROZEN_SECONDS}s",)
        elif connection.mysql_is_mariadb:
            cursor.execute("SELECT @@idle_transaction_timeout")
            assert cursor.fetchone() == (FROZEN_SECONDS,)
