"""``manage.py doctor``: check everything, and say how to mend what is broken."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from aurora_site.ops import diagnosis

MARKS = {"ok": "ok     ", "warning": "warning", "broken": "BROKEN "}


class Command(BaseCommand):
    help = "Check every part of the installation and say how to mend it. Exit status 1 when something is broken."
    # It reports their findings itself.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json", help="Print the report as JSON.")

    def handle(self, *args: Any, as_json: bool = False, **options: Any) -> None:
        findings = diagnosis.diagnose()
        if as_json:
            self.stdout.write(json.dumps(diagnosis.as_json(findings), indent=1))
        else:
            self._print(findings)
        if diagnosis.is_broken(findings):
            sys.exit(1)

    def _print(self, findings: list[diagnosis.Finding]) -> None:
        for finding in findings:
            self.stdout.write(f"{MARKS[finding.state]}  {finding.part}: {finding.message}")
            if finding.mend:
                self.stdout.write(f"         -> {finding.mend}")
