"""A reminder as a mail: plain text, a small HTML beside it, and the addresses by which reminders are stopped."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string

from learning.models import Nudge, NudgeKind
from learning.nudges.stopping import stop_address
from learning.nudges.wording import line

PAGES = {NudgeKind.FINISHED: "/learning/progress", NudgeKind.DIGEST: "/learning/progress"}
PLAN_PAGE = "/learning/plan"
LABELS = {PLAN_PAGE: "Your plan", "/learning/progress": "Your progress"}


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, or the entries of a list."""

    text: str = ""
    entries: tuple[str, ...] = ()


def message_of(nudge: Nudge, address: str) -> EmailMultiAlternatives:
    """The mail of a reminder. Titles and names in it are of others: they make no header and no markup."""
    stop = stop_address(nudge.learner, nudge.kind)
    path = PAGES.get(NudgeKind(nudge.kind), PLAN_PAGE)
    about = {
        "title": line(nudge.title),
        "blocks": blocks(nudge.text),
        "name": line(nudge.learner.name),
        "link": f"{settings.AURORA_PUBLIC_URL}{path}",
        "label": LABELS[path],
        "stop": stop,
        "is_digest": nudge.kind == NudgeKind.DIGEST,
    }
    message = EmailMultiAlternatives(
        subject=f"[Aurora] {about['title']}",
        body=render_to_string("learning/mail/nudge.txt", {**about, "text": nudge.text}),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[address],
        headers={
            "Auto-Submitted": "auto-generated",
            "X-Aurora-Nudge": str(nudge.pk),
            # One click of a mail program stops them (RFC 8058, section 3.1).
            "List-Unsubscribe": f"<{stop}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
        connection=get_connection(timeout=settings.AURORA_NOTIFICATION_TIMEOUT),
    )
    message.attach_alternative(render_to_string("learning/mail/nudge.html", about), "text/html")
    return message


def blocks(text: str) -> list[Block]:
    """The parts of a reminder's text: see ``wording``."""
    found = []
    for part in text.split("\n\n"):
        lines = part.splitlines()
        if lines and all(each.startswith("- ") for each in lines):
            found.append(Block(entries=tuple(each[2:] for each in lines)))
        elif lines:
            found.append(Block(text=" ".join(lines)))
    return found
