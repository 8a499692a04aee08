"""What to read about an incident: the organisation's links that fit it, and those that its alerts bring along."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit
from uuid import UUID

from incidents.models import Alert, Incident, RunbookLink

# Of a storm, the newest alerts say enough.
ALERTS_LOOKED_AT = 200
MOST_FROM_ALERTS = 20
LONGEST_TITLE = 200


@dataclass(frozen=True)
class Runbook:
    title: str
    url: str
    origin: Literal["link", "alert"]


def runbooks_for(incident: Incident) -> list[Runbook]:
    """Each address once, the organisation's own links first. Two queries."""
    alerts = list(
        Alert.objects.for_organization(incident.organization_id)
        .filter(incident=incident)
        .only("title", "service_id", "annotations")
        .order_by("-received_at", "-id")[:ALERTS_LOOKED_AT]
    )
    about = {(incident.title.casefold(), incident.service_id)}
    about |= {(alert.title.casefold(), alert.service_id) for alert in alerts}
    links = RunbookLink.objects.for_organization(incident.organization_id)
    found = [Runbook(link.title, link.url, "link") for link in links if _fits(link, about)]
    found += _annotated(alerts)
    return list({each.url: each for each in reversed(found)}.values())[::-1]


def is_web_address(url: str) -> bool:
    """Whether it is an address that a page may link to."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not any(map(str.isspace, url))
    except ValueError:
        return False


def _fits(link: RunbookLink, about: Iterable[tuple[str, UUID | None]]) -> bool:
    words = link.title_contains.casefold()
    return any(link.service_id in (None, service_id) and words in title for title, service_id in about)


def _annotated(alerts: Iterable[Alert]) -> list[Runbook]:
    """What alerts name as their runbook, as monitoring systems do."""
    named = [alert.annotations.get("runbook_url") for alert in alerts]
    fit = [Runbook(_shown(url), url, "alert") for url in named if isinstance(url, str) and is_web_address(url)]
    return list({each.url: each for each in fit}.values())[:MOST_FROM_ALERTS]


def _shown(url: str) -> str:
    """An address in short, for annotations have no title: ``wiki.example.org/runbooks/disk-full``."""
    parts = urlsplit(url)
    return f"{parts.hostname}{parts.path.rstrip('/')}"[:LONGEST_TITLE]
