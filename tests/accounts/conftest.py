from __future__ import annotations

from typing import Any

import pytest

from aurora_site.accounts.models import Membership, Role
from tests.factories.accounts import Api, member_factory, signed_in_as, stranger


@pytest.fixture(autouse=True)
def settings_of_accounts(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.accounts.urls"
    settings.CELERY_TASK_ALWAYS_EAGER = True
    settings.AURORA_ENV = "test"
    settings.AURORA_DEMO = False
    settings.AURORA_TRUSTED_PROXIES = 0
    settings.INTERNAL_API_SECRET = ""


@pytest.fixture
def api() -> Api:
    return stranger()


@pytest.fixture
def admin(db: None) -> Membership:
    return member_factory(role=Role.ADMIN)


@pytest.fixture
def viewer(admin: Membership) -> Membership:
    """A viewer in the admin's organisation."""
    return member_factory(admin.organization)


@pytest.fixture
def other_admin(db: None) -> Membership:
    """The admin of another organisation."""
    return member_factory(role=Role.ADMIN)


@pytest.fixture
def admin_api(admin: Membership) -> Api:
    return signed_in_as(admin)


@pytest.fixture
def viewer_api(viewer: Membership) -> Api:
    return signed_in_as(viewer)
