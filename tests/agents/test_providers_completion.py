"""One answer out of the chunks of its stream, as the many servers of this format write them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.providers.base import (
    ContextTooLong,
    ProviderBadResponse,
    ProviderError,
    ProviderRateLimited,
    ProviderRefused,
    ProviderTimeout,
    ProviderUnavailable,
    ToolRequest,
)
from agents.providers.completion import Completion
from agents.providers.tool_calls import MOST_ARGUMENT_CHARACTERS, MOST_CALLS

DONE = "[DONE]"
END = {"choices": [{"delta": {}, "finish_reason": "stop"}]}
CALLED = {"choices": [{"delta": {}, "finish_reason": "tool_calls"}]}


def says(text: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {"content": text}}]}


def calls(*pieces: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {"tool_calls": list(pieces)}}]}


def piece(index: int | None = 0, id: str | None = None, name: str | None = None, arguments: Any = "") -> dict[str, Any]:
    whole = {"index": index, "id": id, "type": "function", "function": {"name": name, "arguments": arguments}}
    return {key: value for key, value in whole.items() if value is not None}


def read(*chunks: Any) -> tuple[Completion, str]:
    completion = Completion()
    events = [(chunk if isinstance(chunk, str) else json.dumps(chunk)).encode() for chunk in chunks]
    return completion, "".join(completion.read([event]) for event in events)


def requests(*chunks: Any) -> list[tuple[str, str, str]]:
    completion, _ = read(*chunks)
    reason, found = completion.finish()
    assert reason == "tool_calls"
    return [(request.id, request.name, request.arguments) for request in found]


def failure(*chunks: Any) -> ProviderError:
    completion, _ = read(*chunks)
    with pytest.raises(ProviderError) as caught:
        completion.finish()
    return caught.value


def test_text_reason_and_usage() -> None:
    usage = {"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 2, "cost": 0.25}}
    completion, text = read(says(""), says("You "), says(None), says("get"), END, usage, DONE)
    assert (text, completion.finish()) == ("You get", ("stop", ()))
    assert (completion.usage, completion.cost_usd, completion.done) == ((5, 2), 0.25, True)


def test_several_events_of_one_read_are_one_text() -> None:
    assert Completion().read([json.dumps(says("a")).encode(), json.dumps(says("b")).encode()]) == "ab"


@pytest.mark.parametrize(
    ("chunks", "reason"),
    [
        ([says("a"), {"choices": [{"delta": {}, "finish_reason": "length"}]}], "length"),
        ([says("a"), {"choices": [{"delta": {}, "finish_reason": "content_filter"}]}], "content_filter"),
        ([says("a"), {"choices": [{"delta": None, "finish_reason": "eos"}]}], "eos"),
        ([says("a"), CALLED], "stop"),
        ([says("a"), DONE], "stop"),
        ([{"choices": [{"delta": {"refusal": "No."}, "finish_reason": "stop"}]}], "stop"),
        ([{"choices": [{"message": {"role": "assistant", "content": "a"}, "finish_reason": "stop"}]}], "stop"),
    ],
)
def test_the_ways_to_end(chunks: list[Any], reason: str) -> None:
    completion, text = read(*chunks)
    assert text
    assert completion.finish() == (reason, ())


@pytest.mark.parametrize(
    ("chunks", "kind"),
    [
        ([], ProviderBadResponse),
        ([says("a")], ProviderBadResponse),
        ([END], ProviderBadResponse),
        ([DONE], ProviderBadResponse),
        (["{not json"], ProviderBadResponse),
        (["[" * 100_000], ProviderBadResponse),
        (["5"], ProviderBadResponse),
        ([{"choices": "x"}], ProviderBadResponse),
        ([{"choices": ["x"]}], ProviderBadResponse),
        ([{"choices": [{"delta": "x"}]}], ProviderBadResponse),
        ([says(5)], ProviderBadResponse),
        ([calls("x")], ProviderBadResponse),
        ([calls({"index": 0})], ProviderBadResponse),
        ([calls(piece(name=""), piece()), CALLED], ProviderBadResponse),
        ([calls(piece(id="a", name="t", arguments="{")), DONE], ProviderBadResponse),
        ([calls(piece(id="a", name="t", arguments="{")), END], ProviderBadResponse),
        ([calls(piece(id="a", name="t", arguments="{}"))], ProviderBadResponse),
        ([{"choices": [{"delta": {}, "finish_reason": "content_filter"}]}], ProviderRefused),
        ([{"choices": [{"delta": {}, "finish_reason": "error", "error": {"code": 502}}]}], ProviderUnavailable),
        ([{"error": {"message": "no", "code": 500}}], ProviderUnavailable),
        ([{"error": {"message": "no", "code": "503"}}], ProviderUnavailable),
        ([{"error": {"message": "no", "code": 429}}], ProviderRateLimited),
        ([{"error": {"message": "no", "code": "rate_limit_exceeded"}}], ProviderRateLimited),
        ([{"error": {"message": "no", "code": 504}}], ProviderTimeout),
        ([{"error": {"message": "no", "code": 401}}], ProviderRefused),
        ([{"error": {"message": "no", "code": "context_length_exceeded"}}], ContextTooLong),
        ([{"error": "it broke"}], ProviderUnavailable),
        ([{"error": {"message": None, "code": None}}], ProviderUnavailable),
    ],
)
def test_what_is_no_answer_is_a_typed_error(chunks: list[Any], kind: type[ProviderError]) -> None:
    assert type(failure(*chunks)) is kind


def test_text_before_an_error_in_the_same_read_is_kept() -> None:
    completion = Completion()
    events = [json.dumps(says("You get")).encode(), b'{"error": {"code": 500}}', json.dumps(says("lost")).encode()]
    assert completion.read(events) == "You get"
    assert completion.ended
    with pytest.raises(ProviderUnavailable):
        completion.finish()


def test_the_providers_own_words_are_not_passed_on() -> None:
    error = failure({"error": {"message": "key sk-secret at 10.0.0.7 refused", "code": 401}})
    assert "sk-secret" not in str(error)
    assert "10.0.0.7" not in str(error)


@pytest.mark.parametrize(
    "usage",
    [
        {"prompt_tokens": -1, "completion_tokens": 2},
        {"prompt_tokens": "5", "completion_tokens": 2},
        {"prompt_tokens": True, "completion_tokens": 2},
        {"prompt_tokens": 10**12, "completion_tokens": 2},
        {"prompt_tokens": 0, "completion_tokens": 0},
        {"completion_tokens": 2},
        ["x"],
        "x",
    ],
)
def test_usage_without_sense_is_no_usage(usage: Any) -> None:
    completion, text = read(says("a"), END, {"choices": [], "usage": usage})
    assert (text, completion.usage) == ("a", None)


@pytest.mark.parametrize("cost", [float("nan"), float("inf"), -1, 10**9, "1", True, None])
def test_a_cost_without_sense_is_no_cost(cost: Any) -> None:
    completion, _ = read({"usage": {"prompt_tokens": 5, "completion_tokens": 2, "cost": cost}})
    assert (completion.usage, completion.cost_usd) == ((5, 2), None)


def test_text_that_cannot_be_stored_is_mended() -> None:
    assert read(r'{"choices": [{"delta": {"content": "a\u0000\ud83d\ude00b\ud800"}}]}')[1] == "a😀b\ufffd"


SEARCH = ("a", "search", '{"q": 1}')
READ = ("b", "read", '{"p": 2}')


@pytest.mark.parametrize(
    ("deltas", "expected"),
    [
        ([calls(piece(0, "a", "search", '{"q": 1}'))], [SEARCH]),
        (
            [calls(piece(0, "a", "search")), calls(piece(0, arguments='{"q"')), calls(piece(0, arguments=": 1}"))],
            [SEARCH],
        ),
        # In turns.
        (
            [
                calls(piece(0, "a", "search"), piece(1, "b", "read")),
                calls(piece(1, arguments='{"p"'), piece(0, arguments='{"q"')),
                calls(piece(0, arguments=": 1}")),
                calls(piece(1, arguments=": 2}")),
            ],
            [SEARCH, READ],
        ),
        # Whole calls that repeat index 0, or have none.
        ([calls(piece(0, "a", "search", '{"q": 1}')), calls(piece(0, "b", "read", '{"p": 2}'))], [SEARCH, READ]),
        ([calls(piece(None, "a", "search", '{"q": 1}'), piece(None, "b", "read", '{"p": 2}'))], [SEARCH, READ]),
        (
            [calls(piece(0, None, "search", '{"q": 1}')), calls(piece(0, None, "search", '{"q": 2}'))],
            [("call_1", "search", '{"q": 1}'), ("call_2", "search", '{"q": 2}')],
        ),
        # The name with every piece; the name in pieces; pieces without index.
        ([calls(piece(0, "a", "search", '{"q"')), calls(piece(0, "a", "search", ": 1}"))], [SEARCH]),
        ([calls(piece(0, "a", "sea")), calls(piece(0, "a", "rch")), calls(piece(0, arguments='{"q": 1}'))], [SEARCH]),
        ([calls(piece(None, "a", "search")), calls(piece(None, arguments='{"q": 1}'))], [SEARCH]),
        # An object instead of its text; no arguments; ids that are missing or the same.
        ([calls(piece(0, "a", "search", {"q": 1}))], [SEARCH]),
        ([calls(piece(0, "a", "search", None))], [("a", "search", "{}")]),
        (
            [calls(piece(0, None, "search", "{}"), piece(1, "", "read", "{}"), piece(2, "x", "t", "{}"))],
            [("call_1", "search", "{}"), ("call_2", "read", "{}"), ("x", "t", "{}")],
        ),
        (
            [calls(piece(0, "call_2", "search", "{}"), piece(1, None, "read", "{}"))],
            [("call_2", "search", "{}"), ("call_2_", "read", "{}")],
        ),
        # The older form.
        (
            [
                {"choices": [{"delta": {"function_call": {"name": "search", "arguments": '{"q"'}}}]},
                {"choices": [{"delta": {"function_call": {"arguments": ": 1}"}}, "finish_reason": "function_call"}]},
            ],
            [("call_1", "search", '{"q": 1}')],
        ),
        # What the model wrote is passed on as it is, JSON or not.
        ([calls(piece(0, "a", "search", "not json"))], [("a", "search", "not json")]),
    ],
)
def test_tool_calls_are_put_together(deltas: list[Any], expected: list[tuple[str, str, str]]) -> None:
    assert requests(*deltas, CALLED) == expected


def test_servers_that_end_tool_calls_otherwise() -> None:
    whole = calls(piece(0, "a", "search", '{"q": 1}'))
    assert requests(whole, END) == [SEARCH]
    assert requests(whole, DONE) == [SEARCH]


def test_calls_cut_at_the_token_limit_are_not_made() -> None:
    cut = {"choices": [{"delta": {}, "finish_reason": "length"}]}
    assert type(failure(calls(piece(0, "a", "search", '{"q": 1}')), cut)) is ProviderBadResponse


def test_tool_calls_are_bounded() -> None:
    many = [calls(piece(number, f"id{number}", "t", "{}")) for number in range(MOST_CALLS)]
    assert len(requests(*many, CALLED)) == MOST_CALLS
    assert type(failure(*many, calls(piece(MOST_CALLS, "more", "t", "{}")), CALLED)) is ProviderBadResponse
    long = [calls(piece(0, "a", "t", "x" * 1024)) for _ in range(MOST_ARGUMENT_CHARACTERS // 1024 + 1)]
    assert type(failure(*long, CALLED)) is ProviderBadResponse
    assert type(failure(calls(piece(0, "a", "t" * 129, "{}")), CALLED)) is ProviderBadResponse
    assert type(failure(calls(piece(0, "a" * 129, "t", "{}")), CALLED)) is ProviderBadResponse


CALL_LISTS = st.lists(
    st.tuples(st.text("abc", min_size=1, max_size=5), st.dictionaries(st.text(max_size=3), st.text(max_size=9))),
    min_size=1,
    max_size=5,
)


@given(wanted=CALL_LISTS, with_ids=st.booleans(), data=st.data())
def test_any_cutting_and_mixing_of_calls_gives_the_calls(wanted: Any, with_ids: bool, data: st.DataObject) -> None:
    texts = [json.dumps(arguments) for _, arguments in wanted]
    deltas = [calls(piece(index, f"id{index}" if with_ids else None, name)) for index, (name, _) in enumerate(wanted)]
    left = dict(enumerate(texts))
    while left:
        index = data.draw(st.sampled_from(sorted(left)))
        size = data.draw(st.integers(1, len(left[index])))
        deltas.append(calls(piece(index, arguments=left[index][:size])))
        left[index] = left[index][size:]
        if not left[index]:
            del left[index]
    found = requests(*deltas, CALLED)
    assert [(name, arguments) for _, name, arguments in found] == [
        (name, text) for (name, _), text in zip(wanted, texts, strict=True)
    ]
    assert len({call_id for call_id, _, _ in found}) == len(found)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from([
            "choices", "delta", "message", "content", "tool_calls", "function", "function_call", "index", "id", "name",
            "arguments", "finish_reason", "usage", "prompt_tokens", "completion_tokens", "cost", "error", "code",
        ]),
        inner,
        max_size=4,
    ),
    max_leaves=30,
)  # fmt: skip


CHUNKS = JSON | st.fixed_dictionaries(
    {
        "choices": st.lists(
            st.fixed_dictionaries(
                {"delta": JSON | st.fixed_dictionaries({"tool_calls": st.lists(JSON, min_size=1, max_size=3)})},
                optional={"finish_reason": JSON | st.sampled_from(["stop", "tool_calls", "length"])},
            ),
            max_size=2,
        )
    },
    optional={"usage": JSON, "error": JSON},
)


@given(chunks=st.lists(CHUNKS, max_size=5))
def test_any_json_is_an_answer_or_a_typed_error(chunks: list[Any]) -> None:
    completion, text = read(*chunks)
    text.encode()
    try:
        _, found = completion.finish()
    except ProviderError:
        return
    assert text or found
    assert all(type(request) is ToolRequest and request.name and request.id for request in found)
