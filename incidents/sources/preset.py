"""Sources that are data: files of field paths, value maps and a signature scheme, in ``incidents/sources/presets/*.toml``.

A path is dotted (``alert.details.service``); ``0`` takes the first of a list, ``only`` the one of a list that has one. Where
several paths are given, the first that holds something counts. ``docs/incidents/sources.md`` explains a preset's fields.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from incidents.sources import schemes
from incidents.sources.base import Overload, Parsed, ParsedAlert, UnreadablePayload, WebhookRequest
from incidents.sources.reading.alerts import FIRING, RESOLVED, NotAnAlert, Status, alert, collected, single
from incidents.sources.reading.body import Json, at, first, json_object
from incidents.sources.reading.bounds import MAX_ID, line
from incidents.sources.reading.tags import tag_list, tagged
from incidents.sources.vendor import Vendor, as_request, rfc3339

FOLDER = Path(__file__).parent / "presets"
# Among the paths of a time: when the delivery came, for vendors whose times stay those of the first beginning.
RECEIVED = "@received"
SEVERITIES = frozenset({"critical", "high", "medium", "low", "info", "unknown"})
Paths = Sequence[str]


class BadPreset(ValueError):
    """A preset's file has a field that there isn't, or lacks one."""


@dataclass(frozen=True, kw_only=True)
class StateWords:
    """Where the state is said, and which words are which; other words are noted and change nothing."""

    paths: Paths
    firing: Sequence[str]
    resolved: Sequence[str]
    # The state where nothing is said, for vendors that only ever tell of trouble.
    default: str = ""


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A preset's file. ``alerts`` is the path of the list of alerts; without it the body is one. ``wrapped_by`` is the
    path of the name under which the content stands. ``identity`` names paths of which each counts that is there."""

    name: str
    title: str
    setup: Sequence[str]
    reads: str
    source: str
    status: StateWords
    identity: Mapping[str, Paths]
    title_paths: Paths
    severity: Paths = ()
    severities: Mapping[str, str] = field(default_factory=dict)
    service: Paths = ()
    firing_at: Paths = ()
    resolved_at: Paths = ()
    started_at: Paths = ()
    alert_id: Paths = ()
    url: Paths = ()
    labels: Mapping[str, Paths] = field(default_factory=dict)
    labels_from: Paths = ()
    tags: Paths = ()
    annotations: Mapping[str, Paths] = field(default_factory=dict)
    alerts: str = ""
    wrapped_by: str = ""
    delivery_id_headers: Sequence[str] = ()
    signature: str = "shared"
    has_time: bool = True
    overload: int = 503
    template: str = ""
    example: str


class PresetSource(Vendor):
    """A source that reads as its preset says."""

    def __init__(self, preset: Preset) -> None:
        self._preset = preset
        self._scheme = schemes.SCHEMES[preset.signature]
        self.name, self.title = preset.name, preset.title
        self.setup, self.reads = preset.setup, preset.reads
        self.secret_use = self._scheme.use
        self.has_time = preset.has_time
        self.overload = Overload(status=preset.overload)
        self.template = preset.template.strip()

    def verify(self, request: WebhookRequest, secrets: Sequence[str]) -> None:
        self._scheme.verify(request, secrets)

    def signed(self, request: WebhookRequest, secret: str) -> WebhookRequest:
        return self._scheme.sign(request, secret)

    def delivery_id(self, request: WebhookRequest) -> str:
        names = self._preset.delivery_id_headers
        return next((found for name in names if (found := line(request.headers.get(name), MAX_ID))), "")

    def parse(self, request: WebhookRequest) -> Parsed:
        body = json_object(request.body)
        content = _unwrapped(body, self._preset.wrapped_by)
        if self._preset.alerts:
            return collected(
                at(content, self._preset.alerts), lambda item: self._read(item, request), self._preset.alerts
            )
        return single(content, lambda item: self._read(item, request))

    def example(self, now: datetime) -> WebhookRequest:
        return as_request(_at_time(json.loads(self._preset.example), now), now)

    def _read(self, item: Json, request: WebhookRequest) -> ParsedAlert:
        preset = self._preset
        status = _status(item, preset.status)
        told = tagged([tag for path in preset.tags for tag in tag_list(at(item, path))])
        maps = [found for path in preset.labels_from if isinstance(found := at(item, path), dict)]
        named = {name: first(item, *paths) for name, paths in preset.labels.items()}
        mapped = {name: value for each in maps for name, value in each.items() if not name.startswith("_")}
        labels = {**told, **mapped, **_present(named)}
        return alert(
            title=first(item, *preset.title_paths),
            status=status,
            identity=[(name, first(item, *paths)) for name, paths in preset.identity.items()],
            received_at=request.received_at,
            severity=first(item, *preset.severity),
            severities=preset.severities,
            service=first(item, *preset.service),
            labels=labels,
            annotations={name: first(item, *paths) for name, paths in preset.annotations.items()},
            occurred_at=_when(item, preset.firing_at if status == FIRING else preset.resolved_at, request),
            started_at=first(item, *preset.started_at),
            alert_id=first(item, *preset.alert_id),
            source_url=first(item, *preset.url),
            payload=item,
        )


def presets() -> list[PresetSource]:
    """The presets in the folder, by name. Raises BadPreset."""
    return [PresetSource(preset_from(path.read_text())) for path in sorted(FOLDER.glob("*.toml"))]


def preset_from(text: str) -> Preset:
    """The preset that a file describes. Raises BadPreset with the name of the field."""
    try:
        read = tomllib.loads(text)
        status = read.pop("status", {})
        listed = {name: _listed(value) for name, value in read.items() if name in _PATHS}
        named = {name: {key: _listed(value) for key, value in read.get(name, {}).items()} for name in _NAMED_PATHS}
        status = StateWords(**{**status, "paths": _listed(status["paths"])})
        preset = Preset(**{**read, **listed, **named, "status": status})
        json.loads(preset.example)
    except (tomllib.TOMLDecodeError, TypeError, KeyError, AttributeError, json.JSONDecodeError) as error:
        raise BadPreset(str(error)) from error
    if preset.signature not in schemes.SCHEMES:
        raise BadPreset(f"signature: there is no scheme {preset.signature}.")
    if unknown := set(preset.severities.values()) - SEVERITIES:
        raise BadPreset(f"severities: {', '.join(sorted(unknown))} is none of ours ({', '.join(sorted(SEVERITIES))}).")
    return preset


_NAMED_PATHS = ("identity", "labels", "annotations")
_PATHS = frozenset({each.name for each in fields(Preset) if each.type == "Paths"})


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _unwrapped(body: Json, path: str) -> Json:
    if not path:
        return body
    name = line(at(body, path), 200)
    content = body.get(name)
    if not isinstance(content, dict):
        raise UnreadablePayload(f"{path} names {name or 'nothing'}, and the body has no such object.")
    return content


def _status(item: Json, status: StateWords) -> Status:
    word = line(first(item, *status.paths), 60).lower() or status.default
    if word in status.firing:
        return FIRING
    if word in status.resolved:
        return RESOLVED
    raise NotAnAlert(f"{status.paths[0]}: {word or 'missing'} neither opens nor closes an alert.")


def _when(item: Json, paths: Paths, request: WebhookRequest) -> Any:
    told = first(item, *paths)
    return request.received_at if told is None and RECEIVED in paths else told


def _present(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _at_time(value: Any, now: datetime) -> Any:
    """The structure with ``@rfc3339``, ``@seconds`` and ``@milliseconds`` replaced by the time a minute ago; ``@seconds``
    within a text, too."""
    started = now - timedelta(minutes=1)
    times = {
        "@rfc3339": rfc3339(started),
        "@seconds": int(started.timestamp()),
        "@milliseconds": int(started.timestamp() * 1000),
    }
    if isinstance(value, dict):
        return {name: _at_time(item, now) for name, item in value.items()}
    if isinstance(value, list):
        return [_at_time(item, now) for item in value]
    if not isinstance(value, str):
        return value
    return times.get(value) or value.replace("@seconds", str(times["@seconds"]))
