from __future__ import annotations

from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import authenticate
from django.core.management import call_command
from django.db import IntegrityError, transaction

from aurora_site.accounts.models import Membership, Organization, Role, Team, User
from aurora_site.accounts.selectors import organization_default, organization_named
from aurora_site.accounts.services.installation import admin_ensure, demo_learner_ensure, organization_default_ensure
from tests.factories.accounts import member_factory, organization_factory, user_factory


def run() -> str:
    out = StringIO()
    call_command("create_admin", stdout=out)
    return out.getvalue()


def test_the_operator_is_made_once_and_the_password_printed_once(db: None, settings: Any) -> None:
    settings.AURORA_ADMIN_EMAIL, settings.AURORA_ADMIN_PASSWORD = "Root@Example.com", ""
    first = run()
    password = first.strip().rsplit(" ", 1)[1]
    user = authenticate(username="root@example.com", password=password)
    assert user and user.is_staff and user.is_superuser
    membership = Membership.objects.get()
    assert (membership.user, membership.role, membership.organization) == (user, "admin", organization_default())
    second = run()
    assert password not in second and "unchanged" in second
    assert authenticate(username="root@example.com", password=password) == user
    assert (User.objects.count(), Membership.objects.count(), Organization.objects.count()) == (1, 1, 1)


def test_a_given_password_is_used_and_not_printed(db: None, settings: Any) -> None:
    settings.AURORA_ADMIN_EMAIL, settings.AURORA_ADMIN_PASSWORD = "root@example.com", "given password"
    assert "given password" not in run()
    assert authenticate(username="root@example.com", password="given password")


def test_an_existing_person_becomes_the_operator_and_keeps_the_password(db: None) -> None:
    user = user_factory("root@example.com", password="their own password")
    ensured = admin_ensure(email="root@example.com", password="another password")
    assert (ensured.user, ensured.created, ensured.password) == (user, False, "")
    user.refresh_from_db()
    assert user.is_staff and user.check_password("their own password")


def test_the_demo_learner_is_a_viewer_whom_nobody_signs_in_as(db: None) -> None:
    organization = organization_default_ensure()
    user = demo_learner_ensure(organization=organization)
    assert demo_learner_ensure(organization=organization) == user
    assert (user.pk, user.is_demo, user.has_usable_password()) == ("user_demo", True, False)
    assert Membership.objects.get().role == "viewer"


def test_organisations_are_found_by_id_slug_or_unambiguous_name(db: None) -> None:
    one, _, _ = organization_factory("One"), organization_factory("Two"), organization_factory("Two")
    assert organization_named(str(one.pk)) == organization_named(one.slug) == organization_named("One") == one
    assert organization_named("Two") is None
    assert organization_named(str(uuid4())) is None
    assert organization_default() is None


class TestDatabaseRules:
    def test_a_role_is_one_of_three(self, db: None) -> None:
        membership = member_factory()
        with pytest.raises(IntegrityError), transaction.atomic():
            Membership.objects.filter(pk=membership.pk).update(role="owner")

    def test_a_membership_is_there_once(self, db: None) -> None:
        membership = member_factory()
        with pytest.raises(IntegrityError), transaction.atomic():
            Membership.objects.create(user=membership.user, organization=membership.organization, role=Role.ADMIN)

    def test_an_address_is_there_once_in_lower_case(self, db: None) -> None:
        assert user_factory(" Person@Example.COM ").email == "person@example.com"
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.create(email="PERSON@example.com")

    def test_without_an_organisation_nothing_is_found(self, db: None) -> None:
        team = Team.objects.create(organization=organization_factory(), name="Platform")
        assert list(Team.objects.for_organization(None)) == []
        for given in (team.organization, team.organization_id, str(team.organization_id)):
            assert list(Team.objects.for_organization(given)) == [team]
