"""Bringing the alerts of one fingerprint in line with its events. In memory alone: whoever calls it stores what changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from incidents.models import Alert, AlertSeries, AlertStatus, Service
from incidents.observations import Observation
from incidents.series import FIRING, Episode, History, fold

# What a later firing says anew of an alert that is there already.
CONTENT = (
    "title", "service", "severity", "labels", "annotations", "payload", "source_alert_id", "source_url", "integration",
)  # fmt: skip
COUNTERS = ("count", "last_received_at", "last_delivery")
STATE = ("status", "open_key", "started_at", "ended_at")


@dataclass
class Changes:
    """What became of the alerts of one series. Those ``created`` aren't stored yet; a row of ``absorbed`` turned out to be
    the same alert as the other, which goes on for both."""

    series: AlertSeries
    history: History
    created: list[Alert] = field(default_factory=list)
    updated: list[Alert] = field(default_factory=list)
    counted: list[Alert] = field(default_factory=list)
    closed: list[Alert] = field(default_factory=list)
    refired: list[Alert] = field(default_factory=list)
    absorbed: list[tuple[Alert, Alert]] = field(default_factory=list)


def reconcile(
    series: AlertSeries,
    rows: Sequence[Alert],
    observations: Sequence[Observation],
    services: Mapping[str, Service],
    reopen_within: timedelta,
) -> Changes:
    """Add observations, in order of receipt, to a series, and change its alerts accordingly. ``rows`` are those that began
    after the floor of its history, in order of time; ``services`` are by lower-case name."""
    history = History.from_json(series.events)
    observations = [
        replace(each, at=history.place_of(each.at, each.alert.status, each.delivery.received_at))
        for each in observations
    ]
    history = history.with_events((each.at, each.alert.status) for each in observations).shortened(reopen_within)
    series.events = history.as_json()
    changes = Changes(series, history)
    episodes = fold(history.events, reopen_within)
    held = _held(rows, episodes)
    said = _owned(observations, episodes)
    previous: Alert | None = None
    for number, episode in enumerate(episodes):
        own = held.get(number, [])
        changes.absorbed += [(row, own[0]) for row in own[1:]]
        if own:
            _update(changes, own[0], episode, said.get(number, []), services)
        elif (new := _created(series, episode, said.get(number, []), services, previous)) is not None:
            changes.created.append(new)
        previous = own[0] if own else previous
    return changes


def _held(rows: Sequence[Alert], episodes: Sequence[Episode]) -> dict[int, list[Alert]]:
    """The rows of each episode: those that began in it. One from before all of them is history, and stays as it is."""
    held: dict[int, list[Alert]] = {}
    for row in rows:
        owner = _owner(episodes, row.started_at)
        if owner is not None:
            held.setdefault(owner, []).append(row)
    return held


def _owned(observations: Sequence[Observation], episodes: Sequence[Episode]) -> dict[int, list[Observation]]:
    owned: dict[int, list[Observation]] = {}
    for each in observations:
        owner = _owner(episodes, each.at)
        if owner is not None:
            owned.setdefault(owner, []).append(each)
    return owned


def _owner(episodes: Sequence[Episode], at: datetime) -> int | None:
    """The last episode that had begun at a time."""
    return next((number for number in reversed(range(len(episodes))) if episodes[number].started_at <= at), None)


def _update(
    changes: Changes, row: Alert, episode: Episode, said: Sequence[Observation], services: Mapping[str, Service]
) -> None:
    was, state = row.status, [getattr(row, name) for name in STATE]
    count = row.count
    _take_state(row, episode)
    _take_receipt(row, said)
    newest = _newest_firing(changes.history, episode, said)
    if newest is not None:
        _take_content(row, newest, services)
    if [getattr(row, name) for name in STATE] != state or newest is not None:
        changes.updated.append(row)
    elif said or row.count != count:
        changes.counted.append(row)
    if was != row.status:
        (changes.closed if row.status == AlertStatus.RESOLVED else changes.refired).append(row)


def _created(
    series: AlertSeries,
    episode: Episode,
    said: Sequence[Observation],
    services: Mapping[str, Service],
    previous: Alert | None,
) -> Alert | None:
    """A new alert; one that was cut off an earlier one by a late end says what that said."""
    firing = [each for each in said if each.alert.status == FIRING]
    if not firing and previous is None:
        return None
    row = Alert(organization_id=series.organization_id, series=series, fingerprint=series.fingerprint)
    row.source_type = series.source_type
    if firing:
        row.received_at = row.last_received_at = min(each.delivery.received_at for each in said)
        _take_content(row, max(firing, key=lambda each: each.at), services)
    elif previous is not None:
        for name in (*CONTENT, "last_delivery"):
            setattr(row, name, getattr(previous, name))
        row.received_at = row.last_received_at = previous.last_received_at
    _take_state(row, episode)
    _take_receipt(row, said)
    return row


def _take_state(row: Alert, episode: Episode) -> None:
    row.started_at, row.ended_at, row.count = episode.started_at, episode.ended_at, episode.count
    row.status = AlertStatus.FIRING if episode.ended_at is None else AlertStatus.RESOLVED
    row.open_key = row.fingerprint if episode.ended_at is None else None


def _take_receipt(row: Alert, said: Sequence[Observation]) -> None:
    for each in said:
        if each.delivery.received_at >= row.last_received_at:
            row.last_received_at, row.last_delivery = each.delivery.received_at, each.delivery


def _newest_firing(history: History, episode: Episode, said: Sequence[Observation]) -> Observation | None:
    """What was said of it last, if that is among what came now: an older word doesn't overwrite a newer one."""
    firing = [each for each in said if each.alert.status == FIRING]
    if not firing:
        return None
    newest = max(reversed(firing), key=lambda each: each.at)
    latest = max(
        event.at
        for event in history.events
        if event.status == FIRING
        and episode.started_at <= event.at
        and (episode.ended_at is None or event.at <= episode.ended_at)
    )
    return newest if newest.at >= latest else None


def _take_content(row: Alert, said: Observation, services: Mapping[str, Service]) -> None:
    alert = said.alert
    row.title, row.severity = alert.title, alert.severity
    row.service = services.get(alert.service.lower()) if alert.service else None
    row.labels, row.annotations, row.payload = dict(alert.labels), dict(alert.annotations), dict(alert.payload)
    row.source_alert_id, row.source_url = alert.source_alert_id, alert.source_url
    row.integration = said.delivery.integration
