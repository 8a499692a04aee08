"""Old records go behind a sealed summary; the tree, its heads and every proof stay."""

from __future__ import annotations

import json
from datetime import timedelta
from hashlib import sha256
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from audit import heads, merkle, retention, sealing, verification
from audit.models import Leaf, PersonalText, Pruned, Record
from audit.services import record
from audit.tree_store import node
from aurora_site.accounts.models import Membership, RetentionPolicy, Role
from aurora_site.accounts.services.retention import retention_apply
from tests.factories.accounts import member_factory

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Membership:
    return member_factory(role=Role.ADMIN)


@pytest.fixture
def own(admin: Membership) -> str:
    return str(admin.organization_id)


def write(own: str, numbers: range) -> list[Record]:
    """Every third record is another organisation's."""
    return [
        record(
            event=f"test.happened{number % 2}",
            organization_id="" if number % 3 == 2 else own,
            data={"number": number},
            personal={"question": f"What is {number}?"},
        )
        for number in numbers
    ]


def left() -> set[int]:
    """The numbers of the records that are there, whosever they are."""
    bodies = [json.loads(bytes(row.body)) for row in Record.objects.filter(event__startswith="test.")]
    return {body["data"]["number"] for body in bodies}


def summaries(own: str) -> list[dict[str, Any]]:
    rows = Record.objects.filter(event="audit.pruned", organization_id=own).order_by("at", "id")
    return [json.loads(bytes(row.body))["data"] for row in rows]


def sound() -> bool:
    """Whether verification finds nothing amiss, against all saved heads."""
    sealing.seal_all()
    report = verification.verify(saved_heads=list(heads.saved()))
    assert (report.state, report.first_bad) == ("sound", None)
    return True


def prune(own: str, **options: Any) -> int:
    return retention.ledger_prune(organization_id=own, before=options.pop("before", timezone.now()), **options)


def test_what_is_old_goes_behind_a_sealed_summary_and_the_tree_stays(own: str) -> None:
    old = write(own, range(9))
    sealing.seal_all()
    saved = heads.latest()
    before = timezone.now()
    write(own, range(9, 12))
    sealing.seal_all()
    places = dict(Leaf.objects.values_list("record_id", "seq"))
    hashes = dict(Leaf.objects.values_list("seq", "hash"))
    assert prune(own, before=before, dry_run=True) == 6
    assert prune(own, before=before) == 6
    assert left() == {2, 5, 8, 9, 10, 11}
    assert PersonalText.objects.filter(record__event__startswith="test.").count() == 6
    gone = [places[old[number].pk] for number in (0, 1, 3, 4, 6, 7)]
    digest = sha256(b"".join(seq.to_bytes(8, "big") + bytes(hashes[seq]) for seq in gone)).hexdigest()
    (told,) = summaries(own)
    assert told == {
        "before": before.isoformat(),
        "first_seq": gone[0],
        "last_seq": gone[-1],
        "count": 6,
        "events": {"test.happened0": 3, "test.happened1": 3},
        "digest": digest,
    }
    summary = Record.objects.get(event="audit.pruned")
    assert list(Pruned.objects.values_list("seq", "summary_id")) == [(seq, summary.pk) for seq in gone]
    assert Leaf.objects.get(record_id=summary.pk).seq > gone[-1]
    assert saved is not None
    assert merkle.root(node, saved.size) == bytes(saved.root)
    assert sound()
    assert (prune(own, before=before), prune(own, before=before, dry_run=True), len(summaries(own))) == (0, 0, 1)


def test_pages_of_records_each_have_a_summary_and_what_is_not_sealed_waits(
    own: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 4)
    write(own, range(6))
    assert prune(own) == 0
    sealing.seal_all()
    write(own, range(6, 15))
    # Sealing the first summary seals the others, too.
    assert prune(own) == 10
    assert [told["count"] for told in summaries(own)] == [4, 4, 2]
    assert left() == {2, 5, 8, 11, 14}


@pytest.mark.parametrize(("broken", "name"), [(retention, "_sealed"), (retention, "_remove"), (retention, "QuerySet")])
def test_what_was_interrupted_goes_on(own: str, monkeypatch: pytest.MonkeyPatch, broken: Any, name: str) -> None:
    write(own, range(6))
    sealing.seal_all()
    before = timezone.now()
    with monkeypatch.context() as patched, pytest.raises((TypeError, AttributeError)):
        patched.setattr(broken, name, None)
        prune(own, before=before)
    assert (left(), Pruned.objects.count(), len(summaries(own))) == (set(range(6)), 0, 1)
    assert sound()
    assert prune(own, before=before - timedelta(days=1)) == 0
    assert prune(own, before=before + timedelta(days=1)) == 4
    assert (left(), Pruned.objects.count(), len(summaries(own))) == ({2, 5}, 4, 1)
    assert sound()


def test_of_two_at_once_one_removes_and_the_other_leaves_it(own: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write(own, range(6))
    sealing.seal_all()
    once, counts = retention._sealed, []

    def meanwhile(record_id: Any) -> bool:
        monkeypatch.setattr(retention, "_sealed", once)
        counts.append(prune(own))
        return once(record_id)

    monkeypatch.setattr(retention, "_sealed", meanwhile)
    assert prune(own) == 0
    assert (counts, left()) == ([4], {2, 5})
    assert prune(own) == 0
    assert Pruned.objects.values("summary_id").distinct().count() == 1
    assert sound()


def test_nothing_goes_while_the_summary_is_not_sealed(own: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write(own, range(3))
    sealing.seal_all()
    monkeypatch.setattr(sealing, "seal_all", lambda: 0)
    monkeypatch.setattr(retention, "SEAL_SECONDS", 0.0)
    assert prune(own) == 0
    assert left() == {0, 1, 2}


def test_policies_are_applied_and_never_below_the_minimum(admin: Membership, own: str) -> None:
    RetentionPolicy.objects.create(organization=admin.organization, kind="ledger", days=1)
    write(own, range(3))
    sealing.seal_all()
    assert retention_apply(now=timezone.now() + timedelta(days=89))["ledger"] == 0
    assert left() == {0, 1, 2}
    assert retention_apply(now=timezone.now() + timedelta(days=91))["ledger"] == 2
    assert left() == {2}


def test_the_command_follows_policies_or_what_it_is_told(admin: Membership, own: str) -> None:
    out = StringIO()
    call_command("prune_audit", "--dry-run", stdout=out)
    assert out.getvalue() == ""
    RetentionPolicy.objects.create(organization=admin.organization, kind="ledger", days=365)
    call_command("prune_audit", "--dry-run", "--organization", own, stdout=out)
    assert out.getvalue().startswith(f"{own}: 0 records from before 2")
    assert out.getvalue().endswith("would be removed\n")
    for options in (["--days", "100"], ["--organization", own, "--days", "89"]):
        with pytest.raises(CommandError):
            call_command("prune_audit", *options)
