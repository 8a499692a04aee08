"""What holds for every source, whatever is sent to it."""

import json
import re
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incidents.sources.base import BadSignature, UnreadablePayload
from incidents.sources.registry import sources
from tests.incidents.sources.requests import NOW, delivery

SOURCES = {source.name: source for source in sources()}
every_source = pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])

_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(
        ["firing", "resolved", "\x00", "\ud800", "1e400", "0001-01-01T00:00:00Z", "x" * 5000, 10**400, -1]
    )
)
ANY_JSON = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)


def assert_bounded(parsed):
    assert len(parsed.note) <= 500
    for alert in parsed.alerts:
        assert 0 < len(alert.title) <= 255
        assert alert.status in ("firing", "resolved")
        assert alert.severity in ("critical", "high", "medium", "low", "info", "unknown")
        assert (len(alert.service) <= 200, len(alert.source_alert_id) <= 255, len(alert.source_url) <= 1000) == (
            True,
        ) * 3
        assert re.fullmatch("(https?://.+)?", alert.source_url)
        assert 0 < len(alert.identity) <= 64
        for limit, pairs in (500, alert.identity), (500, alert.labels.items()), (2000, alert.annotations.items()):
            assert len(pairs) <= 64
            assert all(isinstance(text, str) for pair in pairs for text in pair)
            assert all(len(name) <= 200 and len(value) <= limit for name, value in pairs)
        for at in alert.occurred_at, alert.started_at:
            assert at is None or (isinstance(at, datetime) and at.utcoffset() is not None)
            assert at is None or at <= NOW + timedelta(days=1)
        # As the database stores it: no NaN, no NUL, no lone surrogate.
        stored = json.dumps(
            [alert.title, alert.identity, alert.labels, alert.annotations, alert.payload], allow_nan=False
        )
        assert "\\u0000" not in stored.replace("\\\\", "")
        json.dumps(json.loads(stored), ensure_ascii=False).encode()
        assert len(json.dumps(alert.payload)) <= 400_000


def assert_parses(source, request):
    try:
        parsed = source.parse(request)
    except UnreadablePayload as reason:
        assert 0 < len(str(reason)) <= 500
        return
    assert_bounded(parsed)


@every_source
@quick
@given(body=st.binary(max_size=200))
def test_bytes_are_read_or_refused_with_a_reason(source, body):
    assert_parses(source, delivery(body))
    assert len(source.delivery_id(delivery(body))) <= 255


@every_source
@quick
@given(body=ANY_JSON)
def test_json_is_read_or_refused_with_a_reason(source, body):
    assert_parses(source, delivery(json.dumps(body).encode()))


def paths(value, before=()):
    """Where anything is in a structure."""
    yield before
    if isinstance(value, dict | list):
        for name, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from paths(item, (*before, name))


def replaced(value, path, by):
    if not path:
        return by
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(copy[path[0]], path[1:], by)
    return copy


@every_source
@quick
@given(data=st.data())
def test_a_body_with_anything_anywhere_is_read_or_refused_with_a_reason(source, data):
    example = source.example(NOW)
    body = json.loads(example.body)
    for _ in range(data.draw(st.integers(1, 3))):
        body = replaced(body, data.draw(st.sampled_from(list(paths(body)))), data.draw(ANY_JSON))

    assert_parses(source, delivery(json.dumps(body).encode(), **dict(example.headers)))


@every_source
@pytest.mark.parametrize(
    "value",
    [
        "x" * 100_000,
        {f"{'n' * 1000}{number}": "v" * 1000 for number in range(300)},
        [["k" * 1000, "v" * 1000]] * 300,
        list(range(10_000)),
        json.loads("[" * 500 + "]" * 500),
        float("inf"),
        float("nan"),
        10**4000,
        "\x00\ud800" * 300,
    ],
    ids=["text", "object", "pairs", "list", "nested", "infinite", "nan", "number", "characters"],
)
def test_what_is_too_much_is_cut_wherever_it_is(source, value):
    example = source.example(NOW)
    body = json.loads(example.body)
    for path in paths(body):
        assert_parses(source, delivery(json.dumps(replaced(body, path, value)).encode(), **dict(example.headers)))


@every_source
def test_the_example_is_one_alert_that_fires(source):
    request = source.example(NOW)
    parsed = source.parse(request)

    assert [(alert.status, alert.title == "Alert without a title") for alert in parsed.alerts] == [("firing", False)]
    assert parsed.note == ""
    assert_bounded(parsed)


# What Amazon signs can't be signed by a test with a secret: test_cloudwatch has keys of its own.
@pytest.mark.parametrize(
    "source", [source for source in sources() if source.name != "cloudwatch"], ids=lambda source: source.name
)
def test_the_example_proves_its_secret_also_while_it_is_rotated(source):
    request = source.example(NOW)

    source.verify(source.signed(request, "old-secret"), ["old-secret"])
    source.verify(source.signed(request, "old-secret"), ["new-secret", "old-secret"])
    for secrets, sent in ((["new-secret"], source.signed(request, "old-secret")), (["new-secret"], request)):
        with pytest.raises(BadSignature):
            source.verify(sent, secrets)


@every_source
def test_the_example_of_another_second_is_another_delivery(source):
    one, other = source.example(NOW), source.example(NOW + timedelta(seconds=1))

    assert not source.has_time or one.body != other.body
    assert [alert.identity for alert in source.parse(one).alerts] == [
        alert.identity for alert in source.parse(other).alerts
    ]


@every_source
def test_each_says_what_people_need(source):
    assert re.fullmatch("[a-z]{3,32}", source.name)
    assert source.title
    assert source.secret_use
    assert source.overload.status in (429, 503)
    assert source.overload.retry_after_seconds > 0
    assert isinstance(source.template, str)
