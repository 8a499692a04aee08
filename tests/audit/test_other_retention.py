"""What old runs showed, and documents of long ago, go when their organisation says so."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agents.knowledge.pruning import documents_prune
from agents.models import Document, Run, RunEvent
from agents.runs.pruning import events_prune
from audit.models import Record
from aurora_site.accounts.models import Membership
from tests.factories.accounts import member_factory
from tests.factories.conversations import events_factory, run_factory, session_factory

pytestmark = pytest.mark.django_db


def told(event: str) -> list[dict[str, Any]]:
    return [json.loads(bytes(row.body))["data"] for row in Record.objects.filter(event=event)]


def run(member: Membership, *, days: int, state: str = Run.State.SUCCEEDED) -> Run:
    made = run_factory(session_factory(member), state)
    events_factory(made, ("run.started", {}), ("token", {"text": "Yes"}), ("run.finished", {"state": state}))
    if state in Run.FINAL_STATES:
        Run.objects.filter(pk=made.pk).update(finished_at=timezone.now() - timedelta(days=days))
    return made


def test_the_events_of_old_runs_go_but_their_ends_stay() -> None:
    member, other = member_factory(), member_factory()
    old, new, others = run(member, days=40), run(member, days=3), run(other, days=40)
    open_one = run(member, days=0, state=Run.State.WAITING_APPROVAL)
    own, before = str(member.organization_id), timezone.now() - timedelta(days=30)
    assert events_prune(organization_id=own, before=before, dry_run=True) == 2
    assert events_prune(organization_id=own, before=before) == 2
    assert list(RunEvent.objects.filter(run=old).values_list("seq", "type")) == [(3, "run.finished")]
    assert RunEvent.objects.filter(run__in=[new, others, open_one]).count() == 9
    assert events_prune(organization_id=own, before=before) == 0
    assert told("agents.events_pruned") == [{"before": before.isoformat(), "runs": 1, "events": 2}]


def test_old_uploads_are_deleted_and_each_is_on_the_ledger() -> None:
    member = member_factory()
    ages = {"old.md": 40, "new.md": 3, "folder.md": 40}
    for path, days in ages.items():
        origin = Document.Origin.FOLDER if path == "folder.md" else Document.Origin.UPLOAD
        made = Document.objects.create(
            organization=member.organization, path=path, title=path, origin=origin, size=1, content_hash="0" * 64
        )
        Document.objects.filter(pk=made.pk).update(updated_at=timezone.now() - timedelta(days=days))
    own, before = str(member.organization_id), timezone.now() - timedelta(days=30)
    assert documents_prune(organization_id=own, before=before, dry_run=True) == 1
    assert documents_prune(organization_id=own, before=before) == 1
    assert list(Document.objects.filter(state=Document.State.DELETING).values_list("path", flat=True)) == ["old.md"]
    assert told("knowledge.document_deleted") == [{"path": "old.md", "why": "retention"}]
    assert documents_prune(organization_id=own, before=before) == 0
