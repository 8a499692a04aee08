"""Rings from where deliveries are taken in to where they are processed."""

import threading
import time
import uuid

import pytest

from incidents import doorbell, draining
from incidents.doorbell import Ringer, listen

pytestmark = pytest.mark.django_db(databases=["default", "retrieval"])


def wait_until(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class Listener:
    """Hears rings in a thread until the end of the test."""

    def __init__(self) -> None:
        self.heard, self.looks, self.ending = [], 0, threading.Event()
        self.thread = threading.Thread(target=listen, args=(self.heard.append, self.look, self.ending))
        self.thread.start()
        wait_until(lambda: self.looks)

    def look(self) -> None:
        self.looks += 1

    def close(self) -> None:
        self.ending.set()
        self.thread.join(5)
        assert not self.thread.is_alive()


@pytest.fixture
def listener():
    made = Listener()
    yield made
    made.close()


def test_every_organisation_that_is_rung_for_is_heard(listener):
    ringer, organizations = Ringer(), [uuid.uuid4() for _ in range(3)]
    for organization_id in organizations:
        ringer.ring(organization_id)
    wait_until(lambda: set(organizations) <= set(listener.heard))


def test_rings_while_it_rings_are_one(listener):
    ringer, organization_id = Ringer(), uuid.uuid4()
    for _ in range(100):
        ringer.ring(organization_id)
    wait_until(lambda: ringer._ringing_in == 0)
    ringer.ring(last := uuid.uuid4())
    wait_until(lambda: last in listener.heard)
    assert 1 <= listener.heard.count(organization_id) <= 3


def test_a_database_that_is_away_stops_nobody(monkeypatch, caplog):
    def refuse():
        raise OSError("nobody there")

    monkeypatch.setattr(doorbell, "retrieval_pool", refuse)
    ringer = Ringer()
    ringer.ring(uuid.uuid4())
    wait_until(lambda: ringer._ringing_in == 0)
    assert "deliveries wait for the sweep: OSError: nobody there" in caplog.text


def test_a_ring_while_an_organisation_is_drained_has_it_drained_again(monkeypatch):
    began, go_on, drained = threading.Event(), threading.Event(), []

    def process(organization_id, ending):
        drained.append(organization_id)
        began.set()
        go_on.wait(5)

    monkeypatch.setattr(draining, "deliveries_process", process)
    monkeypatch.setattr(draining, "organizations_waiting", list)
    drainer, organization_id = draining.Drainer(), uuid.uuid4()
    try:
        drainer.take(organization_id)
        assert began.wait(5)
        drainer.take(organization_id)
        drainer.take(organization_id)
        go_on.set()
        wait_until(lambda: len(drained) == 2 and not drainer._busy)
        assert drained == [organization_id] * 2
    finally:
        drainer.stop()
