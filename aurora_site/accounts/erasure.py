"""What the accounts app forgets of a person: everything but the id, by which records still tell people apart."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib.admin.models import LogEntry
from django.db.models import Q
from django.utils import timezone

from aurora_site.accounts.models import (
    ApiKey,
    Invitation,
    Membership,
    Organization,
    PasswordReset,
    SignIn,
    TeamMembership,
    User,
)
from aurora_site.accounts.models.user import ERASED_PERSON
from aurora_site.core.erasure import Erasure, Person

# A domain that can't exist (RFC 2606), so that no mail ever goes there and nobody can register with it.
ERASED_DOMAIN = "erased.invalid"
_PSEUDONYM = "an id alone; with the account emptied it names nobody"


def erase(person: Person) -> Mapping[str, int]:
    """Delete what belongs to the account, and empty its row. The demo visitor's row stays as it is: it is nobody's."""
    counts = {"invitations": _invitations_erase(person), "admin_log": _log_erase(person)}
    if not person.id:
        return counts
    for name, rows in {
        "sign_ins": SignIn.objects.filter(user_id=person.id),
        "api_keys": ApiKey.objects.filter(user_id=person.id),
        "password_resets": PasswordReset.objects.filter(user_id=person.id),
    }.items():
        counts[name] = rows.delete()[0]
    if person.email:
        counts["memberships"] = _account_empty(person)
    return counts


def _invitations_erase(person: Person) -> int:
    to_them = Q(organization__in=person.organizations)
    if person.email:
        to_them |= Q(email__iexact=person.email)
    return Invitation.objects.filter(to_them).delete()[0]


def _log_erase(person: Person) -> int:
    """The admin's log of changes repeats what rows were called."""
    said = Q(object_id=person.id, content_type__app_label="accounts") if person.id else Q(pk=None)
    for text in filter(None, (person.email, person.name)):
        said |= Q(object_repr__icontains=text)
    entries = LogEntry.objects.filter(said).exclude(object_repr=ERASED_PERSON)
    return entries.update(object_repr=ERASED_PERSON)


def _account_empty(person: Person) -> int:
    """Take everything out of the user's row and take it out of organisations; how many memberships ended."""
    user = User.objects.filter(pk=person.id, is_demo=False).first()
    if user is None:
        return 0
    for place in Organization.objects.filter(pk__in=person.organizations):
        Organization.objects.filter(pk=place.pk).update(name="Erased organisation", slug=f"erased-{place.pk}")
    TeamMembership.objects.filter(user=user).delete()
    ended = Membership.objects.filter(user=user).delete()[0]
    user.groups.clear()
    user.user_permissions.clear()
    user.email, user.name = f"{user.pk}@{ERASED_DOMAIN}", ""
    user.is_active = user.is_staff = user.is_superuser = user.must_change_password = False
    user.default_organization, user.last_login = None, None
    user.erased_at = user.erased_at or timezone.now()
    user.set_unusable_password()
    user.save()
    return ended


ERASURE = Erasure(
    app="accounts",
    erase=erase,
    covers=frozenset(
        {
            "accounts.User.email",
            "accounts.SignIn.user",
            "accounts.ApiKey.user",
            "accounts.PasswordReset.user",
            "accounts.Membership.user",
            "accounts.TeamMembership.user",
            "accounts.Invitation.email",
        }
    ),
    exempt={
        "accounts.Invitation.invited_by": _PSEUDONYM,
        "admin.LogEntry.user": f"{_PSEUDONYM}; what the entries call a person is emptied",
    },
)
