"""Reads of Experience API statements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from aurora_site.accounts.identity import Identity
from aurora_site.accounts.models import Role
from learning.models import Statement, StatementTerm
from learning.selectors.people import learners_followed_by
from learning.xapi.queries import StatementQuery


@dataclass(frozen=True)
class Position:
    """The statement behind which a page begins."""

    stored_at: datetime
    id: UUID


def statements_shown_to(identity: Identity) -> QuerySet[Statement]:
    """The statements of learners whom the caller follows, and those that the caller stored; for an admin all."""
    rows: QuerySet[Statement] = Statement.objects.for_organization(identity.organization_id)
    if identity.has_role(Role.ADMIN):
        return rows
    followed = learners_followed_by(identity).order_by().values("pk")
    return rows.filter(Q(learner__in=followed) | Q(stored_by=identity.user_id))


def statement_of(identity: Identity, query: StatementQuery) -> Statement | None:
    """The one statement that a query asks for by its id: one that is voided only as that."""
    wanted = query.statement_id or query.voided_id
    if wanted is None:
        return None
    rows = statements_shown_to(identity).filter(statement_id=wanted, voided=query.statement_id is None)
    return rows.first()


def statements_page(
    identity: Identity, query: StatementQuery, after: Position | None
) -> tuple[list[Statement], Position | None]:
    """The statements that a query asks for, at most ``query.limit``, and the position of the last if there are more.

    Those that refer to one which fits are found too; the times only bound when a statement itself was stored.
    """
    rows = _matching(identity, query).filter(voided=False)
    if query.since:
        rows = rows.filter(stored_at__gt=query.since)
    if query.until:
        rows = rows.filter(stored_at__lte=query.until)
    if after:
        rows = rows.filter(_behind(after, query.ascending))
    order = ("stored_at", "id") if query.ascending else ("-stored_at", "-id")
    found = list(rows.order_by(*order).only("id", "stored_at", "body")[: query.limit + 1])
    shown = found[: query.limit]
    return shown, Position(shown[-1].stored_at, shown[-1].pk) if len(found) > len(shown) else None


def _matching(identity: Identity, query: StatementQuery) -> QuerySet[Statement]:
    shown = statements_shown_to(identity)
    if not query.terms and query.registration is None:
        return shown
    fitting = shown
    for term in query.terms:
        terms = StatementTerm.objects.for_organization(identity.organization_id)
        fitting = fitting.filter(pk__in=terms.filter(kind=term.kind, digest=term.digest).values("statement"))
    if query.registration is not None:
        fitting = fitting.filter(registration=query.registration)
    fitting = fitting.order_by()
    # A voided one too is a target: who asks for it learns that it was voided.
    return shown.filter(Q(pk__in=fitting.values("pk")) | Q(refers_to__in=fitting.values("statement_id")))


def _behind(position: Position, ascending: bool) -> Q:
    side = "gt" if ascending else "lt"
    later = Q(**{f"stored_at__{side}": position.stored_at})
    return later | Q(**{"stored_at": position.stored_at, f"id__{side}": position.id})
