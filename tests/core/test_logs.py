"""Log lines hold no secrets and name their request."""

from __future__ import annotations

import json
import logging

import pytest
from django.test import RequestFactory

from aurora_site.core import logs
from aurora_site.core.http.request_id import current_request_id


def test_production_lines_are_json_with_request_id_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURORA_ENV", "production")
    made = logs.formatter()
    record = logging.LogRecord("aurora", logging.INFO, __file__, 1, "hello %s", ("password=sekret",), None)
    record.api_key = "k3y"
    token = current_request_id.set("request-1234")
    try:
        line = json.loads(made.format(record))
    finally:
        current_request_id.reset(token)
    assert line["event"] == "hello password=[redacted-secret]"
    assert line["api_key"] == "[redacted-secret]"
    assert line["request_id"] == "request-1234"
    assert line["level"] == "info"


def test_a_traceback_is_masked_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURORA_ENV", "production")
    try:
        raise ValueError("mysql://me:sekret@db/x")
    except ValueError as error:
        record = logging.LogRecord("aurora", logging.ERROR, __file__, 1, "failed", (), (type(error), error, None))
    line = json.loads(logs.formatter().format(record))
    assert "sekret" not in json.dumps(line)
    assert "ValueError" in line["exception"]


@pytest.mark.parametrize("environment", ["production", "development"])
def test_no_line_holds_a_query_string(monkeypatch: pytest.MonkeyPatch, environment: str) -> None:
    monkeypatch.setenv("AURORA_ENV", environment)
    request = RequestFactory().get("/admin/audit/records", {"q": "zirconium it's lantern"})
    address = "http://127.0.0.1/search?q=zirconium+lantern#zirconium"
    try:
        raise ValueError(f"no answer from {address}")
    except ValueError as error:
        failure = (type(error), error, error.__traceback__)
    record = logging.LogRecord(
        "any", logging.WARNING, __file__, 1, 'GET "%s" (400)', (request.get_full_path(),), failure
    )
    record.request, record.referers = request, [address, {"path": "/a/b?zirconium"}]
    record.scope = {"query_string": b"q=zirconium", "path": "/a"}
    line = logs.formatter().format(record)
    assert "zirconium" not in line
    assert "lantern" not in line
    for kept in ("/admin/audit/records?", "http://127.0.0.1/search?", "/a/b?", "(400)", "ValueError"):
        assert kept in line


def test_questions_and_patterns_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURORA_ENV", "production")
    said = "Is /srv/aurora full? (?:a|b) why?not and/or"
    record = logging.LogRecord("any", logging.WARNING, __file__, 1, said, (), None)
    assert json.loads(logs.formatter().format(record))["event"] == said
