"""Forgets learners: what they want, when they have time, what they have shown, their plans, and statements of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import Q

from aurora_site.core.erasure import Erasure, Person
from learning.models import Evidence, Learner, Statement, StatementTerm, Team, TeamLead
from learning.xapi.matching import account_identifier, sha1_of
from learning.xapi.reading import identifier_of, term, terms_of

# Whom a statement of others names in place of somebody who was erased; a valid agent of nobody.
NOBODY = {"objectType": "Agent", "account": {"homePage": "https://erased.invalid", "name": "erased"}}


def erase(person: Person) -> Mapping[str, int]:
    """Delete the learners of an account or an address, plans, evidence and mastery included, and statements about them.

    In what others' statements say the person becomes nobody; the notes to what they vouched for are emptied.
    """
    theirs = Q(organization__in=person.organizations)
    if person.id:
        theirs |= Q(user_id=person.id)
    if person.email:
        theirs |= Q(email__iexact=person.email)
    learners = Learner.objects.filter(theirs)
    found = learners.count()
    counts = _erase_statements(person, learners)
    learners.delete()
    teams = Team.objects.filter(organization__in=person.organizations).delete()[0]
    counts |= {"learners": found, "teams": teams}
    if person.id:
        counts["team_leads"] = TeamLead.objects.filter(user_id=person.id).delete()[0]
        notes = Evidence.objects.filter(attested_by=person.id).exclude(note="")
        counts["evidence_notes"] = notes.update(note="")
    return counts


def _erase_statements(person: Person, learners: Any) -> dict[str, int]:
    names = _identifiers(person, learners)
    theirs = Q(learner__in=learners.values("pk")) | Q(actor__in=names) | Q(organization__in=person.organizations)
    own = Statement.objects.filter(theirs)
    deleted = own.count()
    own.delete()
    digests = [term("related_agent", name).digest for name in names]
    mentioning = Statement.objects.filter(
        pk__in=StatementTerm.objects.filter(kind="related_agent", digest__in=digests).values("statement")
    )
    mentions = 0
    for row in mentioning.iterator():
        _rewrite(row, names)
        mentions += 1
    return {"statements": deleted, "statement_mentions": mentions}


def _identifiers(person: Person, learners: Any) -> set[str]:
    """The spellings under which statements may name the person."""
    addresses = {person.email.lower(), *(email.lower() for email in learners.values_list("email", flat=True))} - {""}
    mailboxes = {f"mailto:{address}" for address in addresses}
    ids = {person.id, *map(str, learners.values_list("pk", flat=True))} - {""}
    accounts = {account_identifier(name, ending) for name in ids for ending in ("", "/")}
    return mailboxes | {f"sha1:{sha1_of(mailbox)}" for mailbox in mailboxes} | accounts


def _rewrite(row: Statement, names: Collection[str]) -> None:
    row.body = _without(row.body, names)
    row.digest = "erased"  # a digest of what it said before would confirm a guess
    row.save(update_fields=["body", "digest"])
    row.terms.all().delete()
    StatementTerm.objects.bulk_create(
        StatementTerm(organization_id=row.organization_id, statement=row, kind=found.kind, digest=found.digest)
        for found in sorted(terms_of(row.body))
    )


def _without(value: Any, names: Collection[str]) -> Any:
    """The JSON with every agent of those names replaced by nobody."""
    if isinstance(value, list):
        return [_without(item, names) for item in value]
    if not isinstance(value, Mapping):
        return value
    if _names(value) in names:
        return dict(NOBODY)
    return {key: _without(item, names) for key, item in value.items()}


def _names(value: Mapping[str, Any]) -> str:
    account = value.get("account")
    if "account" in value and not (isinstance(account, Mapping) and {"homePage", "name"} <= account.keys()):
        return ""
    return identifier_of(value) if isinstance(value.get("mbox_sha1sum", ""), str) else ""


ERASURE = Erasure(
    app="learning",
    erase=erase,
    covers=frozenset(
        {
            "learning.Learner.user",
            "learning.Learner.email",
            "learning.TeamLead.user",
            "learning.Evidence.attested_by",
        }
    ),
)
