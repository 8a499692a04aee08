"""``manage.py erase_person``: removes everything that a person said and that tells who they are."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from aurora_site.accounts.models import User
from aurora_site.accounts.models.user import normalized_email
from aurora_site.accounts.services.erasure import person_erase
from aurora_site.core.http.errors import ApiError


class Command(BaseCommand):
    help = "Erase a person: texts, conversations, account. The id stays as a pseudonym, and every proof of the ledger holds."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("person", help="User id, or e-mail address (also of somebody without an account).")
        parser.add_argument(
            "--by", default="", metavar="WHO", help="Who has it done (user id or address), for the ledger."
        )
        parser.add_argument("--json", action="store_true", help="Print the counts as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            erased = person_erase(who=options["person"], actor_id=_account_id(options["by"]))
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


def _account_id(who: str) -> str:
    """The id of who has it done; empty when nobody is named. Raises CommandError for nobody known."""
    if not who:
        return ""
    user_id = User.objects.filter(Q(pk=who) | Q(email=normalized_email(who))).values_list("pk", flat=True).first()
    if user_id is None:
        raise CommandError(f"--by: there is no account {who}.")
    return user_id
