"""``manage.py rotate_audit_key``: replace the keys of the ledger."""

from __future__ import annotations

import secrets
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.keys import hmac_key, signing_key
from audit.rotation import KeyFromEnvironmentError, hmac_key_rotate, keys_record, signing_key_rotate

PATIENCE_SECONDS = 30.0
PAUSE_SECONDS = 0.1


class Command(BaseCommand):
    help = (
        "Replace the key that authenticates records and the key that signs heads. Keys in AURORA_HOME are replaced at once, "
        "running processes notice, and the ledger records it. For keys from the environment it prints what to set there and "
        "changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--only", choices=("hmac", "signing"), help="Replace this key alone.")

    def handle(self, *args: Any, only: str | None = None, **options: Any) -> None:
        try:
            changed = [
                name for name in ("hmac", "signing") if only in {None, name} and getattr(self, f"_rotate_{name}")()
            ]
        except ValueError as error:
            raise CommandError(f"AURORA_LEDGER_SIGNING_KEY isn't 64 hexadecimal digits: {error}") from error
        if changed:
            self._record()

    def _rotate_hmac(self) -> bool:
        former = hmac_key()[0]
        try:
            hmac_key_rotate()
        except KeyFromEnvironmentError:
            older = ",<those that it holds now>" if settings.AURORA_HMAC_KEYS else ""
            self.stdout.write(
                "AURORA_HMAC_KEY comes from the environment. On every machine set\n"
                f"  AURORA_HMAC_KEY={secrets.token_hex(32)}\n"
                f"  AURORA_HMAC_KEYS=<the present AURORA_HMAC_KEY>{older}\n"
                "and start again. Older records then still count."
            )
            return False
        self.stdout.write(f"Records: key {hmac_key()[0]} replaces {former}, which is kept to check older records.")
        return True

    def _rotate_signing(self) -> bool:
        former = signing_key()
        try:
            signing_key_rotate()
        except KeyFromEnvironmentError:
            older = ",".join([former.public.hex(), *settings.AURORA_LEDGER_PUBLIC_KEYS])
            self.stdout.write(
                "AURORA_LEDGER_SIGNING_KEY comes from the environment. On every machine set\n"
                f"  AURORA_LEDGER_SIGNING_KEY={secrets.token_hex(32)}\n"
                f"  AURORA_LEDGER_PUBLIC_KEYS={older}\n"
                "and start again. Older heads then still count."
            )
            return False
        now = signing_key()
        self.stdout.write(
            f"Heads: key {now.id}, public {now.public.hex()}, replaces {former.id}, "
            "whose public key is kept to check older heads."
        )
        return True

    def _record(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not keys_record():
            if time.monotonic() > deadline:
                raise CommandError("The keys are replaced; the sealer records it with its next batch.", returncode=2)
            time.sleep(PAUSE_SECONDS)
        self.stdout.write("The ledger records it.")
