"""The task queue in the retrieval database: installed once, delivers, and takes back what wasn't acknowledged."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import Empty
from typing import Any

import pytest
from kombu import Connection

from aurora_site.core import databases, queue
from aurora_site.core.retrieval_pool import retrieval_pool

pytestmark = pytest.mark.django_db(databases=["default", "retrieval"])


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("CELERY_BROKER_URL", "pgmq://localhost")
    # The transport must not take its address from here.
    monkeypatch.setenv("DATABASE_URL", "postgres://nobody@nowhere.invalid/none")
    queue.use_own_transport()
    queue.install()
    with Connection(databases.broker_url(), transport_options=databases.broker_options()) as made:
        yield made


def test_it_is_installed_once_by_any_number_of_processes() -> None:
    with retrieval_pool().connection() as session:
        session.execute("DROP SCHEMA IF EXISTS pgmq CASCADE")
    assert queue.is_installed() is False
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda _: queue.install(), range(4))) == [None] * 4
    assert queue.is_installed() is True


def test_messages_arrive_once_and_in_order(connection: Any) -> None:
    with connection.SimpleQueue("queue_of_a_test") as simple:
        for number in range(3):
            simple.put({"number": number})
        received = [simple.get(timeout=10) for _ in range(3)]
        assert [message.payload for message in received] == [{"number": 0}, {"number": 1}, {"number": 2}]
        for message in received:
            message.ack()
        with pytest.raises(Empty):
            simple.get(timeout=0.2)


def test_a_message_that_is_rejected_comes_again(connection: Any) -> None:
    with connection.SimpleQueue("other_queue_of_a_test") as simple:
        simple.put({"task": 1})
        simple.get(timeout=10).requeue()
        message = simple.get(timeout=10)
        assert message.payload == {"task": 1}
        message.ack()
