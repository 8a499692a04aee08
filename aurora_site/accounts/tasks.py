"""Mail: invitations and password resets. Tasks take the row's id; links are computed from it, never queued."""

from __future__ import annotations

from datetime import timedelta
from smtplib import SMTPException
from typing import Any
from uuid import UUID

from celery import shared_task
from django.conf import settings
from django.core.mail import send_mail
from django.db.models import QuerySet
from django.utils import timezone

from aurora_site.accounts import tokens
from aurora_site.accounts.models import Invitation, PasswordReset
from aurora_site.accounts.services.erasure import erasures_repeat

_RETRY: dict[str, Any] = {
    "autoretry_for": (SMTPException, OSError),
    "max_retries": 5,
    "retry_backoff": True,
    "ignore_result": True,
}
SWEEP_AFTER = timedelta(minutes=2)
SWEEP_LIMIT = 200


@shared_task(name="accounts.send_invitation", **_RETRY)
def send_invitation(invitation_id: str) -> None:
    """Mail an invitation once. Nothing happens if it was sent, answered or revoked meanwhile."""
    rows = Invitation.objects.select_related("organization", "invited_by").filter(
        pk=invitation_id, sent_at=None, accepted_at=None, revoked_at=None, expires_at__gt=timezone.now()
    )
    if invitation := rows.first():
        inviter = invitation.invited_by.get_full_name() if invitation.invited_by else "An administrator"
        _send(
            rows,
            to=invitation.email,
            subject="You are invited to Aurora",
            text=f"{inviter} invites you to join {invitation.organization.name} as {invitation.role}.\n\n"
            f"Accept within seven days:\n{_link('invitations', 'invitation', invitation.pk)}\n",
        )


@shared_task(name="accounts.send_password_reset", **_RETRY)
def send_password_reset(reset_id: str) -> None:
    """Mail a password reset link once."""
    rows = PasswordReset.objects.select_related("user").filter(
        pk=reset_id, sent_at=None, used_at=None, expires_at__gt=timezone.now()
    )
    if reset := rows.first():
        _send(
            rows,
            to=reset.user.email,
            subject="Choose a new Aurora password",
            text="Someone, hopefully you, asked to reset your password. The link works once, for an hour:\n"
            f"{_link('password-reset', 'password-reset', reset.pk)}\n\nIf it wasn't you, ignore this mail.\n",
        )


@shared_task(name="accounts.sweep_erasures")
def sweep_erasures() -> int:
    """Repeat the latest erasures, for what was under way; how many rows were found."""
    return erasures_repeat()


@shared_task(name="accounts.sweep_mail", ignore_result=True)
def sweep_mail() -> None:
    """Ring again for mail whose task was lost between the commit and the queue."""
    now = timezone.now()
    waiting: dict[str, Any] = {"sent_at": None, "created_at__lt": now - SWEEP_AFTER, "expires_at__gt": now}
    invitations = Invitation.objects.filter(accepted_at=None, revoked_at=None, **waiting)
    resets = PasswordReset.objects.filter(used_at=None, **waiting)
    for row_id in invitations.values_list("pk", flat=True)[:SWEEP_LIMIT]:
        send_invitation.delay(str(row_id))
    for row_id in resets.values_list("pk", flat=True)[:SWEEP_LIMIT]:
        send_password_reset.delay(str(row_id))


@shared_task(name="accounts.apply_retention")
def apply_retention() -> dict[str, int]:
    """Remove what organisations keep no longer; how much of each kind."""
    from aurora_site.accounts.services.retention import retention_apply

    return retention_apply()


def _send(rows: QuerySet[Any], *, to: str, subject: str, text: str) -> None:
    """Claim the row, then send; an attempt that failed gives the claim back for the retry."""
    row_id = rows.values_list("pk", flat=True)[0]
    if not rows.update(sent_at=timezone.now()):
        return
    try:
        send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, [to])
    except (SMTPException, OSError):
        rows.model._default_manager.filter(pk=row_id).update(sent_at=None)
        raise


def _link(path: str, purpose: str, row_id: UUID) -> str:
    return f"{settings.AURORA_PUBLIC_URL}/{path}/{tokens.link_token(purpose, row_id)}"
