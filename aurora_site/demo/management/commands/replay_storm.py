"""``manage.py replay_storm``: the demo's recorded alert storm, sent through the real webhook addresses."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from aurora_site.accounts.models import Organization
from aurora_site.accounts.selectors import DEFAULT_ORGANIZATION_SLUG
from aurora_site.demo.storm import StormFailed, storm_replay


class Command(BaseCommand):
    help = (
        "Replay the demo's alert storm into a running Aurora, through the addresses of its integrations. Its alerts are "
        "treated as any others: they may join incidents that are open, and channels of notifications are told. Replay it "
        "into an organisation of its own, or where nothing real happens."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--speed", type=float, default=60, help="How many times as quickly as it was. Default: 60.")
        parser.add_argument("--organization", default=DEFAULT_ORGANIZATION_SLUG, help="Slug. Default: the demo's.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["speed"] <= 0:
            raise CommandError("--speed must be above 0.")
        organization = Organization.objects.filter(slug=options["organization"]).first()
        if organization is None:
            raise CommandError(f"There is no organisation {options['organization']}.")
        try:
            outcome = storm_replay(
                organization_id=organization.pk, actor_id="", speed=options["speed"], say=self.stdout.write
            )
        except StormFailed as error:
            raise CommandError(str(error)) from error
        for incident in outcome.incidents:
            state = f"{incident.status}, {incident.severity}, {incident.alert_count} alerts"
            self.stdout.write(f"INC-{incident.number}  {incident.title} ({state})")
