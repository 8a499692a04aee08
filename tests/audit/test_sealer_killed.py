"""A sealer that is killed at any step: the next one goes on, with no gap, no fork, and no head lost."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.db import connection

from audit import heads, sealing
from tests.audit.whole import assert_whole, records
from tests.live import ROOT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]


@pytest.fixture
def kill() -> Iterator[Callable[[str], str]]:
    """Has a process seal that is killed at a step; tells how it ended."""
    command = [sys.executable, "-m", "tests.audit.sealing_child"]
    process = subprocess.Popen(
        [*command, connection.settings_dict["NAME"], str(settings.LEDGER_FOLDER)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip

    def kill(step: str) -> str:
        process.stdin.write(f"{step}\n")
        process.stdin.flush()
        return process.stdout.readline().strip()

    yield kill
    process.stdin.close()
    assert process.wait(30) == 0


def seal_the_rest() -> None:
    """The server may take a moment to see that the killed process holds the lock no longer."""
    deadline = time.monotonic() + 15
    while sealing.seal_all() or sealing.lag()["waiting"]:
        assert time.monotonic() < deadline, "the lock was never freed"


def test_killed_before_every_statement(kill: Callable[[str], str]) -> None:
    sealed, step, is_over = 0, 0, False
    while not is_over:
        step += 1
        sealed += len(records(3))
        deadline = time.monotonic() + 15
        while (ended := kill(f"statement {step}")) == "sealed 0" and sealing.lag()["waiting"]:
            assert time.monotonic() < deadline, "the lock was never freed"
        is_over = ended != "killed"
        # Every third time the next sealer finds two batches' work, and what was left out of the file.
        if step % 3 == 0 or is_over:
            seal_the_rest()
            assert_whole(sealed=sealed)
    assert (ended, step > 10) == ("sealed 0", True)


@pytest.mark.parametrize("step", ["write 0", "write 1", "write 150", "write 10000", "saved"])
def test_killed_while_it_saves_a_head(kill: Callable[[str], str], step: str) -> None:
    for sealed in (2, 4, 6):
        records(2)
        if sealed == 4:
            assert kill(step) == "killed"
            assert heads.latest().size == 4
        else:
            sealing.seal_all()
    assert_whole(sealed=6)
    assert [head["size"] for head in heads.saved()] == [2, 4, 6]
