"""Ranges are checked one after the other here, or by several processes at once."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

from django.db import connection, connections

from audit.verifying import ranges
from audit.verifying.ranges import Checked, Range


def checked(work: Sequence[Range], workers: int) -> Iterator[tuple[Range, Checked]]:
    """Each range with what it came to, in order. With several workers, processes are forked, which only a program without
    other threads may do, outside of transactions."""
    if workers < 2 or len(work) <= workers:
        for given in work:
            yield given, ranges.check(given)
        return
    for each in connections.all(initialized_only=True):
        each.close()
        if hasattr(each, "close_pool"):
            each.close_pool()
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("fork"), initializer=_begin)
    try:
        yield from zip(work, pool.map(ranges.check, work), strict=True)
    finally:
        pool.shutdown(cancel_futures=True)


def _begin() -> None:
    """Leaves and records come in the order of their indexes: nothing need be sorted, and every core has its worker."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET enable_bitmapscan = off")
            cursor.execute("SET max_parallel_workers_per_gather = 0")
