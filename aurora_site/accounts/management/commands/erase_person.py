"""``manage.py erase_person``: removes everything that a person said and that tells who they are."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from aurora_site.accounts.services.erasure import person_erase
from aurora_site.core.http.errors import ApiError


class Command(BaseCommand):
    help = "Erase a person: texts, conversations, account. The id stays as a pseudonym, and every proof of the ledger holds."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("person", help="User id, or e-mail address (also of somebody without an account).")
        parser.add_argument("--json", action="store_true", help="Print the counts as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            erased = person_erase(who=options["person"])
        except ApiError as refusal:
            raise CommandError(str(refusal)) from refusal
        if options["json"]:
            self.stdout.write(json.dumps({"person_id": erased.person_id, "counts": erased.counts}))
            return
        for kind, count in erased.counts.items():
            self.stdout.write(f"{count:>8} {kind.replace('_', ' ')}")
        if erased.account_kept:
            self.stdout.write("The demo's visitor is nobody: what visitors left is gone, the account stays.")
        elif not erased.counts:
            self.stdout.write("Nothing was left of this person.")
        else:
            self.stdout.write(f"Erased. Records name {erased.person_id or 'nobody'} from now on.")
