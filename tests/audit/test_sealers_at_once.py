"""Several sealers and many writers at once, as processes and machines have them: one tree, nobody left waiting."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection, connections, transaction

from audit import heads, saved_heads, sealer, sealing
from audit.models import Leaf, Record, TreeHead
from audit.services import record
from tests.audit.whole import assert_whole, records

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS, EACH = 16, 15


def wait_until(condition: Callable[[], Any], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.02)


def in_threads(count: int, work: Callable[[int], Any]) -> list[Any]:
    def closing(number: int) -> Any:
        try:
            return work(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(closing, range(count)))


@pytest.fixture
def two_sealers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sealer, "BUSY_SECONDS", 0.02)
    monkeypatch.setattr(sealer, "IDLE_SECONDS", 0.05)
    both = [sealer.Sealer(), sealer.Sealer()]
    yield
    for one in both:
        one.stop()


def test_sixteen_writers_and_two_sealers(two_sealers: None) -> None:
    def write(writer: int) -> None:
        for number in range(EACH):
            with transaction.atomic():
                record(event="test.happened", data={"writer": writer, "number": number})
                if number % 5 == 4:
                    transaction.set_rollback(True)

    in_threads(WRITERS, write)
    kept = WRITERS * EACH * 4 // 5
    # One more says which keys are in use.
    wait_until(lambda: sealing.lag()["waiting"] == 0 and Record.objects.count() == kept + 1, seconds=5)
    wait_until(lambda: heads.last_saved()["size"] == kept + 1)
    assert_whole(sealed=kept + 1)


def test_a_sealer_leaves_the_work_to_the_one_that_has_the_lock() -> None:
    records(3)
    with sealing.alone() as is_alone:
        assert is_alone
        assert in_threads(1, lambda _: sealing.seal()) == [0]
    assert in_threads(1, lambda _: sealing.seal()) == [3]
    assert_whole(sealed=3)


def test_without_the_lock_the_keys_let_one_through(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def unlocked() -> Iterator[bool]:
        with transaction.atomic():
            yield True

    monkeypatch.setattr(sealing, "alone", unlocked)
    together = threading.Barrier(4)
    records(60)

    def seal(_: int) -> int:
        together.wait(10)
        done = 0
        while sealing.lag()["waiting"]:
            try:
                done += sealing.seal(limit=7)
            except OperationalError:
                # MariaDB ends one of two transactions that wait for each other.
                connection.close()
        return done

    done = in_threads(4, seal)
    assert sum(done) == 60
    assert TreeHead.objects.count() >= 9
    saved_heads.save_missing()
    assert_whole(sealed=60)


def test_a_sealer_outlives_an_outage(two_sealers: None, outage: Callable[[bool], None]) -> None:
    records(2)
    wait_until(lambda: Leaf.objects.count() == 3)
    outage(True)
    with pytest.raises(OperationalError):
        Leaf.objects.count()
    outage(False)
    records(2)
    wait_until(lambda: Leaf.objects.count() == 5)
    assert_whole(sealed=5)


@pytest.fixture
def ending() -> Iterator[None]:
    yield
    sealer.stop()


def test_the_last_records_are_sealed_when_the_process_ends(monkeypatch: pytest.MonkeyPatch, ending: None) -> None:
    monkeypatch.setattr(sealer, "IDLE_SECONDS", 600)
    monkeypatch.setattr(sealer, "BUSY_SECONDS", 600)
    sealer.start()
    sealer.start()
    wait_until(lambda: Record.objects.count() == 1)
    records(2)
    sealer.stop()
    assert_whole(sealed=3)
