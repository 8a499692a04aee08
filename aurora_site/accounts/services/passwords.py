"""Changing a password, knowing the old one or by a mailed link."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from audit.services import record
from aurora_site.accounts import tokens
from aurora_site.accounts.models import PasswordReset, SignIn, User
from aurora_site.accounts.models.user import normalized_email
from aurora_site.accounts.selectors import password_resets_open
from aurora_site.accounts.services.mail import mail_enqueue
from aurora_site.accounts.services.sign_ins import sign_ins_end
from aurora_site.accounts.tasks import send_password_reset
from aurora_site.core.http.errors import BadRequest, Unauthenticated

RESET_LIFETIME = timedelta(hours=1)
PURPOSE = "password-reset"


def password_change(*, user: User, current: str, new: str, keep: SignIn | None) -> None:
    """Change one's password; other sign-ins than ``keep`` end. Raises Unauthenticated when ``current`` is wrong."""
    if not user.check_password(current):
        record(
            event="accounts.password_change_failed",
            organization_id=user.default_organization_id,
            actor_id=user.pk,
            subject=("user", user.pk),
        )
        raise Unauthenticated("The current password is wrong.", code="INVALID_CREDENTIALS")
    password_set(user=user, password=new, actor_id=user.pk, keep=keep)


def password_set(*, user: User, password: str | None, actor_id: str, keep: SignIn | None = None) -> None:
    """Store a new password (None: none can sign in by one), void reset links, end other sign-ins than one to keep."""
    encoded = make_password(password)
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(password=encoded, must_change_password=False)
        user.password, user.must_change_password = encoded, False
        PasswordReset.objects.filter(user=user, used_at=None).update(used_at=timezone.now())
        record(
            event="accounts.password_changed",
            organization_id=user.default_organization_id,
            actor_id=actor_id,
            subject=("user", user.pk),
        )
        sign_ins_end(user=user, reason="password_changed", actor_id=actor_id, keep=keep)


@transaction.atomic
def password_reset_request(*, email: str) -> None:
    """Mail a link to the person with this address. Says nothing about whether there is one."""
    user = User.objects.filter(email=normalized_email(email), is_active=True, is_demo=False).first()
    if user is None:
        return
    reset_id = uuid.uuid4()
    reset = PasswordReset.objects.create(
        id=reset_id,
        user=user,
        token_hash=tokens.secret_hash(tokens.link_token(PURPOSE, reset_id)),
        expires_at=timezone.now() + RESET_LIFETIME,
    )
    record(
        event="accounts.password_reset_requested",
        organization_id=user.default_organization_id,
        actor_id=user.pk,
        subject=("user", user.pk),
    )
    mail_enqueue(send_password_reset, reset.pk)


def password_reset_confirm(*, token: str, password: str) -> User:
    """Set the password of the person whom the link was mailed to; the link counts once.

    Raises BadRequest for a link that is unknown, used or expired.
    """
    with transaction.atomic():
        open_ones = password_resets_open(token)
        reset = open_ones.select_related("user").first()
        if reset is None or not PasswordReset.objects.filter(pk=reset.pk, used_at=None).update(used_at=timezone.now()):
            text = "This link is no longer valid; ask for a new one."
            raise BadRequest(text, code="TOKEN_INVALID", fields={"token": [text]})
        password_set(user=reset.user, password=password, actor_id=reset.user_id)
        return reset.user
