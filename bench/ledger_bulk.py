"""Many records in little time: made by ``record()`` in several processes, but copied into the tables."""

from __future__ import annotations

import multiprocessing
import os
import random
from typing import Any

BATCH = 5000
QUEUE = 100_000


def fill(count: int) -> None:
    """Write so many records of ``bench.ledger_rows`` and seal them. Connections must be closed before."""
    from audit import sealing

    cores = len(os.sched_getaffinity(0))
    for done in range(0, count, QUEUE):
        _make(min(QUEUE, count - done), cores, seed=done)
        sealing.seal_all()
    _analyze()


def _make(count: int, cores: int, seed: int) -> None:
    from bench.ledger import forget_connections

    forget_connections()
    fork = multiprocessing.get_context("fork")
    makers = [fork.Process(target=_maker, args=(count // cores, seed + number)) for number in range(cores)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()


def _maker(count: int, seed: int) -> None:
    from audit import services
    from bench.ledger_rows import arguments

    made: list[Any] = []
    services.append = lambda row, texts: made.append((row, texts))
    rng = random.Random(seed)
    for number in range(1, count + 1):
        services.record(**arguments(rng))
        if number % BATCH == 0 or number == count:
            _copy(made)
            made.clear()


def _copy(made: list[Any]) -> None:
    from django.db import connection, transaction

    from audit import appending
    from audit.models import PersonalText, Record, Unsealed

    rows = {
        Record: [row for row, _ in made],
        PersonalText: [text for _, texts in made for text in texts],
        Unsealed: [Unsealed(record_id=row.pk) for row, _ in made],
    }
    with transaction.atomic(), connection.cursor() as cursor:
        for model, objects in rows.items():
            columns = appending._columns(model)
            with cursor.copy(f"COPY {model._meta.db_table} ({', '.join(columns)}) FROM STDIN") as copy:
                for each in objects:
                    copy.write_row([getattr(each, name) for name in columns])


def _analyze() -> None:
    """As autovacuum does within a minute."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) audit_record, audit_personaltext, audit_leaf, audit_treenode, audit_unsealed")
