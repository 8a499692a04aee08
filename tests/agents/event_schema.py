"""Checks stored events against the published schema."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from agents.runs.models import RunEvent
from agents.runtime.events import StoredEvent

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "schemas" / "run-events.schema.json"


@cache
def schema() -> dict[str, Any]:
    return json.loads(SCHEMA.read_text(encoding="utf-8"))


@cache
def _data_validator(type: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#/$defs/{type}", "$defs": schema()["$defs"]}, format_checker=FormatChecker())


def faults(type: str, data: Any) -> list[str]:
    """What in an event's data breaks the schema of its type."""
    if type not in schema()["properties"]["type"]["enum"]:
        return [f"{type} is no type of event"]
    return [f"{type} {error.json_path}: {error.message}" for error in _data_validator(type).iter_errors(data)]


def whole_event_faults(event: StoredEvent) -> list[str]:
    """The same for an event as clients get it."""
    validator = Draft202012Validator(schema(), format_checker=FormatChecker())
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(event.as_json())]


def stored_faults() -> list[str]:
    """What in any stored event breaks the schema."""
    return [fault for event in RunEvent.objects.values_list("type", "data") for fault in faults(*event)]
