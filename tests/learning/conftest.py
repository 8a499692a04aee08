"""Callers of the learning API and of the admin."""

from __future__ import annotations

import pytest
from django.test import Client
from rest_framework.test import APIClient

from tests.factories.accounts import session_of, tokens_for, user_factory


@pytest.fixture
def client_of(db):
    """Makes an API client that acts as a member, in that member's organisation."""

    def client_of(membership) -> APIClient:
        client = APIClient()
        client.credentials(
            HTTP_AUTHORIZATION=f"Bearer {tokens_for(membership.user)[1].access}",
            HTTP_X_ORG_ID=str(membership.organization_id),
        )
        return client

    return client_of


@pytest.fixture
def operator_client(db) -> Client:
    """A browser in which an operator of the installation is signed in."""
    return session_of(user_factory(is_staff=True, is_superuser=True))
