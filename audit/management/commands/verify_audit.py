"""``manage.py verify_audit``: is the ledger what was written and signed?"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, InterfaceError

from audit.errors import BadLedgerQuery
from audit.verification import Report, verify
from audit.verifying import outside
from audit.verifying.ranges import BLOCK

TAMPERED, UNCHECKED = 1, 2


class Command(BaseCommand):
    help = (
        "Check every record, the tree above them, its signed heads, and the heads that were saved outside of the database. "
        "Exit status 0 when all is sound (what can't be proven is a warning), 1 when something was changed: the first such "
        "record is named; 2 when it could not be checked."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--head", type=Path, metavar="FILE",
            help="Signed heads kept elsewhere, one JSON object a line, besides those that this installation keeps.",
        )  # fmt: skip
        parser.add_argument(
            "--from", type=int, default=0, dest="from_seq", metavar="SEQ",
            help=f"Begin at the block of {BLOCK} leaves that holds this leaf; earlier ones are taken as the tree has them.",
        )  # fmt: skip
        parser.add_argument("--organization", metavar="ID", help="Check the whole tree, but this one's records alone.")
        parser.add_argument("--json", action="store_true", dest="as_json", help="Print the report as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = verify(
                saved_heads=_saved(options["head"]),
                organization_id=options["organization"],
                from_seq=options["from_seq"],
                workers=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
            )
        except BadLedgerQuery as error:
            raise CommandError(f"--{error.field}: {error}", returncode=UNCHECKED) from error
        except OSError as error:
            raise CommandError(f"Saved heads can't be read: {error}", returncode=UNCHECKED) from error
        except (DatabaseError, InterfaceError) as error:
            raise CommandError(f"The ledger can't be read: {error}", returncode=UNCHECKED) from error
        if options["as_json"]:
            self.stdout.write(json.dumps(asdict(report), indent=1))
        else:
            self._print(report)
        if report.state != "sound":
            sys.exit(TAMPERED if report.state == "tampered" else UNCHECKED)

    def _print(self, report: Report) -> None:
        if report.first_bad:
            bad = report.first_bad
            place = "outside of the tree" if bad["seq"] is None else f"leaf {bad['seq']}"
            self.stdout.write(f"TAMPERED  {place}, record {bad['record_id'] or 'unknown'}: {bad['what']}")
        else:
            size = report.head["size"] if report.head else 0
            self.stdout.write(f"Sound: {report.checked} records checked; the signed tree has {size} leaves.")
        for warning in report.warnings:
            self.stdout.write(f"Warning: {warning}")


def _saved(path: Path | None) -> Iterator[outside.Head]:
    """The heads that the installation keeps, and those of a file. Raises OSError, also for a file without a head."""
    yield from outside.kept()
    if path:
        yield from outside.in_file(path)
