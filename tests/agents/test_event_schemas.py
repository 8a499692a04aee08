"""The published schema of run events: valid itself, strict about what counts, and served as it is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from django.test import Client
from jsonschema import Draft202012Validator

from agents.runtime.events import EventType, StoredEvent
from tests.agents.event_schema import faults, schema, whole_event_faults

CITATION = {
    "id": "c", "number": 1, "document_id": "d", "path": "p.md", "title": "t", "heading": "h", "text": "x", "start": 0,
    "end": 1, "score": 0.5, "quote": "x", "marks": [[0, 1]], "basis": "cited",
}  # fmt: skip
USAGE = {
    "prompt_tokens": 3, "completion_tokens": 1, "estimated": False, "cost_usd": None, "model": "m", "provider": "openai",
}  # fmt: skip
ERROR = {"code": "PROVIDER_TIMEOUT", "message": "Too slow.", "retryable": True}
CALL = {"call_id": "call-1-1", "name": "knowledge.search", "arguments": {"query": "x"}}
FINISHED = {
    "state": "succeeded", "agent": "assistant", "mode": "llm", "citations": [CITATION], "answered": True,
    "usage": USAGE, "error": None, "trace_id": "0" * 32,
}  # fmt: skip
EXAMPLES: dict[str, dict[str, Any]] = {
    "run.started": {"agent": "", "kind": "answer", "attempt": 1},
    "route": {
        "agent": "welcome",
        "confidence": 0.9,
        "reason": "It is like others.",
        "alternatives": {"assistant": 0.1},
    },
    "thought": {"text": "Searching."},
    "token": {"text": "You get"},
    "tool.call": {**CALL, "effect": "write", "approved_by": "user_1"},
    "tool.result": {"call_id": "call-1-1", "name": "x", "ok": False, "summary": "No.", "code": "TOOL_FAILED"},
    "approval.required": {**CALL, "summary": "Report it", "expires_at": "2026-11-21T12:00:00+00:00"},
    "citation": CITATION,
    "message": {"text": "x", "citations": [CITATION], "answered": False, "mode": "llm", "partial": True},
    "usage": {**USAGE, "cost_usd": 0.1, "cost_estimated": True},
    "warning": {"code": "INDEXING", "message": "1 document is still being indexed."},
    "error": ERROR,
    "run.finished": FINISHED,
}
WRONG: list[tuple[str, dict[str, Any]]] = [
    ("token", {"text": ""}),
    ("token", {"text": "x", "more": 1}),
    ("run.started", {"agent": "x", "kind": "answer", "attempt": 0}),
    ("route", {"agent": "x", "confidence": 1.5, "reason": "", "alternatives": {}}),
    ("tool.call", CALL),
    ("tool.result", {"call_id": "c", "name": "x", "ok": False, "summary": "No."}),
    ("tool.result", {"call_id": "c", "name": "x", "ok": True, "summary": "Yes.", "code": "TOOL_FAILED"}),
    ("approval.required", {**CALL, "summary": "Report it"}),
    ("message", {"text": "x", "citations": [{}], "answered": True}),
    ("message", {"text": "x", "citations": [], "answered": True, "partial": False}),
    ("usage", {"prompt_tokens": 1, "completion_tokens": 1}),
    ("warning", {"code": "lower case", "message": "x"}),
    ("run.finished", {**FINISHED, "state": "running"}),
    ("run.finished", {**FINISHED, "trace_id": "x"}),
    ("run.paused", {}),
]


def test_the_schema_is_valid_and_knows_every_type() -> None:
    Draft202012Validator.check_schema(schema())
    assert schema()["properties"]["type"]["enum"] == list(get_args(EventType))
    assert set(get_args(EventType)) <= set(schema()["$defs"])
    assert set(EXAMPLES) == set(get_args(EventType))


@pytest.mark.parametrize("type", EXAMPLES)
def test_events_as_they_are_shown_keep_it(type: str) -> None:
    assert faults(type, EXAMPLES[type]) == []
    stored = StoredEvent(
        "0f8fad5b-d9cb-469f-a165-70867728950e", 1, type, datetime(2026, 11, 21, tzinfo=UTC), EXAMPLES[type]
    )
    assert whole_event_faults(stored) == []


@pytest.mark.parametrize(("type", "data"), WRONG)
def test_what_breaks_it_is_found(type: str, data: dict[str, Any]) -> None:
    assert faults(type, data)
    stored = StoredEvent("0f8fad5b-d9cb-469f-a165-70867728950e", 1, type, datetime(2026, 11, 21, tzinfo=UTC), data)
    assert whole_event_faults(stored)


@pytest.mark.django_db
def test_it_is_served_to_everyone() -> None:
    response = Client().get("/api/v1/schemas/run-events")
    assert (response.status_code, response["Content-Type"]) == (200, "application/schema+json")
    assert response.json() == schema()
