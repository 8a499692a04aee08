"""What every source reads with: texts, times, words, identities."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.fingerprint import fingerprint
from incidents.models import Severity
from incidents.sources.preset import SEVERITIES
from incidents.sources.reading.bounds import bounded, line, pairs, text, url
from incidents.sources.reading.identities import identity
from incidents.sources.reading.tags import tag_list, tagged
from incidents.sources.reading.times import moment
from incidents.sources.reading.words import SEVERITY_OF, service, service_of, severity
from tests.incidents.sources.requests import NOW

SAID = datetime(2026, 5, 20, 13, 50, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "2026-05-20T13:50:00Z",
        "2026-05-20T15:50:00+02:00",
        " 2026-05-20 13:50:00 ",
        "2026-05-20T13:50:00.000000000Z",
        "2026-05-20T13:50:00.000+0000",
        1779285000,
        1779285000.0,
        "1779285000",
        1779285000000,
        "1779285000000",
        1779285000000000,
        1779285000000000000,
        SAID,
    ],
)
def test_times_of_every_kind(value):
    assert moment(value, NOW) == SAID


@pytest.mark.parametrize(
    "value",
    [
        None, "", "yesterday", True, [], {}, 0, -1, 1, "0001-01-01T00:00:00Z", "1999-12-31T23:59:59Z",
        "9999-12-31T23:59:59-23:59", 10**400, -(10**400), float("inf"), float("nan"), "1e400", "nan", "2026-13-01",
        "2" * 1000, 1e300, "P1D", "20260520",
    ],
)  # fmt: skip
def test_what_says_no_time(value):
    assert moment(value, NOW) is None


def test_clocks_may_run_a_day_ahead():
    assert moment((NOW + timedelta(hours=23)).isoformat(), NOW) == NOW + timedelta(hours=23)
    assert moment((NOW + timedelta(hours=25)).isoformat(), NOW) is None


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("CRITICAL", "critical"), ("fatal", "critical"), ("P1", "critical"), ("Sev-1", "critical"), ("SEV 0", "critical"),
        ("page", "critical"), ("error", "high"), ("Major", "high"), ("sev_2", "high"), ("WARNING", "medium"),
        ("warn", "medium"), ("P3", "medium"), ("minor", "low"), ("P4", "low"), ("info", "info"), ("none", "info"),
        ("", "unknown"), (None, "unknown"),
        ("purple", "unknown"), (3, "unknown"), ({}, "unknown"), ("x" * 9999, "unknown"),
    ],
)  # fmt: skip
def test_severities(word, expected):
    assert severity(word) == expected


def test_a_vendors_own_words_go_first():
    assert severity("Error", {"error": "low"}) == "low"
    assert severity("resource-contention", {"resourcecontention": "medium"}) == "medium"


def test_our_severities_are_those_of_alerts():
    assert set(Severity.values) == SEVERITIES
    assert set(SEVERITY_OF.values()) | {"unknown"} == SEVERITIES


@pytest.mark.parametrize("name", ["", " ", "unknown", "N/A", "-", "none", "Null", None, "undefined", "*"])
def test_names_that_name_no_service(name):
    assert service(name) == ""


def test_the_service_among_labels():
    assert service_of({"job": "node", "App": "web", "service_name": "n/a"}) == "web"
    assert service_of({"job": "node"}) == "node"
    assert service_of({"service": "a" * 300}) == "a" * 199 + "…"
    assert service_of({"namespace": "shop"}) == ""


@pytest.mark.parametrize(
    "value",
    ["javascript:alert(1)", "data:text/html,x", "//a", "http://", "https://a b", "https://a\n", "http://[", "ftp://a",
     7, None, "https://a/" + "x" * 1000, "https://a/\u0000", "https:///x"],
    ids=lambda value: str(value)[:20],
)  # fmt: skip
def test_addresses_that_nobody_is_sent_to(value):
    assert url(value) == ""


def test_addresses_that_people_are_sent_to():
    assert url("https://example.org/a?b=c#d") == "https://example.org/a?b=c#d"
    assert url("HTTP://localhost:9090/") == "HTTP://localhost:9090/"


def test_texts():
    assert text("a\x00\ud800b", 10) == "a\ufffdb"
    assert text("abcdef", 4) == "abc…"
    assert (text(True, 9), text(None, 9), text(1.5, 9), text({"a": [1]}, 20)) == ("true", "", "1.5", '{"a": [1]}')
    assert line(" a\n\tb\x1b[31m \u202egpj.exe\r\n", 40) == "a b[31m gpj.exe"


def test_labels():
    assert pairs({"a": 1, " b ": "x", "": "y", "c": None, "d": "", "e": True}) == {"a": "1", "b": "x", "e": "true"}
    assert pairs([["a", "b"], ["a", "c"], ["d"], "e", None, ["f", None]]) == {"a": "b"}
    assert pairs("text") == {}
    assert len(pairs({str(number): "x" for number in range(100)})) == 64


def test_tags():
    assert tag_list(" a:b, c ,,d:e:f") == ["a:b", "c", "d:e:f"]
    assert tag_list(["a", 1, None, ""]) == ["a"]
    assert tagged(["a:2", "a:1", "b", "[AWS]c:x", "d:"]) == {"a": "1, 2", "b": "true", "c": "x", "d": "true"}


def test_structures_are_cut_and_say_so():
    deep = bounded(json.loads("[" * 50 + "]" * 50))
    assert json.dumps(deep) == json.dumps(json.loads("[" * 10 + '"…"' + "]" * 10))
    assert bounded({"a": float("nan"), "b": 2**70, "c": "\x00x", "d": None}) == {
        "a": "nan", "b": str(2**70), "c": "x", "d": None}  # fmt: skip
    assert bounded(list(range(1000)))[-2:] == [199, "…"]
    assert bounded(["x" * 9000])[0] == "x" * 3999 + "…"
    assert len(json.dumps(bounded([["x" * 300] * 200] * 200))) < 40_000


_LABELS = st.dictionaries(
    st.text(min_size=1, max_size=8) | st.sampled_from(["n" * 300 + "a", "n" * 300 + "b"]),
    st.text(min_size=1, max_size=8) | st.sampled_from(["\x00a", "a", "v" * 600 + "a", "v" * 600 + "b", "\ud800a"]),
    min_size=1,
    max_size=6,
)


@given(_LABELS, _LABELS)
def test_identities_are_equal_exactly_when_what_they_are_made_of_is(one, other):
    assert identity(reversed(one.items())) == identity(one.items())
    assert (identity(one.items()) == identity(other.items())) == (one == other)


def test_of_many_labels_none_is_forgotten():
    many = {str(number): "x" for number in range(200)}

    assert len(identity(many.items())) == 64
    assert identity(many.items()) != identity((many | {"199": "y"}).items())
    assert identity(many.items()) == identity(sorted(many.items(), reverse=True))


def test_what_is_empty_is_no_part_and_nothing_runs_into_its_neighbour():
    told = [
        [("name", "ab"), ("scope", "c")],
        [("name", "a"), ("scope", "bc")],
        [("name", "abc"), ("scope", None)],
        [("name", None), ("scope", "abc")],
        [("name", "abc"), ("scope", "abc")],
    ]

    assert len({fingerprint("datadog", "", identity(parts)) for parts in told}) == len(told)
