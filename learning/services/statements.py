"""Stores Experience API statements, once each, with what they show of learners."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from audit.services import record
from aurora_site.accounts.models import Organization
from learning.errors import CannotVoid, NotTheirStatement, StatementConflict
from learning.models import Statement, StatementTerm
from learning.services.statement_effects import effects_apply, effects_withdraw
from learning.xapi.matching import learners_of
from learning.xapi.reading import digest_of, identifier_of, is_voiding, reference_of, terms_of
from learning.xapi.values import moment_of

# The statement's columns that hold the beginning of what may be longer.
_ACTOR, _IRI = 300, 500
BATCH_ROWS = 1000
VERSIONS = {1: "1.0.0", 2: "2.0.0"}


def statements_store(
    *,
    organization_id: UUID,
    actor_id: str,
    statements: Sequence[Mapping[str, Any]],
    version: int = 1,
    only_own: bool = False,
) -> list[UUID]:
    """Store valid statements (``learning.xapi.validation``), all or none; their ids, in order.

    One that is there already is left alone, and has no effect again. The caller becomes the ``authority``. With
    ``only_own`` a caller may void no more than what they stored themself.
    Raises StatementConflict for an id under which there is another statement, CannotVoid for voiding what voids, and
    NotTheirStatement.
    """
    arrivals = [_Arrival(UUID(one["id"]) if "id" in one else uuid4(), one, digest_of(one)) for one in statements]
    if not arrivals:
        return []
    for attempt in (1, 2):
        try:
            _Storing(organization_id, actor_id, version, only_own).store(arrivals)
            break
        except IntegrityError:
            # Somebody stored one of them in between: now it is there, the same or another.
            if attempt == 2:
                raise
    return [arrival.statement_id for arrival in arrivals]


@dataclass(frozen=True)
class _Arrival:
    statement_id: UUID
    sent: Mapping[str, Any]
    digest: str

    @property
    def refers_to(self) -> UUID | None:
        reference = reference_of(self.sent)
        return UUID(reference) if reference else None

    @property
    def voids(self) -> UUID | None:
        return self.refers_to if is_voiding(self.sent) else None


@dataclass(frozen=True)
class _Storing:
    organization_id: UUID
    actor_id: str
    version: int
    only_own: bool

    @transaction.atomic
    def store(self, arrivals: Sequence[_Arrival]) -> None:
        self._lock()
        new = self._unknown(arrivals)
        if not new:
            return
        targets = self._targets(new)
        rows = self._insert(new, self._voided_before(new))
        voided = self._void(rows, targets)
        withdrawn = effects_withdraw(self.organization_id, voided)
        effects = effects_apply(self.organization_id, [row for row in rows if not row.voided])
        record(
            event="learning.statements_stored",
            organization_id=self.organization_id,
            actor_id=self.actor_id,
            subject=("organization", self.organization_id),
            data={
                "statements": len(rows),
                "first": str(rows[0].statement_id),
                "voided": [str(row.statement_id) for row in voided],
                "completions": effects.completions,
                "evidence": effects.evidence,
                "withdrawn": withdrawn,
            },
        )

    def _lock(self) -> None:
        """One store at a time: a statement and the one that voids it can't miss each other, and what is stored later is
        stamped later."""
        # Not the kind of lock that rows with a foreign key to the organisation would wait for, where there is another.
        weaker = connection.features.has_select_for_no_key_update
        list(Organization.objects.filter(pk=self.organization_id).select_for_update(no_key=weaker).values_list("pk"))

    def _rows(self, ids: Collection[UUID]) -> Any:
        return Statement.objects.for_organization(self.organization_id).filter(statement_id__in=ids)

    def _unknown(self, arrivals: Sequence[_Arrival]) -> list[_Arrival]:
        wanted = [arrival.statement_id for arrival in arrivals]
        known = dict(self._rows(wanted).values_list("statement_id", "digest"))
        for arrival in arrivals:
            if known.get(arrival.statement_id, arrival.digest) != arrival.digest:
                raise StatementConflict(f"There is another statement with id {arrival.statement_id}.")
        return [arrival for arrival in arrivals if arrival.statement_id not in known]

    def _targets(self, new: Sequence[_Arrival]) -> dict[UUID, Statement]:
        """The statements stored before that these ones void, by id."""
        wanted = {arrival.voids for arrival in new if arrival.voids}
        found = {row.statement_id: row for row in self._rows(wanted).defer("body")} if wanted else {}
        voiding = {arrival.statement_id for arrival in new if arrival.voids}
        voiding |= {row.statement_id for row in found.values() if row.voids}
        for statement_id in wanted:
            if statement_id in voiding:
                raise CannotVoid(f"Statement {statement_id} voids another; such a one can't be voided.")
            here = any(arrival.statement_id == statement_id for arrival in new)
            stored_by = found[statement_id].stored_by if statement_id in found else None
            if self.only_own and not here and stored_by != self.actor_id:
                raise NotTheirStatement("You can void only statements that you stored; others are for admins.")
        return found

    def _voided_before(self, new: Sequence[_Arrival]) -> set[UUID]:
        ids = [arrival.statement_id for arrival in new]
        voiding = Statement.objects.for_organization(self.organization_id).filter(voids__in=ids)
        return set(voiding.values_list("voids", flat=True))

    def _insert(self, new: Sequence[_Arrival], voided: Collection[UUID]) -> list[Statement]:
        now = timezone.now()
        learners = learners_of(self.organization_id, [arrival.sent["actor"] for arrival in new])
        rows = []
        for index, arrival in enumerate(new):
            stored_at = now - timedelta(microseconds=len(new) - 1 - index)
            row = self._row(arrival, stored_at, learners.get(identifier_of(arrival.sent["actor"])))
            row.voided = row.voids is None and arrival.statement_id in voided
            rows.append(row)
        Statement.objects.bulk_create(rows, batch_size=BATCH_ROWS)
        StatementTerm.objects.bulk_create(terms_for(rows), batch_size=BATCH_ROWS)
        return rows

    def _row(self, arrival: _Arrival, stored_at: datetime, learner_id: UUID | None) -> Statement:
        stamped = stored_at.isoformat(timespec="microseconds").replace("+00:00", "Z")
        body = {
            **arrival.sent,
            "id": arrival.sent.get("id", str(arrival.statement_id)),
            "stored": stamped,
            "timestamp": arrival.sent.get("timestamp", stamped),
            "version": arrival.sent.get("version", VERSIONS[self.version]),
            "authority": authority_of(self.actor_id),
        }
        return Statement(
            organization_id=self.organization_id,
            statement_id=arrival.statement_id,
            learner_id=learner_id,
            registration=body.get("context", {}).get("registration"),
            body=body,
            digest=arrival.digest,
            stored_by=self.actor_id,
            refers_to=arrival.refers_to,
            voids=arrival.voids,
            timestamp=moment_of(body["timestamp"]) or stored_at,
            stored_at=stored_at,
            **shown_columns(body),
        )

    def _void(self, rows: Sequence[Statement], targets: Mapping[UUID, Statement]) -> list[Statement]:
        """Mark what is voided, of those stored before and now; those for which that is new."""
        wanted = {row.voids for row in rows if row.voids}
        here = [row for row in rows if row.statement_id in wanted]
        before = [row for row in targets.values() if not row.voided]
        for row in (*here, *before):
            row.voided = True
        changed = [row.pk for row in (*here, *before)]
        if changed:
            Statement.objects.for_organization(self.organization_id).filter(pk__in=changed).update(voided=True)
        return before


def authority_of(actor_id: str) -> dict[str, Any]:
    """Who vouches for a statement: the account that sent it, or Aurora itself."""
    return {
        "objectType": "Agent",
        "account": {"homePage": settings.AURORA_PUBLIC_URL, "name": actor_id or "aurora"},
    }


def shown_columns(body: Mapping[str, Any]) -> dict[str, str]:
    """What people see of a statement in lists: cut where it is longer than the column."""
    target = body["object"]
    is_activity = target.get("objectType", "Activity") == "Activity"
    return {
        "actor": identifier_of(body["actor"])[:_ACTOR],
        "verb": body["verb"]["id"][:_IRI],
        "activity": target["id"][:_IRI] if is_activity else "",
    }


def terms_for(rows: Sequence[Statement]) -> list[StatementTerm]:
    """The rows by which statements are found."""
    return [
        StatementTerm(organization_id=row.organization_id, statement=row, kind=term.kind, digest=term.digest)
        for row in rows
        for term in sorted(terms_of(row.body))
    ]
