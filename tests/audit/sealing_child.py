"""A process that seals a test's database and is killed at a step: ``python -m tests.audit.sealing_child DATABASE FOLDER``.

It reads steps from its input, forks for each a process that seals, and prints how that ended: ``killed`` or ``sealed``.
Steps: ``statement N`` (before the Nth statement), ``write N`` (after N bytes of a line of heads.jsonl), ``saved`` (before the
disk has it).
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import django


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def seal(step: str, number: int) -> None:
    """Seal, and be killed at the step; return when there is no such step."""
    from django.db import connection

    from audit import sealing

    left, write = number, os.write

    def before_statement(execute: Any, *arguments: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0:
            die()
        return execute(*arguments)

    def cut_write(descriptor: int, data: bytes) -> int:
        if data.startswith(b'{"size"'):
            write(descriptor, data[:number])
            die()
        return write(descriptor, data)

    if step == "write":
        os.write = cut_write
    elif step == "saved":
        os.fsync = lambda _: die()
    with connection.execute_wrapper(before_statement if step == "statement" else lambda e, *a: e(*a)):
        sealing.seal_all()


def main(database: str, folder: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "aurora_site.settings.test"
    django.setup()
    from django.conf import settings
    from django.db import connection

    settings.LEDGER_FOLDER = folder
    connection.settings_dict["NAME"] = database
    for line in sys.stdin:
        step, _, number = line.strip().partition(" ")
        child = os.fork()
        if child == 0:
            seal(step, int(number or 0))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print("killed" if os.WIFSIGNALED(status) else f"sealed {os.waitstatus_to_exitcode(status)}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
