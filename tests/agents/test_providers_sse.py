"""Server-sent events, however the network cuts them."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.providers.sse import EventDecoder, EventTooLong

# Bytes that matter to the format stand in for the rest.
STREAMS = st.lists(
    st.sampled_from([
        b"data: ", b"data:", b"data", b"\n", b"\r", b"\r\n", b"\n\n", b": comment", b"event: x", b"id: 1", b"{}",
        b"\xef\xbb\xbf", b"\xef", " é".encode(), b"data: [DONE]\n\n", b'data: {"a": 1}\r\n\r\n',
    ]),
    max_size=40,
).map(b"".join)  # fmt: skip


def cut(text: bytes, places: list[int]) -> list[bytes]:
    bounds = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    return [text[start:end] for start, end in itertools.pairwise(bounds)]


def decode(parts: list[bytes]) -> list[bytes]:
    decoder = EventDecoder()
    return [event for part in parts for event in decoder.feed(part)]


def plainly(text: bytes) -> list[bytes]:
    """The standard's rules, one line at a time over the whole text."""
    text = text.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    events, data = [], []
    for line in text.split(b"\n")[:-1]:
        if not line and data:
            events.append(b"\n".join(data))
            data = []
        field, _, value = line.partition(b":")
        if field == b"data":
            data.append(value.removeprefix(b" "))
    return events


@given(text=STREAMS, places=st.lists(st.integers(min_value=0), max_size=12))
def test_any_cut_gives_the_events_of_the_whole(text: bytes, places: list[int]) -> None:
    assert decode(cut(text, places)) == plainly(text)


@given(text=STREAMS)
def test_single_bytes_give_the_events_of_the_whole(text: bytes) -> None:
    assert decode([text[place : place + 1] for place in range(len(text))]) == plainly(text)


@pytest.mark.parametrize(
    ("text", "events"),
    [
        (b"data: a\n\ndata: b\n\n", [b"a", b"b"]),
        (b"data: a\r\n\r\ndata:b\r\rdata:  c\n\n", [b"a", b"b", b" c"]),
        (b"data: one\ndata: two\ndata\n\n", [b"one\ntwo\n"]),
        (b"\xef\xbb\xbfdata: a\n\n", [b"a"]),
        (b": ping\n\n: ping\n\nevent: x\nid: 3\nretry: 5\ndata: a\n\n", [b"a"]),
        (b"database: a\n\n\n\n", []),
        (b"data: never ended\n", []),
    ],
)
def test_lines_fields_and_comments(text: bytes, events: list[bytes]) -> None:
    assert decode([text]) == events


@given(piece=st.integers(min_value=1, max_value=999), many_lines=st.booleans())
def test_an_event_without_end_is_refused_within_its_bound(piece: int, many_lines: bool) -> None:
    decoder = EventDecoder(maximum=1000)
    line = b"data: x\n" if many_lines else b"x" * 8
    fed = 0
    with pytest.raises(EventTooLong):
        for _ in range(3000):
            decoder.feed(line * piece)
            fed += len(line) * piece
    assert fed <= 8000


def test_a_long_event_within_its_bound_is_kept_whole() -> None:
    text = b"data: " + b"x" * 900_000 + b"\n\n"
    assert decode(cut(text, list(range(0, 900_000, 1400)))) == [b"x" * 900_000]
