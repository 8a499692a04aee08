"""Log lines hold no secrets and name their request."""

from __future__ import annotations

import json
import logging

import pytest

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
