"""Alerts made from what a vendor says, every part of them in bounds; and lists of which some can't be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

from incidents.sources.base import Parsed, ParsedAlert, UnreadablePayload
from incidents.sources.reading import words
from incidents.sources.reading.body import Json
from incidents.sources.reading.bounds import (
    MAX_ANNOTATION,
    MAX_ID,
    MAX_NOTE,
    MAX_TITLE,
    bounded,
    line,
    pairs,
    text,
    url,
)
from incidents.sources.reading.identities import identity as identified
from incidents.sources.reading.times import moment

FIRING: Literal["firing"] = "firing"
RESOLVED: Literal["resolved"] = "resolved"
Status = Literal["firing", "resolved"]
MAX_ALERTS = 5000


class NotAnAlert(Exception):
    """What was read says nothing about an alert's state; the text says what it is."""


def alert(
    *,
    title: Any,
    status: Status,
    identity: Iterable[tuple[str, Any]],
    received_at: datetime,
    severity: Any = "",
    severities: Mapping[str, str] | None = None,
    service: Any = "",
    labels: Any = None,
    annotations: Any = None,
    occurred_at: Any = None,
    started_at: Any = None,
    alert_id: Any = "",
    source_url: Any = "",
    payload: Json,
) -> ParsedAlert:
    """An alert from raw values of any type and size. Raises UnreadablePayload where nothing identifies it.

    A severity that nobody knows stays readable in the label ``severity``. A service that isn't named is looked for in the
    labels. What fires and doesn't say since when its state holds has it since it started.
    """
    known = pairs(labels)
    told = words.severity(severity, severities)
    if told == words.UNKNOWN and line(severity, 100):
        known.setdefault("severity", line(severity, 100))
    occurred, started = _times(status, moment(occurred_at, received_at), moment(started_at, received_at))
    parts = identified(identity)
    if not parts:
        raise UnreadablePayload("Nothing in it tells this alert from others: neither an id nor labels.")
    return ParsedAlert(
        title=line(title, MAX_TITLE) or "Alert without a title",
        status=status,
        identity=parts,
        severity=told,
        service=words.service(service) or words.service_of(known),
        occurred_at=occurred,
        started_at=started,
        labels=known,
        annotations=pairs(annotations, MAX_ANNOTATION),
        source_alert_id=line(alert_id, MAX_ID),
        source_url=url(source_url),
        payload=bounded(payload),
    )


def _times(
    status: Status, occurred: datetime | None, started: datetime | None
) -> tuple[datetime | None, datetime | None]:
    """When its state became what it is, and when it started; a start after the end says nothing."""
    if status == FIRING:
        return occurred or started, started
    return occurred, None if started and occurred and started > occurred else started


def collected(items: Any, read: Callable[[Json], ParsedAlert], name: str = "alerts", note: str = "") -> Parsed:
    """The alerts of a list. One that can't be read doesn't lose the others: the note says which and why.

    Raises UnreadablePayload where it isn't a list, and where nothing but unreadable things are in it.
    """
    if not isinstance(items, list):
        raise UnreadablePayload(f"{name}: it must be a list.")
    alerts, ignored, unreadable = [], [], []
    for number, item in enumerate(items[:MAX_ALERTS]):
        try:
            if not isinstance(item, dict):
                raise UnreadablePayload("it must be an object.")
            alerts.append(read(item))
        except NotAnAlert as reason:
            ignored.append(f"{name}.{number}: {reason}")
        except UnreadablePayload as reason:
            unreadable.append(f"{name}.{number}: {reason}")
    if unreadable and not alerts and not ignored:
        raise UnreadablePayload(shortened(unreadable))
    left_out = [f"Only the first {MAX_ALERTS} of {len(items)} alerts were read."] if len(items) > MAX_ALERTS else []
    nothing = [] if items else [f"{name} is empty."]
    return Parsed(
        alerts=alerts, note=shortened([*([note] if note else []), *left_out, *nothing, *unreadable, *ignored])
    )


def single(item: Json, read: Callable[[Json], ParsedAlert]) -> Parsed:
    """The alert that the whole body is, or the note why it is none."""
    try:
        return Parsed(alerts=[read(item)])
    except NotAnAlert as reason:
        return Parsed(note=text(str(reason), MAX_NOTE))


def shortened(notes: list[str]) -> str:
    """Some of the notes, and how many there are besides."""
    more = f" And {len(notes) - 3} more." if len(notes) > 3 else ""
    return text(" ".join(notes[:3]), MAX_NOTE - len(more)) + more
