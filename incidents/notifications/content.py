"""What a notification says: as JSON for webhooks, as text for people. Titles and texts of others are never markup."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from aurora_site.accounts.models import Membership, User
from incidents.models import Incident, Notification, NotificationChannel
from incidents.notifications import kinds

LONGEST_SUBJECT = 200
# A reader of Slack's or Mattermost's markup sees no mention, and no link, in what this stands in.
_BREAK = "\u200b"


@dataclass(frozen=True, kw_only=True)
class Content:
    """One message. ``payload`` is the webhook's body; the others are for people: one line, a few lines, and where to read
    more. ``assignee_email`` is empty where nobody has the incident."""

    id: str
    payload: dict[str, Any]
    headline: str
    label: str
    lines: tuple[str, ...]
    url: str
    assignee_email: str = ""

    @property
    def body(self) -> bytes:
        return json.dumps(self.payload, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")

    @property
    def subject(self) -> str:
        """A mail's subject: one line without control characters."""
        line = "".join(character if character.isprintable() else " " for character in f"{self.headline}: {self.label}")
        line = f"[Aurora] {' '.join(line.split())}"
        return line if len(line) <= LONGEST_SUBJECT else line[: LONGEST_SUBJECT - 1] + "…"

    @property
    def text(self) -> str:
        return "\n".join([f"{self.headline}: {self.label}", "", *self.lines, "", self.url, ""])

    @property
    def slack(self) -> dict[str, Any]:
        """The body of a Slack-compatible webhook (https://docs.slack.dev/messaging/formatting-message-text)."""
        head = f"*{mrkdwn(self.headline)}* <{self.url}|{mrkdwn(self.label)}>"
        return {"text": "\n".join([head, *(mrkdwn(line) for line in self.lines)])}


def mrkdwn(text: str) -> str:
    """Text of others in Slack's markup: on one line, escaped, without mentions (plain @ ones too, for what is alike)."""
    line = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return line.replace("@", "@" + _BREAK).replace("](", "]" + _BREAK + "(")


def content_of(notification: Notification) -> Content:
    """What a notification says of its change, and of its incident as it is now."""
    incident, entry = notification.incident, notification.entry
    services = sorted({service.name for service in incident.services.all()})
    if incident.service is not None and incident.service.name not in services:
        services.insert(0, incident.service.name)
    url = f"{settings.AURORA_PUBLIC_URL}/incidents/{incident.pk}"
    actor = _name_of(entry.actor_id)
    about = {
        "id": str(incident.pk),
        "number": incident.number,
        "title": incident.title,
        "status": incident.status,
        "severity": incident.severity,
        "service": incident.service.name if incident.service else None,
        "services": services,
        "alert_count": incident.alert_count,
        "firing_count": incident.firing_count,
        "assignee": {"id": incident.assignee_id, "name": incident.assignee.get_full_name()}
        if incident.assignee
        else None,
        "source": incident.source_type,
        "started_at": _stamp(incident.started_at),
        "resolved_at": _stamp(incident.resolved_at),
        "url": url,
    }
    change = {
        "seq": entry.seq,
        "text": entry.text,
        "data": entry.data,
        "actor": {"id": entry.actor_id, "name": actor} if entry.actor_id else None,
    }
    data = {"organization": str(notification.organization_id), "incident": about, "change": change}
    lines = [
        f"Severity: {incident.severity} · Status: {incident.status}"
        + (f" · Service: {', '.join(services[:5])}" if services else ""),
        " — ".join(part for part in (entry.text, actor) if part),
    ]
    return Content(
        id=str(notification.pk),
        payload={"type": entry.kind, "timestamp": _stamp(entry.at), "data": data},
        headline=kinds.words(entry.kind),
        label=f"#{incident.number} {incident.title}",
        lines=tuple(line for line in lines if line),
        url=url,
        assignee_email=_assignee_email(incident),
    )


def test_content(channel: NotificationChannel, message_id: str, tester: User | None) -> Content:
    """A message that says that it is a test. Where a channel mails whoever has an incident, the tester stands for them."""
    text = "Aurora can reach this channel. Nothing is wrong."
    return Content(
        id=message_id,
        payload={
            "type": kinds.TEST,
            "timestamp": _stamp(timezone.now()),
            "data": {"organization": str(channel.organization_id), "channel": channel.name, "text": text},
        },
        headline=kinds.words(kinds.TEST),
        label=channel.name,
        lines=(text,),
        url=f"{settings.AURORA_PUBLIC_URL}/notifications",
        assignee_email=tester.email if tester else "",
    )


def _assignee_email(incident: Incident) -> str:
    """The address of whoever has the incident and is still a member who may sign in."""
    person = incident.assignee
    members = Membership.objects.for_organization(incident.organization_id)
    if person is None or not person.is_active or not members.filter(user=person).exists():
        return ""
    return str(person.email)


def _name_of(actor_id: str) -> str:
    person = User.objects.filter(pk=actor_id).first() if actor_id else None
    return person.get_full_name() if person else ""


def _stamp(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None
