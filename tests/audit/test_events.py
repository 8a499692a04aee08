"""What the ledger records is declared: no other event, no other field, and a page that says so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import override_settings

from audit import events
from audit.models import Record
from audit.services import record

ROOT = Path(__file__).resolve().parents[2]
WRITTEN = re.compile(r'(?:\bevent=|^EVENT = )"([a-z_]+\.[a-z_]+)"', re.MULTILINE)


def test_the_page_of_events_is_current() -> None:
    assert (ROOT / "docs" / "ledger-events.md").read_text() == events.document()


def test_every_event_that_the_code_names_is_declared() -> None:
    named = {
        name
        for package in ("aurora_site", "agents", "audit", "learning", "incidents")
        for path in (ROOT / package).rglob("*.py")
        for name in WRITTEN.findall(path.read_text())
    }
    assert len(named) >= 40
    assert named - {event.name for event in events.events()} == set()


@pytest.mark.django_db
def test_what_is_not_declared_is_not_recorded() -> None:
    with pytest.raises(events.UnknownEvent, match=r"accounts\.signed_up isn't declared"):
        record(event="accounts.signed_up")
    with pytest.raises(events.UnknownEvent, match=r"accounts\.signed_in declares no field colour, mood"):
        record(event="accounts.signed_in", data={"kind": "page", "colour": "red"}, personal={"mood": "fine"})
    assert Record.objects.count() == 0


@pytest.mark.django_db
def test_production_keeps_the_evidence_and_logs_what_is_not_declared(caplog: pytest.LogCaptureFixture) -> None:
    with override_settings(AURORA_ENV="production"):
        record(event="accounts.signed_up")
    assert [row.event for row in Record.objects.all()] == ["accounts.signed_up"]
    assert "accounts.signed_up isn't declared" in caplog.text


def test_a_name_has_one_meaning() -> None:
    with pytest.raises(ValueError, match="declared twice"):
        events.register([events.Event("accounts.signed_in", "Somebody went to bed")])
