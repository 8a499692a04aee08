"""The accounts that an installation starts with: its default organisation, its operator, the demo learner."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.db import transaction

from audit.services import record
from aurora_site.accounts.identity import DEMO_USER_ID
from aurora_site.accounts.models import Membership, Organization, Role, User
from aurora_site.accounts.models.user import normalized_email
from aurora_site.accounts.selectors import DEFAULT_ORGANIZATION_SLUG

DEFAULT_ORGANIZATION_NAME = "Aurora"
DEMO_EMAIL = "demo-learner@localhost.localdomain"


@dataclass(frozen=True)
class AdminEnsured:
    """The operator's account; ``password`` is set only when it was generated just now, to be shown once."""

    user: User
    created: bool
    password: str = ""


@transaction.atomic
def organization_default_ensure(*, name: str = DEFAULT_ORGANIZATION_NAME) -> Organization:
    organization, created = Organization.objects.get_or_create(slug=DEFAULT_ORGANIZATION_SLUG, defaults={"name": name})
    if created:
        record(
            event="accounts.organization_created",
            organization_id=organization.pk,
            subject=("organization", organization.pk),
            personal={"name": name, "slug": DEFAULT_ORGANIZATION_SLUG},
        )
    return organization


def admin_ensure(*, email: str, password: str = "", organization: Organization | None = None) -> AdminEnsured:
    """The operator: staff, superuser, and admin of the default organisation. Safe to repeat: an account that
    exists keeps its password. Without a password for a new one, a random one is made."""
    generated = "" if password else secrets.token_urlsafe(12)
    email = normalized_email(email)
    exists = User.objects.filter(email=email).exists()
    encoded = "" if exists else make_password(password or generated)
    with transaction.atomic():
        organization = organization or organization_default_ensure()
        user, created = User.objects.get_or_create(
            email=email, defaults={"name": "Administrator", "password": encoded, "is_staff": True, "is_superuser": True}
        )
        promoted = not (user.is_staff and user.is_superuser and user.is_active)
        user.is_staff = user.is_superuser = user.is_active = True
        user.default_organization = user.default_organization or organization
        user.save(update_fields=["is_staff", "is_superuser", "is_active", "default_organization"])
        joined = _join(organization, user, Role.ADMIN)
        if created or promoted or joined:
            record(
                event="accounts.admin_ensured",
                organization_id=organization.pk,
                actor_id=user.pk,
                subject=("user", user.pk),
                data={"created": created},
            )
    return AdminEnsured(user, created, generated if created else "")


@transaction.atomic
def demo_learner_ensure(*, organization: Organization) -> User:
    """The account that strangers at a development machine act as: a viewer whom nobody can sign in as."""
    user, created = User.objects.get_or_create(
        pk=DEMO_USER_ID,
        defaults={
            "email": DEMO_EMAIL,
            "name": "Demo learner",
            "is_demo": True,
            "password": make_password(None),
            "default_organization": organization,
        },
    )
    if created:
        record(
            event="accounts.demo_learner_created",
            organization_id=organization.pk,
            actor_id=user.pk,
            subject=("user", user.pk),
        )
    _join(organization, user, Role.VIEWER)
    return user


def _join(organization: Organization, user: User, role: Role) -> bool:
    """Make the user a member in this very role. True if that changed anything."""
    membership, created = Membership.objects.get_or_create(
        organization=organization, user=user, defaults={"role": role}
    )
    if not created and membership.role != role:
        membership.role = role
        membership.save(update_fields=["role"])
        return True
    return created
