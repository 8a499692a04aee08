"""A start with another configuration than before is on the ledger, without any secret."""

from __future__ import annotations

import json
from typing import Any

import pytest

from audit.models import Record
from aurora_site.ops.configuration_record import configuration_record

pytestmark = pytest.mark.django_db
KEY, OTHER = "sk-" + "a1" * 20, "sk-" + "b2" * 20


def told() -> list[dict[str, Any]]:
    rows = Record.objects.filter(event="ops.configuration_changed").order_by("at", "id")
    return [json.loads(bytes(row.body))["data"] for row in rows]


def test_each_difference_is_recorded_once() -> None:
    first = {
        "PORT": "8001",
        "OPENAI_API_KEY": KEY,
        "AURORA_ADMIN_EMAIL": "jo@example.org",
        "AURORA_DRAIN_SECONDS": "2.5",
    }
    assert configuration_record(first) is True
    assert configuration_record(first) is False
    second = {**first, "PORT": "8002", "OPENAI_API_KEY": OTHER, "REDIS_URL": "redis://:hidden-text@cache/1"}
    assert configuration_record(second) is True
    assert configuration_record(second) is False
    third = {name: text for name, text in second.items() if name != "REDIS_URL"}
    assert configuration_record(third) is True
    begun, changed, removed = told()
    assert begun["changed"] == {}
    assert (begun["values"]["PORT"], begun["values"]["AURORA_DRAIN_SECONDS"]) == (8001, "2.5")
    assert begun["values"]["AURORA_ADMIN_EMAIL"] == "[redacted-email]"
    assert (begun["secrets"]["OPENAI_API_KEY"], begun["secrets"]["REDIS_URL"]) == ("set", "unset")
    assert changed["changed"] == {"PORT": {"from": 8001, "to": 8002}}
    assert (changed["secrets"]["OPENAI_API_KEY"], changed["secrets"]["REDIS_URL"]) == ("changed", "set")
    assert removed["changed"] == {}
    assert (removed["secrets"]["OPENAI_API_KEY"], removed["secrets"]["REDIS_URL"]) == ("unchanged", "removed")


def test_no_secret_and_no_name_of_a_person_is_recorded() -> None:
    configuration_record({"OPENAI_API_KEY": KEY, "AURORA_HMAC_KEYS": "an-older-key-of-the-ledger,another-one"})
    body = bytes(Record.objects.get(event="ops.configuration_changed").body).decode()
    assert all(text not in body for text in (KEY, "an-older-key", "another-one", "admin@example.com"))


def test_a_rotated_ledger_key_is_no_change_of_the_others(settings: Any) -> None:
    settings.AURORA_HMAC_KEY, settings.AURORA_HMAC_KEYS = "k" * 40, []
    configuration_record({"OPENAI_API_KEY": KEY})
    settings.AURORA_HMAC_KEY, settings.AURORA_HMAC_KEYS = "n" * 40, ["k" * 40]
    assert configuration_record({"OPENAI_API_KEY": KEY}) is False
