"""Stopping reminders by an address that a mail carries. Whoever has the mail may; nobody has to sign in.

The token names the learner and what the mail was, signed with the installation's secret. It doesn't run out: a mail that
was kept for a year still stops the ones that come.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction

from audit.services import record
from learning.models import Learner, NudgeKind

SALT = "aurora.learning.reminders"
LONGEST_TOKEN = 200
NUDGES, DIGEST = "nudges", "digest"
STREAMS = (NUDGES, DIGEST)


@dataclass(frozen=True)
class Stop:
    """Whose reminders a token stops, and which of them."""

    learner: Learner
    stream: str


def stop_address(learner: Learner, kind: str) -> str:
    """The address that stops mails of a kind for a learner."""
    stream = DIGEST if kind == NudgeKind.DIGEST else NUDGES
    token = _signer().sign(f"{learner.pk.hex}-{stream}")
    return f"{settings.AURORA_PUBLIC_URL}/learning/reminders/{token}"


def stop_of(token: str) -> Stop | None:
    """What a token is for; None for one that is forged, or whose learner is gone."""
    if len(token) > LONGEST_TOKEN:
        return None
    try:
        learner_hex, _, stream = _signer().unsign(token).partition("-")
        learner = Learner.objects.filter(pk=UUID(learner_hex)).first()
    except (signing.BadSignature, ValueError):
        return None
    return Stop(learner, stream) if learner and stream in STREAMS else None


def reminders_set(stop: Stop, *, streams: tuple[str, ...], on: bool) -> bool:
    """Switch streams of the learner's reminders; whether that changed anything."""
    with transaction.atomic():
        learner = Learner.objects.select_for_update().filter(pk=stop.learner.pk).first()
        changed = [stream for stream in streams if learner is not None and getattr(learner, stream) != on]
        if learner is None or not changed:
            return False
        for stream in changed:
            setattr(learner, stream, on)
        learner.save(update_fields=[*changed, "updated_at"])
        record(
            event="learning.reminders_set",
            organization_id=learner.organization_id,
            subject=("learner", learner.pk),
            data={"streams": changed, "on": on, "by": "the address in a mail"},
        )
    return True


def _signer() -> signing.Signer:
    return signing.Signer(salt=SALT, sep=".")
