"""``manage.py prune_audit``: remove the ledger records that retention lets go, or tell how many those are."""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from aurora_site.accounts.models import RetentionPolicy
from aurora_site.core import retention

LEDGER = "ledger"


class Command(BaseCommand):
    help = (
        "Remove old ledger records behind a sealed summary, as each organisation's policy says; so does a daily task."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organization", type=_id, help="Only this organisation's, by its id.")
        parser.add_argument(
            "--days", type=int, help="Older than so many days, whatever the policy; needs --organization."
        )
        parser.add_argument("--dry-run", action="store_true", help="Tell how many would go, and change nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        kind = retention.kinds()[LEDGER]
        told = "would be removed" if options["dry_run"] else "removed"
        for organization_id, days in _policies(kind, options["organization"], options["days"]):
            before = timezone.now() - timedelta(days=days)
            count = kind.prune(organization_id=organization_id, before=before, dry_run=options["dry_run"])
            self.stdout.write(f"{organization_id}: {count} records from before {before:%Y-%m-%d %H:%M} UTC {told}")


def _policies(kind: retention.Kind, organization_id: str | None, days: int | None) -> list[tuple[str, int]]:
    """Whose records go, and after how many days. Raises CommandError."""
    if days is not None:
        if organization_id is None:
            raise CommandError("Name the organisation for which --days is meant: --organization ID")
        if days < kind.minimum_days:
            raise CommandError(f"Records stay for {kind.minimum_days} days at least.")
        return [(organization_id, days)]
    rows = RetentionPolicy.objects.filter(kind=kind.name).order_by("organization_id")
    if organization_id is not None:
        rows = rows.for_organization(organization_id)
    return [(str(row.organization_id), max(row.days, kind.minimum_days)) for row in rows]


def _id(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise ArgumentTypeError("it must be an id like 123e4567-e89b-12d3-a456-426614174000") from None
