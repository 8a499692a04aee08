"""``manage.py export_audit``: the ledger as files that an auditor checks without Aurora."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from tqdm import tqdm

from audit.errors import BadLedgerQuery
from audit.export_formats import FORMATS
from audit.exporting import Entry, entries
from audit.filters import NAMES, filter_from
from audit.offline import VERIFIER
from audit.services import record

STANDARD_OUTPUT = "-"


class Command(BaseCommand):
    help = (
        "Export the ledger with the signed head it lies under, and beside it the program that checks it with Python alone. "
        "Without --organization all organisations' records are exported."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--organization", metavar="ID", help="Only this organisation's records; hashes of the others."
        )
        parser.add_argument("--event", default="", help="Only this event, or those that begin so: agents. or agents.*")
        parser.add_argument("--since", default="", help="Only from this day or time on (UTC).")
        parser.add_argument("--until", default="", help="Only to this day's end, or this time (UTC).")
        parser.add_argument("--format", choices=list(FORMATS), default="jsonl", help="default: jsonl")
        parser.add_argument(
            "--saved-sizes", default="", help="Sizes of heads that you saved, by commas: the verifier can compare each."
        )
        parser.add_argument(
            "--output", default=STANDARD_OUTPUT, metavar="FOLDER", help="default: -, to standard output"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            organization = str(UUID(options["organization"])) if options["organization"] else None
            sizes = frozenset(int(size) for size in options["saved_sizes"].split(",") if size)
        except ValueError as error:
            raise CommandError("--organization takes an organisation's id, --saved-sizes whole numbers.") from error
        try:
            scope = filter_from(options, organization_id=organization)
            self._export(Counted(entries(scope, saved_sizes=sizes)), options["format"], options["output"])
            filters = sorted(name for name in NAMES if options.get(name))
            record(
                event="audit.exported",
                organization_id=organization,
                data={"format": options["format"], "filters": filters},
            )
        except BadLedgerQuery as error:
            raise CommandError(f"--{error.field}: {error}") from error
        except DatabaseError as error:
            raise CommandError(f"The database can't be used: {error}") from error
        except OSError as error:
            raise CommandError(f"The export can't be written: {error}") from error

    def _export(self, blocks: Counted, name: str, output: str) -> None:
        pieces = FORMATS[name](blocks)
        if output == STANDARD_OUTPUT:
            for piece in pieces:
                sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()
            return
        folder = Path(output)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / f"ledger.{name}"
        _write(path, pieces)
        shutil.copyfile(VERIFIER, folder / VERIFIER.name)
        self.stdout.write(
            f"{path}: {blocks.end['records']} records under the head of {blocks.head['size']} leaves, "
            f"and {blocks.end['unsealed']} that wait for the sealer."
        )
        self.stdout.write(f"Check it anywhere: python3 {VERIFIER.name} {path.name} --head heads.jsonl")


class Counted:
    """The export's blocks as they pass, with a bar for people."""

    def __init__(self, blocks: Iterator[list[Entry]]) -> None:
        self._blocks = blocks
        self.head: Entry = {}
        self.end: Entry = {}

    def __iter__(self) -> Iterator[list[Entry]]:
        with tqdm(desc="Exporting", unit="record", disable=not sys.stderr.isatty()) as bar:
            for block in self._blocks:
                self.head = self.head or block[0]
                self.end = block[-1] if block else self.end
                bar.update(sum("body" in entry for entry in block))
                yield block


def _write(path: Path, pieces: Iterator[bytes]) -> None:
    """Write a file for its owner alone; it has its name once it is whole."""
    partial = path.with_name(f"{path.name}.partial")
    descriptor = os.open(partial, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.writelines(pieces)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
