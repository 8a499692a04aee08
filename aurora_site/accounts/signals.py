"""Every way of signing in that Django knows, the admin's form included, opens and ends a sign-in."""

from __future__ import annotations

import logging
from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver

from audit.services import record
from aurora_site.accounts.models import SignIn, User
from aurora_site.accounts.models.user import normalized_email
from aurora_site.accounts.proofs import SESSION_SIGN_IN
from aurora_site.accounts.services.sign_ins import sign_in_end, sign_in_open

logger = logging.getLogger(__name__)


@receiver(user_logged_in)
def put_sign_in_on_session(sender: Any, request: Any, user: User, **kwargs: Any) -> None:
    """Bind the new session to the sign-in being opened, or to one opened here."""
    sign_in = getattr(request, "opening_sign_in", None) or sign_in_open(
        user=user, kind=SignIn.Kind.PAGE, ip=_ip(request), user_agent=_user_agent(request)
    )
    request.session[SESSION_SIGN_IN] = str(sign_in.pk)


@receiver(user_logged_out)
def end_sign_in_of_session(sender: Any, request: Any, user: User | None, **kwargs: Any) -> None:
    if sign_in_id := request.session.get(SESSION_SIGN_IN):
        sign_in_end(sign_in_id=sign_in_id, reason="signed_out")


@receiver(user_login_failed)
def note_failed_sign_in(sender: Any, credentials: dict[str, Any], request: Any = None, **kwargs: Any) -> None:
    email = normalized_email(str(credentials.get("username") or credentials.get("email") or ""))
    user = User.objects.filter(email=email).first()
    user_id = user.pk if user else ""
    logger.warning("failed sign-in for %s", user_id or "an unknown address")
    # Who tried isn't known: the account is what it is about, not who acted.
    record(
        event="accounts.sign_in_failed",
        organization_id=user.default_organization_id if user else "",
        subject=("user", user_id),
        data={"known": user is not None},
        personal={"ip": _ip(request), "email": email[:254]},
        person_id=user_id,
    )


def _ip(request: Any) -> str:
    credentials = getattr(request, "credentials", None)
    return credentials.ip if credentials else ""


def _user_agent(request: Any) -> str:
    credentials = getattr(request, "credentials", None)
    return credentials.user_agent if credentials else ""
