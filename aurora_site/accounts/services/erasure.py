"""Erasing a person: what they said and what was said of them goes, evidence that something was said stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from audit.services import record
from aurora_site.accounts.erasure import ERASED_DOMAIN
from aurora_site.accounts.models import Membership, Organization, Role, User
from aurora_site.accounts.models.user import normalized_email
from aurora_site.accounts.selectors import DEFAULT_ORGANIZATION_SLUG
from aurora_site.accounts.services.sign_ins import sign_ins_end
from aurora_site.core.erasure import Person, erase
from aurora_site.core.http.errors import Conflict, NotFound

# How long after an erasure it is repeated, for what requests wrote that were under way.
REPEATED_FOR = timedelta(days=2)


@dataclass(frozen=True)
class Erased:
    """What was removed, by kind. ``account_kept``: of the demo's visitor, the account stays for the next visitors."""

    person_id: str
    counts: dict[str, int]
    account_kept: bool = False


def person_erase(*, who: str, actor_id: str = "") -> Erased:
    """Erase a person, by user id or e-mail address; by address also one who never had an account. Twice is as once.

    Raises NotFound where nothing is kept of anybody like that, and Conflict (LAST_ADMIN, LAST_OPERATOR) for somebody
    whom an organisation with other members, the default one, or the installation can't be without. ``actor_id`` is
    who had it done, where that is known.
    """
    user = _user(who)
    if user is not None and not user.is_demo:
        _require_replaceable(user)
        # First and by itself: from now on no request of theirs is let in.
        User.objects.filter(pk=user.pk).update(is_active=False)
        sign_ins_end(user=user, reason="erased", actor_id=actor_id)
    with transaction.atomic():
        person = _person(who, user)
        places = list(Membership.objects.filter(user=user).values_list("organization_id", flat=True)) if user else []
        counts = erase(person)
        if user is None and not counts:
            raise NotFound("Nothing is kept of such a person.")
        erased = Erased(person.id, counts, account_kept=user is not None and user.is_demo)
        if counts:
            _note(erased, places, actor_id)
    return erased


def _note(erased: Erased, places: Sequence[UUID], actor_id: str) -> None:
    """Tell each organisation of the person. Counts over several are none of any one's business: those stand apart."""
    told: dict[UUID | str, dict[str, object]] = {place: {"account_kept": erased.account_kept} for place in places}
    told |= {places[0] if len(places) == 1 else "": {"counts": erased.counts, "account_kept": erased.account_kept}}
    for place, data in told.items():
        record(
            event="accounts.person_erased",
            organization_id=place,
            actor_id=actor_id,
            subject=("user", erased.person_id),
            data=data,
        )


def erasures_repeat() -> int:
    """Erase once more whoever was erased lately: what a request wrote that had begun before goes too; how many rows."""
    lately = User.objects.filter(erased_at__gt=timezone.now() - REPEATED_FOR)
    return sum(sum(person_erase(who=user_id).counts.values()) for user_id in lately.values_list("pk", flat=True))


def _user(who: str) -> User | None:
    return User.objects.filter(Q(pk=who) | Q(email=normalized_email(who))).first()


def _person(who: str, user: User | None) -> Person:
    if user is None:
        return Person(email=normalized_email(who)) if "@" in who else Person(id=who)
    if user.is_demo:
        return Person(id=user.pk)
    known = not user.email.endswith(f"@{ERASED_DOMAIN}")
    return Person(user.pk, user.email if known else "", user.name, _sole_organizations(user))


def _sole_organizations(user: User) -> tuple[UUID, ...]:
    """The organisations that have no other member, the default one never."""
    theirs = Organization.objects.filter(memberships__user=user).exclude(slug=DEFAULT_ORGANIZATION_SLUG)
    alone = Organization.objects.filter(pk__in=theirs).annotate(members=Count("memberships")).filter(members=1)
    return tuple(alone.values_list("pk", flat=True))


def _require_replaceable(user: User) -> None:
    operators = User.objects.filter(is_superuser=True, is_active=True)
    if user.is_superuser and not operators.exclude(pk=user.pk).exists():
        raise Conflict("The installation needs an operator; make another one first.", code="LAST_OPERATOR")
    alone = _sole_organizations(user)
    for membership in Membership.objects.filter(user=user, role=Role.ADMIN).exclude(organization__in=alone):
        admins = Membership.objects.for_organization(membership.organization_id).filter(
            role=Role.ADMIN, user__is_active=True
        )
        if not admins.exclude(user=user).exists():
            raise Conflict("An organisation needs at least one admin; name another first.", code="LAST_ADMIN")
