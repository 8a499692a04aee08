"""``manage.py create_admin``: the installation's operator, made once."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from aurora_site.accounts.services.installation import admin_ensure


class Command(BaseCommand):
    help = "Make the administrator of this installation, or make sure that the account is one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", default="", help="Default: AURORA_ADMIN_EMAIL.")

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"] or settings.AURORA_ADMIN_EMAIL
        ensured = admin_ensure(email=email, password=settings.AURORA_ADMIN_PASSWORD)
        if not ensured.created:
            self.stdout.write(f"{ensured.user.email} is an administrator; the password is unchanged.")
        elif ensured.password:
            self.stdout.write(f"Administrator {ensured.user.email} made. Password, shown only now: {ensured.password}")
        else:
            self.stdout.write(f"Administrator {ensured.user.email} made with the password of AURORA_ADMIN_PASSWORD.")
