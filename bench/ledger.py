"""The ledger under load: ``python -m bench.ledger [--seconds 10] [--records 1000000] [--no-peer]``.

appends   16 processes call ``record()`` as fast as they can, each record in a transaction of its own, while the sealer
          runs in a process of its own, as in a worker; on the embedded PostgreSQL as it is installed, which writes every
          commit to the disk. Beside it, in turns, what ledgers of rows do: a chain, each row under a row lock on the one
          before; the same records, fields and codes, and nothing else.
run       what ``record()`` adds to a run, alone.
verified  records made in bulk and sealed by the sealer, then ``verify_audit``.

How many commits a disk takes bounds the appends: TMPDIR=/dev/shm leaves the disk out, to see what Aurora takes.

Records are those of ``bench.ledger_rows``: of ten, three are answers with two personal texts, three tool calls, four
small ones.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.live import temporary_home

WRITERS = 16
ROUNDS = 3
SINGLE = 3000
Write = Callable[[dict[str, Any]], None]


def row(what: str, value: str, target: str = "") -> None:
    print(f"  {what:52}{value:>28}  {target}", flush=True)


@contextmanager
def installation() -> Iterator[None]:
    """An Aurora's databases in a home of their own, migrated, with Django set up."""
    with temporary_home("aurora-ledger-") as home:
        os.environ |= {
            "AURORA_HOME": str(home), "AURORA_ENV": "development", "AURORA_DB_URL": "",
            "DJANGO_SETTINGS_MODULE": "aurora_site.settings.current",
        }  # fmt: skip
        import django

        django.setup()
        from django.core.management import call_command

        from aurora_site.core import embedded

        call_command("migrate", database="default", interactive=False, verbosity=0)
        try:
            yield
        finally:
            forget_connections()
            embedded.detach()


def forget_connections() -> None:
    """Before processes are forked: each has connections of its own."""
    from django.db import connections

    for each in connections.all(initialized_only=True):
        each.close()
        if hasattr(each, "close_pool"):
            each.close_pool()


def by_record(given: dict[str, Any]) -> None:
    from audit.services import record

    record(**given)


def by_chain(given: dict[str, Any]) -> None:
    """What a chain of rows costs: the last row is locked, read and followed."""
    import hashlib

    from django.db import connection, transaction

    from audit.canonical import authentication_code, canonical_bytes
    from audit.identifiers import record_id
    from audit.keys import hmac_key

    body = canonical_bytes({**given, "id": record_id()})
    name, key = hmac_key()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT hash FROM bench_chain_end WHERE id = 1 FOR UPDATE")
        hashed = hashlib.sha256(cursor.fetchone()[0] + body).digest()
        cursor.execute(
            "INSERT INTO bench_chain (body, key_id, code, hash) VALUES (%s, %s, %s, %s)",
            [body, name, authentication_code(key, body), hashed],
        )
        cursor.execute("UPDATE bench_chain_end SET hash = %s WHERE id = 1", [hashed])


def make_chain() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE bench_chain (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body bytea, key_id text,"
            " code text, hash bytea)"
        )
        cursor.execute("CREATE TABLE bench_chain_end (id int PRIMARY KEY, hash bytea)")
        cursor.execute("INSERT INTO bench_chain_end VALUES (1, %s)", [bytes(32)])


def write_for(write: Write, seconds: float, number: int, begin: Any, results: Any) -> None:
    """One writer process: how many it wrote, and the seconds that each took."""
    from bench.ledger_rows import arguments

    rng = random.Random(number)
    prepared = [arguments(rng) for _ in range(500)]
    write(prepared[0])
    taken = []
    begin.wait()
    deadline = time.perf_counter() + seconds
    while (started := time.perf_counter()) < deadline:
        write(prepared[len(taken) % len(prepared)])
        taken.append(time.perf_counter() - started)
    forget_connections()
    results.put(taken)


def appended(write: Write, seconds: float) -> list[float]:
    """The seconds that each write of all writers took."""
    forget_connections()
    fork = multiprocessing.get_context("fork")
    begin, results = fork.Barrier(WRITERS), fork.Queue()
    writers = [
        fork.Process(target=write_for, args=(write, seconds, number, begin, results)) for number in range(WRITERS)
    ]
    for writer in writers:
        writer.start()
    taken = [value for _ in writers for value in results.get()]
    for writer in writers:
        writer.join()
    return taken


def seal_until(ended: Any, lags: Any) -> None:
    """The sealer as a worker has it, and beside it a look twice a second at how long the oldest record waits."""
    from audit import sealing
    from audit.sealer import Sealer

    sealer, seen = Sealer(), []
    while not ended.wait(0.5):
        seen.append(sealing.lag()["oldest_seconds"])
    stopped = time.perf_counter()
    while sealing.lag()["waiting"]:
        time.sleep(0.02)
    lags.put((seen, time.perf_counter() - stopped))
    sealer.stop()
    forget_connections()


def with_sealer(seconds: float) -> tuple[list[float], list[float], float]:
    """The seconds of each append, the lags seen meanwhile, and the seconds until nothing waited any more."""
    forget_connections()
    fork = multiprocessing.get_context("fork")
    ended, lags = fork.Event(), fork.Queue()
    sealer = fork.Process(target=seal_until, args=(ended, lags))
    sealer.start()
    taken = appended(by_record, seconds)
    ended.set()
    seen, settled = lags.get()
    sealer.join()
    return taken, seen, settled


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def disk_ms() -> float:
    """What the disk takes to keep one page (fdatasync), median: each commit waits for that, up to 16 share it."""
    taken = []
    with tempfile.TemporaryFile() as file:
        for _ in range(100):
            os.pwrite(file.fileno(), os.urandom(8192), 0)
            started = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - started)
    return statistics.median(taken) * 1e3


def measure_appends(seconds: float, *, peer: bool) -> None:
    ours: list[float] = []
    chained: list[float] = []
    taken: list[float] = []
    seen: list[float] = []
    settled: list[float] = []
    if peer:
        make_chain()
    for _ in range(ROUNDS):
        times, lags, after = with_sealer(seconds)
        ours.append(len(times) / seconds)
        taken += times
        seen += lags
        settled.append(after)
        if peer:
            chained.append(len(appended(by_chain, seconds)) / seconds)
    mine = statistics.median(ours)
    row(f"appends, {WRITERS} writers, sealer running", f"{mine:.0f}/s", "target >= 5,000/s")
    row("each takes, p50 and p99", f"{percentile(taken, 0.5) * 1e3:.2f}, {percentile(taken, 0.99) * 1e3:.2f} ms")
    row("the oldest record waits, median and longest", f"{statistics.median(seen):.2f}, {max(seen):.2f} s")
    row("all sealed after the writers' end", f"{max(settled):.2f} s")
    if peer:
        row("a chain of rows under a row lock", f"{statistics.median(chained):.0f}/s")
        row("ratio", f"{mine / statistics.median(chained):.1f}")


def measure_single() -> None:
    """What ``record()`` takes one after the other: in a transaction of its own, and in one that a run has anyway."""
    from django.db import transaction

    from bench.ledger_rows import arguments

    rng = random.Random(7)
    prepared = [arguments(rng) for _ in range(SINGLE)]
    row("adds to a run, alone, own transaction", f"{_median_ms(prepared):.3f} ms", "target < 1 ms")
    with transaction.atomic():
        row("adds to a run, alone, in the run's transaction", f"{_median_ms(prepared):.3f} ms", "target < 1 ms")


def _median_ms(prepared: list[dict[str, Any]]) -> float:
    taken = []
    for given in prepared:
        started = time.perf_counter()
        by_record(given)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken) * 1e3


def measure_verification(count: int) -> None:
    from django.db.models import Avg, F
    from django.db.models.functions import Length

    from audit import sealing
    from audit.models import PersonalText, Record, TreeHead
    from audit.verification import verify
    from bench.ledger_bulk import fill

    sealing.seal_all()
    fill(max(0, count - Record.objects.count()))
    mean = Record.objects.aggregate(mean=Avg(Length(F("body"))))["mean"]
    row("records, mean bytes", f"{Record.objects.count()}, {mean:.0f}")
    row("personal texts, signed heads", f"{PersonalText.objects.count()}, {TreeHead.objects.count()}")
    workers = len(os.sched_getaffinity(0))
    taken = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        report = verify(workers=workers)
        taken.append(time.perf_counter() - started)
        assert report.state == "sound", report
    speed = report.checked / statistics.median(taken)
    row(f"verified, {workers} processes, median", f"{statistics.median(taken):.1f} s", "target < 10 s a million")
    row("records a second", f"{speed:.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--no-peer", action="store_true")
    given = parser.parse_args()
    print(f"  load before: {', '.join(f'{value:.1f}' for value in os.getloadavg())}")
    row("the disk keeps a page in", f"{disk_ms():.2f} ms")
    with installation():
        measure_single()
        measure_appends(given.seconds, peer=not given.no_peer)
        measure_verification(given.records)
    print(f"  load after: {', '.join(f'{value:.1f}' for value in os.getloadavg())}")


if __name__ == "__main__":
    main()
