"""How long files of 10,000 rows take to import, and batches of 500 xAPI statements to store."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from bench.throwaway import databases

ROWS = 10_000
LEARNERS = 100
SKILLS = 300
BATCH = 500


def skills_file() -> str:
    rows = (f"s{n},Skill {n},{'|'.join(f's{m}' for m in {n // 2, n // 3} if m < n)}\n" for n in range(ROWS))
    return "key,name,prerequisites\n" + "".join(rows)


def catalog_file() -> str:
    rows = (
        f"r{n},Resource {n},https://example.com/{n},course,beginner,3h 30m,4.5,s{n % SKILLS}:0.3|s{(n + 1) % SKILLS}:0.2\n"
        for n in range(ROWS)
    )
    return "key,title,url,kind,level,duration,rating,skills\n" + "".join(rows)


def progress_file() -> str:
    rows = (f"{n % LEARNERS}@example.com,r{n // LEARNERS},completed,2025-0{1 + n % 9}-10,45\n" for n in range(ROWS))
    return "learner,resource,status,date,minutes\n" + "".join(rows)


def statements() -> list[dict[str, Any]]:
    return [
        {
            "actor": {"mbox": f"mailto:{n % LEARNERS}@example.com"},
            "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
            "object": {"id": f"https://example.com/{ROWS // 2 + n // LEARNERS}"},
            "result": {"score": {"scaled": 0.9}},
        }
        for n in range(BATCH)
    ]


def timed(what: str, work: Callable[[], Any]) -> None:
    started = time.perf_counter()
    work()
    print(f"{what:<55} {time.perf_counter() - started:6.2f} s")


def measure() -> None:
    from django.utils import timezone

    from aurora_site.accounts.models import Organization
    from learning.models import Learner
    from learning.services.imports import file_import
    from learning.services.statements import statements_store
    from learning.xapi.validation import problems_of_batch

    organization = Organization.objects.create(name="Bench", slug="bench")
    today = timezone.now().date()
    Learner.objects.bulk_create(
        Learner(organization=organization, name=f"Learner {n}", email=f"{n}@example.com", start_date=today)
        for n in range(LEARNERS)
    )
    for kind, text in (("skills", skills_file()), ("catalog", catalog_file()), ("progress", progress_file())):
        for again in ("new", "the same again"):
            timed(
                f"{ROWS:,} rows of {kind}, {again}",
                lambda kind=kind, text=text: file_import(
                    organization_id=organization.pk, actor_id="", kind=kind, content=text.encode(), form="csv"
                ),
            )
    batch = statements()
    timed(f"{BATCH} statements checked", lambda: problems_of_batch(batch))
    timed(
        f"{BATCH} statements stored, each with a completion",
        lambda: statements_store(organization_id=organization.pk, actor_id="", statements=batch),
    )


if __name__ == "__main__":
    with databases():
        measure()
