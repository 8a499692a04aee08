"""``manage.py seal_audit``: seal what waits, now."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, InterfaceError, connection

from audit import anchors, heads, restoring, sealing
from audit.errors import LedgerDamagedError
from audit.stored_tree import stored_tree

# For another sealer that is at work.
PATIENCE_SECONDS = 30.0
PAUSE_SECONDS = 0.2
LOOK = (
    "Nothing is sealed on top of that; look with `manage.py verify_audit`. If you restored a backup: "
    "`manage.py seal_audit --accept-restored`."
)


class Command(BaseCommand):
    help = (
        "Seal the records that wait, save the signed head, and send it to the anchor. Workers do this all the time. "
        "Exit status 1 when the stored tree contradicts a signed head, 2 when something can't be reached."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--accept-restored", action="store_true",
            help="After you restored a backup: go on from what it holds. The saved heads of before are put aside as "
            "evidence, and the ledger records that it was set back.",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["accept_restored"]:
                self._accept()
            stored_tree()
            count = self._seal()
        except LedgerDamagedError as error:
            raise CommandError(f"{error} {LOOK}") from error
        except OSError as error:
            raise CommandError(f"The head can't be saved: {error}", returncode=2) from error
        except (DatabaseError, InterfaceError) as error:
            raise CommandError(f"The database doesn't answer: {error}", returncode=2) from error
        head = heads.latest()
        tree = f"The tree has {head.size} leaves, root {bytes(head.root).hex()}." if head else "The tree is empty."
        self.stdout.write(f"Sealed {count} records. {tree}")
        waiting = sealing.lag()["waiting"]
        if not connection.in_atomic_block:
            # An anchor may take its time.
            connection.close()
        self._anchor()
        if waiting:
            raise CommandError(f"{waiting:g} records still wait: another sealer is at work.", returncode=2)

    def _accept(self) -> None:
        aside = restoring.restored_accept()
        if aside is None:
            self.stdout.write("The tree has all that was saved: nothing was set back.")
        else:
            self.stdout.write(f"The ledger goes on from here, and records it. The heads of before are in {aside}.")

    def _seal(self) -> int:
        deadline, count = time.monotonic() + PATIENCE_SECONDS, sealing.seal_all()
        while sealing.lag()["waiting"] and time.monotonic() < deadline:
            time.sleep(PAUSE_SECONDS)
            count += sealing.seal_all()
        return count

    def _anchor(self) -> None:
        if not settings.AURORA_LEDGER_ANCHOR:
            return
        try:
            self.stdout.write(f"The anchor has the head of size {anchors.send()}.")
        except anchors.AnchorBusyError:
            self.stdout.write("The anchor is being told by another process.")
        except (anchors.AnchorError, OSError) as error:
            raise CommandError(f"The anchor failed: {error}", returncode=2) from error
