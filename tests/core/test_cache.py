"""The PostgreSQL cache: atomic, shared, expiring by the database's clock."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from psycopg import sql

from aurora_site.core.cache import PostgresCache
from aurora_site.core.retrieval_pool import retrieval_pool

pytestmark = pytest.mark.django_db(databases=["default", "retrieval"])
TABLE = "aurora_cache_of_tests"


@pytest.fixture
def cache() -> Iterator[PostgresCache]:
    yield PostgresCache(TABLE, {})
    drop_table()


def drop_table() -> None:
    with retrieval_pool().connection() as connection:
        connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(TABLE)))


def at_once(count: int, work: Any) -> list[Any]:
    """Results of ``count`` threads that begin together."""
    barrier = Barrier(count)

    def begin(number: int) -> Any:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(begin, range(count)))


def test_values_come_back_as_they_were(cache: PostgresCache) -> None:
    values = {"text": "é\n", "list": [1, {"a": None}], "none": None, "big": 2**80, "true": True, "zero": 0}
    cache.set_many(values)
    assert cache.get_many([*values, "missing"]) == values
    assert cache.get("true") is True
    assert cache.get("missing", "default") == "default"


def test_exactly_one_of_many_adds_succeeds(cache: PostgresCache) -> None:
    results = at_once(6, lambda number: cache.add("key", f"thread {number}"))
    assert sorted(results) == [False] * 5 + [True]
    assert cache.get("key") == f"thread {results.index(True)}"


def test_increments_lose_nothing(cache: PostgresCache) -> None:
    cache.set("counter", 0)
    results = at_once(6, lambda _: [cache.incr("counter") for _ in range(40)])
    assert sorted(number for numbers in results for number in numbers) == list(range(1, 241))


def test_increment_needs_a_whole_number(cache: PostgresCache) -> None:
    with pytest.raises(ValueError, match="no whole number"):
        cache.incr("missing")
    cache.set("text", "1")
    with pytest.raises(ValueError, match="no whole number"):
        cache.incr("text")
    cache.set("number", 5)
    assert cache.decr("number", 7) == -2


def test_expired_values_are_as_if_never_set(cache: PostgresCache) -> None:
    cache.set("old", 1, timeout=0)
    cache.set("older", "x", timeout=-5)
    assert cache.get("old") is None
    assert not cache.has_key("older")
    assert cache.touch("old") is False
    assert cache.delete("old") is False
    with pytest.raises(ValueError, match="no whole number"):
        cache.incr("old")
    assert cache.add("old", 2) is True
    assert cache.get("old") == 2


def test_the_sweep_removes_the_expired_alone(cache: PostgresCache) -> None:
    cache.set("dead", 1, timeout=0)
    cache.set("forever", 2, timeout=None)
    cache.set("alive", 3)
    assert cache.sweep() == 1
    assert cache.get_many(["dead", "forever", "alive"]) == {"forever": 2, "alive": 3}


def test_touch_delete_clear_and_versions(cache: PostgresCache) -> None:
    cache.set("key", 1, timeout=None)
    cache.set("key", 2, version=2)
    assert cache.touch("key", timeout=0)
    assert cache.get("key") is None
    assert cache.get("key", version=2) == 2
    assert cache.delete("key", version=2)
    cache.set("other", 1)
    cache.clear()
    assert cache.get("other") is None


def test_long_and_odd_keys_stay_apart(cache: PostgresCache) -> None:
    keys = ["k" * 5000 + "a", "k" * 5000 + "b", "with\0nul", "ключ"]
    for number, key in enumerate(keys):
        cache.set(key, number)
    assert [cache.get(key) for key in keys] == [0, 1, 2, 3]


def test_many_first_users_make_one_table(cache: PostgresCache) -> None:
    drop_table()
    assert sorted(at_once(6, lambda number: cache.add(f"key {number}", number))) == [True] * 6


async def test_the_asynchronous_methods(cache: PostgresCache) -> None:
    await cache.aset("key", 1)
    assert await cache.aincr("key") == 2
    assert await cache.aget("key") == 2
