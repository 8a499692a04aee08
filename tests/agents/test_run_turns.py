"""Several runs in one session, and one request sent several times."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from typing import Any

import pytest
from django.db import IntegrityError, connections, transaction

from agents.models import ChatSession, Run
from agents.runs import dispatch
from agents.runs.database import in_database
from agents.runs.errors import IdempotencyKeyReused, SessionBusy
from agents.runs.hooks import _on_finish, on_finish
from agents.runs.reader import wait_until_finished
from agents.runs.services import OnConflict, run_cancel, run_create
from agents.runs.turns import with_position
from aurora_site.accounts.models import Membership
from tests.agents import scripted
from tests.agents.conftest import wait_for
from tests.agents.scripted import arrived, gates, scripted_run, types_of
from tests.factories.accounts import member_factory

pytestmark = [
    pytest.mark.usefixtures("scripts"),
    pytest.mark.django_db(transaction=True, databases=["default", "retrieval"]),
]


@pytest.fixture
def session(member: Membership) -> ChatSession:
    return ChatSession.objects.create(organization=member.organization, user=member.user, title="?")


def states(*runs: Run) -> list[str]:
    found = dict(Run.objects.filter(pk__in=[run.pk for run in runs]).values_list("pk", "state"))
    return [found[run.pk] for run in runs]


def places(*runs: Run) -> list[int | None]:
    found = dict(
        with_position(Run.objects.filter(pk__in=[run.pk for run in runs])).values_list("pk", "position_in_line")
    )
    return [found[run.pk] for run in runs]


def at_once(work: Any, times: int) -> list[Any]:
    """What a function returns or raises, called by so many threads at once."""
    results: list[Any] = []
    barrier = threading.Barrier(times)

    def call() -> None:
        barrier.wait()
        try:
            results.append(work())
        except Exception as failure:
            results.append(failure)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=call) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


async def at(gate: str) -> None:
    async with asyncio.timeout(10):
        while not arrived[gate].is_set():
            await asyncio.sleep(0.005)


async def test_runs_of_a_session_follow_each_other_in_order(member: Membership, session: ChatSession) -> None:
    steps = [[["gate", name], ["text", name]] for name in "abc"]
    runs = [await in_database(scripted_run, member, *each, session_id=session.pk) for each in steps]
    assert await in_database(places, *runs) == [0, 0, 1]
    for run in reversed(runs):
        await dispatch.start(str(run.pk))
    await at("a")
    assert await in_database(places, *runs) == [None, 0, 1]
    assert await in_database(states, *runs) == ["running", "queued", "queued"]
    gates["a"].set()
    await at("b")
    assert await in_database(places, *runs) == [None, None, 0]
    gates["b"].set()
    await at("c")
    assert await in_database(states, *runs) == ["succeeded", "succeeded", "running"]
    gates["c"].set()
    await wait_until_finished(str(runs[2].pk))
    assert [context.run_id for context in scripted.contexts] == [str(run.pk) for run in runs]
    assert [context.session_id for context in scripted.contexts] == [str(session.pk)] * 3


async def test_sessions_do_not_wait_for_each_other(member: Membership, session: ChatSession) -> None:
    second = await in_database(
        lambda: ChatSession.objects.create(organization=member.organization, user=member.user, title="?")
    )
    runs = [
        await in_database(scripted_run, member, ["gate", name], session_id=chat)
        for name, chat in (("a", session.pk), ("b", second.pk), ("c", None), ("d", None))
    ]
    for run in runs:
        await dispatch.start(str(run.pk))
    for name in "abcd":
        await at(name)
    assert await in_database(states, *runs) == ["running"] * 4


def test_a_busy_session_rejects_without_a_trace(member: Membership, session: ChatSession) -> None:
    first = scripted_run(member, session_id=session.pk)
    with pytest.raises(SessionBusy):
        scripted_run(member, session_id=session.pk, on_conflict="reject")
    assert [run.pk for run in Run.objects.all()] == [first.pk]
    run_cancel(run=first, actor_id=member.user.pk)
    second = scripted_run(member, session_id=session.pk, on_conflict="reject")
    assert second.active_session == session.pk


async def test_interrupting_stops_what_runs_and_what_waits(member: Membership, session: ChatSession) -> None:
    running = await in_database(scripted_run, member, ["text", "Half"], ["gate", "never"], session_id=session.pk)
    await dispatch.start(str(running.pk))
    await at("never")
    waiting = [await in_database(scripted_run, member, session_id=session.pk) for _ in range(2)]
    last = await in_database(scripted_run, member, ["text", "new"], session_id=session.pk, on_conflict="interrupt")
    await dispatch.start(str(last.pk))
    await wait_until_finished(str(last.pk))
    assert await in_database(states, running, *waiting, last) == ["cancelled", "cancelled", "cancelled", "succeeded"]
    assert await in_database(types_of, running) == ["run.started", "token", "message", "run.finished"]
    assert [await in_database(types_of, run) for run in waiting] == [["run.finished"]] * 2


def test_interrupting_a_run_that_was_not_begun_takes_its_turn(member: Membership, session: ChatSession) -> None:
    queued = scripted_run(member, session_id=session.pk)
    last = scripted_run(member, session_id=session.pk, on_conflict="interrupt")
    assert states(queued, last) == ["cancelled", "queued"]
    assert Run.objects.get(pk=last.pk).active_session == last.active_session == session.pk


def test_the_database_itself_allows_one_active_run(member: Membership, session: ChatSession) -> None:
    scripted_run(member, session_id=session.pk)
    waiting = scripted_run(member, session_id=session.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        Run.objects.filter(pk=waiting.pk).update(active_session=session.pk)


@pytest.mark.parametrize("on_conflict", ["enqueue", "reject", "interrupt"])
def test_many_at_once_leave_one_with_the_turn(
    member: Membership, session: ChatSession, on_conflict: OnConflict
) -> None:
    results = at_once(lambda: scripted_run(member, session_id=session.pk, on_conflict=on_conflict), 12)
    made = [result for result in results if isinstance(result, Run)]
    assert Counter(type(result) for result in results if not isinstance(result, Run)) == (
        {SessionBusy: 11} if on_conflict == "reject" else {}
    )
    assert Run.objects.filter(active_session=session.pk, state="queued").count() == 1
    expected = {"enqueue": {"queued": 12}, "reject": {"queued": 1}, "interrupt": {"queued": 1, "cancelled": 11}}
    assert Counter(states(*made)) == expected[on_conflict]


async def test_a_line_empties_whatever_is_asked_and_stopped_meanwhile(member: Membership, session: ChatSession) -> None:
    """Twenty questions from as many threads, every third one stopped: all end, one at a time, none forgotten."""

    def ask() -> Run:
        return scripted_run(member, ["text", "a"], session_id=session.pk)

    async def one(number: int) -> Run:
        run = await in_database(ask)
        await dispatch.start(str(run.pk))
        if number % 3 == 0:
            await in_database(run_cancel, run=run, actor_id=member.user.pk)
            await dispatch.cancel(str(run.pk))
        return run

    runs = await asyncio.gather(*(one(number) for number in range(20)))
    await wait_for(lambda: not Run.objects.filter(state__in=["queued", "running"]).exists(), seconds=30)
    assert len(set(scripted.contexts and [context.run_id for context in scripted.contexts])) == len(scripted.contexts)
    finished = Counter(await in_database(states, *runs))
    assert finished["succeeded"] >= 13
    assert finished["succeeded"] + finished["cancelled"] == 20


def test_the_same_key_fifty_times_makes_one_run(member: Membership) -> None:
    made: list[bool] = []

    def ask() -> Any:
        run, is_new = run_create(
            organization_id=member.organization_id,
            actor_id=member.user.pk,
            kind="answer",
            agent="",
            input={"question": "?"},
            idempotency_key="k",
            also=lambda _: made.append(True),
        )
        return run.pk, is_new

    results = at_once(ask, 50)
    assert Run.objects.count() == 1
    assert len({pk for pk, _ in results}) == 1
    assert sorted(is_new for _, is_new in results) == [False] * 49 + [True]
    assert Run.objects.get().pk == results[0][0]


@pytest.mark.parametrize("change", [{"input": {"question": "!"}}, {"kind": "refusal"}])
def test_a_key_of_another_request_is_refused(member: Membership, change: dict[str, Any]) -> None:
    request: dict[str, Any] = {
        "organization_id": member.organization_id,
        "actor_id": member.user.pk,
        "kind": "answer",
        "agent": "",
        "input": {"question": "?"},
        "idempotency_key": "k",
    }
    first, _ = run_create(**request)
    with pytest.raises(IdempotencyKeyReused):
        run_create(**{**request, **change})
    assert [run.pk for run in Run.objects.all()] == [first.pk]
    assert run_create(**request) == (first, False)


def test_keys_belong_to_a_person(member: Membership) -> None:
    other = member_factory(organization=member.organization)
    runs = [scripted_run(each, idempotency_key="k") for each in (member, other)]
    assert runs[0].pk != runs[1].pk


def test_what_fails_beside_a_run_leaves_no_run(member: Membership, session: ChatSession) -> None:
    def fail(_: Run) -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        scripted_run(member, session_id=session.pk, also=fail)
    assert Run.objects.count() == 0
    assert scripted_run(member, session_id=session.pk).active_session == session.pk


def test_every_ending_is_told_in_its_transaction(member: Membership) -> None:
    told: list[tuple[str, str, bool]] = []
    hook = on_finish(
        lambda run, outcome: told.append((run.state, outcome.agent, transaction.get_connection().in_atomic_block))
    )
    try:
        run = scripted_run(member)
        run_cancel(run=run, actor_id=member.user.pk)
    finally:
        _on_finish.remove(hook)
    assert told == [("cancelled", "", True)]


def test_an_ending_that_is_refused_does_not_happen(member: Membership) -> None:
    def refuse(*_: Any) -> None:
        raise ValueError("no")

    on_finish(refuse)
    try:
        run = scripted_run(member)
        with pytest.raises(ValueError, match="no"):
            run_cancel(run=run, actor_id=member.user.pk)
    finally:
        _on_finish.remove(refuse)
    assert states(run) == ["queued"]
    assert types_of(run) == []
