"""Incidents at 100,000 alerts: ``python -m bench.incidents [--alerts 100000] [--incidents 2000] [--times 200]``.

Requests through the whole of Django (sign-in, organisation, middleware, JSON) in this process, one after the other, to an
organisation of that size beside another one as large, on the embedded PostgreSQL. Targets: the list in 50 ms and a change of
status in 100 ms, each at its 95th percentile, at a constant number of queries.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import time
from collections.abc import Callable
from typing import Any

from bench.throwaway import databases

LIST, CHANGE = 50.0, 100.0


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--alerts", type=int, default=100_000)
    parser.add_argument("--incidents", type=int, default=2000)
    parser.add_argument("--times", type=int, default=200)
    asked = parser.parse_args()
    os.environ["RATE_LIMIT_ENABLED"] = "0"
    with databases():
        _measure(asked.alerts, asked.incidents, asked.times)


def _measure(alerts: int, incidents: int, times: int) -> None:
    from django.db import connection

    from bench.incident_rows import organization_filled
    from tests.factories.accounts import member_factory, organization_factory, signed_in_as

    editor = member_factory(role="editor")
    began = time.perf_counter()
    for seed, organization in enumerate((editor.organization, organization_factory())):
        organization_filled(organization, incidents, alerts, seed)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print(f"  {alerts:,} alerts in {incidents:,} incidents, twice, in {time.perf_counter() - began:.0f} s")
    client = Client(signed_in_as(editor))
    shown = list(_ids(editor.organization))
    for name, path in _lists(client, incidents).items():
        client.timed(name, times, lambda path=path: client.get(path), LIST)
    pick = random.Random(1)
    client.timed("one incident in full", times, lambda: client.get(f"/{pick.choice(shown)}"))
    client.timed("its alerts, 50", times, lambda: client.get(f"/{pick.choice(shown)}/alerts"))
    client.timed("figures of a year", 20, lambda: client.get("/metrics?days=366"))
    client.timed("change of status", times, _changes(client, shown, pick), CHANGE)
    client.timed("note", times, lambda: client.post(f"/{pick.choice(shown)}/notes", {"text": "Looked at it."}))


def _lists(client: Client, incidents: int) -> dict[str, str]:
    cursor = client.get(f"?limit=50&offset={incidents // 2}").json()["next_cursor"]
    return {
        "list, 50": "?limit=50",
        "list, 100": "?limit=100",
        "list, by status and severity": "?limit=50&status=investigating&severity=critical",
        "list, by service": "?limit=50&service=service-001",
        "list, by source and time": "?limit=50&source=sentry&since=2026-01-10T00:00:00Z&until=2026-01-20T00:00:00Z",
        "list, by words in it": "?limit=50&text=certificate",
        "list, by words that are nowhere": "?limit=50&text=unheard",
        "list, far down by offset": f"?limit=50&offset={incidents - 100}",
        "list, far down by cursor": f"?limit=50&cursor={cursor}",
    }


def _changes(client: Client, shown: list[str], pick: random.Random) -> Callable[[], Any]:
    def change() -> Any:
        return client.patch(
            f"/{pick.choice(shown)}", {"status": pick.choice(["investigating", "analyzed", "resolved"])}
        )

    return change


def _ids(organization: Any) -> list[str]:
    from incidents.models import Incident

    return [str(each) for each in Incident.objects.for_organization(organization).values_list("pk", flat=True)]


class Client:
    """Somebody signed in, whose requests are timed."""

    def __init__(self, api: Any) -> None:
        self._api = api

    def get(self, path: str) -> Any:
        return self._api.get(f"/api/incidents{path}")

    def post(self, path: str, body: Any) -> Any:
        return self._api.post(f"/api/incidents{path}", body)

    def patch(self, path: str, body: Any) -> Any:
        return self._api.patch(f"/api/incidents{path}", body)

    def timed(self, name: str, times: int, request: Callable[[], Any], target: float = 0) -> None:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        for _ in range(3):
            request()
        taken = []
        busy = time.process_time()
        for _ in range(times):
            began = time.perf_counter()
            answer = request()
            taken.append((time.perf_counter() - began) * 1000)
            assert answer.status_code in (200, 201), answer.content
        busy = (time.process_time() - busy) * 1000 / times
        with CaptureQueriesContext(connection) as queries:
            request()
        ninety_fifth = statistics.quantiles(taken, n=20)[-1]
        verdict = "" if not target else f"target {target:.0f} ms: {'met' if ninety_fifth < target else 'MISSED'}"
        print(
            f"  {name:34}p50 {statistics.median(taken):6.1f} ms  p95 {ninety_fifth:6.1f} ms  "
            f"{busy:6.1f} ms of it in Python  {len(queries):3} queries  {verdict}",
            flush=True,
        )


if __name__ == "__main__":
    main()
