"""What the loopback model server writes: whole answers, tool calls, refusals, and every way to break off."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

USAGE = {"prompt_tokens": 321, "completion_tokens": 12, "total_tokens": 333}
RETRY_AFTER = 7
Body = dict[str, Any]
Call = tuple[str, Mapping[str, Any] | str]


@dataclass(frozen=True)
class Reply:
    """One answer of a script: what to say and which tools to ask for, or what a ``model`` would do."""

    text: str = ""
    calls: Sequence[Call] = ()
    finish: str = ""
    model: str = ""


class Closed(Exception):
    """The connection is to be closed."""


class Play:
    """Writes one reply to a request."""

    def __init__(
        self, reply: Reply, answer: str, calls: Sequence[Call], body: Body, writer: asyncio.StreamWriter
    ) -> None:
        self._reply = reply
        self._answer = answer
        self._calls = calls
        self._body = body
        self._writer = writer

    async def play(self) -> None:
        """Raises Closed when the connection is to be closed."""
        model = self._reply.model
        if not model:
            self._head()
            self._words(self._reply.text)
            for event in whole_calls(self._reply.calls):
                self._event(event)
            self._finish(self._reply.finish or ("tool_calls" if self._reply.calls else "stop"))
        elif refused := refusal(model, self._body):
            self._refuse(*refused)
        elif behaviour := getattr(self, f"play_{model.replace('-', '_')}", None):
            await behaviour()
        elif model.startswith("words-"):
            count, pause = model.split("-")[1:]
            await self._write_words(int(count), int(pause) / 1000)
        else:
            self._plain()
        await self._writer.drain()

    def _plain(self, reason: str = "stop", *, usage: bool = True, done: bool = True, end: bool = True) -> None:
        self._head()
        self._event(chunk({"role": "assistant", "content": ""}))
        self._words(self._answer)
        self._finish(reason, usage=usage, done=done, end=end)

    async def _write_words(self, count: int, pause: float) -> None:
        self._head()
        now = asyncio.get_running_loop().time
        start = now()
        for number in range(count):
            self._event(chunk({"content": f"word{number} "}))
            await asyncio.sleep(max(start + (number + 1) * pause - now(), 0))
        self._finish("stop")

    # One method for each model, named as it is.

    async def play_slow(self) -> None:
        await self._write_words(3000, 0.01)

    async def play_no_usage(self) -> None:
        self._plain(usage=False)

    async def play_no_done(self) -> None:
        self._plain(usage=False, done=False)

    async def play_no_end(self) -> None:
        self._plain(usage=False, done=False, end=False)
        await asyncio.sleep(3600)

    async def play_cut(self) -> None:
        self._plain("length")

    async def play_json(self) -> None:
        message = {"role": "assistant", "content": self._answer}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        self._respond(200, json.dumps({"object": "chat.completion", "choices": [choice], "usage": USAGE}))

    async def play_silent(self) -> None:
        self._head()
        await asyncio.sleep(3600)

    async def play_stalling(self) -> None:
        self._head()
        self._words("You get 25")
        await asyncio.sleep(3600)

    async def play_comments(self) -> None:
        self._head()
        while True:
            self._raw(b": still working\n\n")
            await asyncio.sleep(0.05)

    async def play_broken(self) -> None:
        self._head()
        self._event(chunk({"content": "You get "}))
        raise Closed

    async def play_resetting(self) -> None:
        self._head()
        self._words("You get 25")
        await self._writer.drain()
        await asyncio.sleep(0.05)
        raw: socket.socket = self._writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Closed

    async def play_half_error(self) -> None:
        self._head()
        self._event(chunk({"content": "You get "}))
        self._event({"error": {"message": "overloaded", "type": "server_error", "code": 500}})
        self._end()

    async def play_error_object(self) -> None:
        self._head()
        self._event({"error": {"message": "Slow down", "type": "tokens", "code": "rate_limit_exceeded"}})
        self._end()

    async def play_garbage(self) -> None:
        self._head()
        self._data("{not json")
        self._end()

    async def play_html(self) -> None:
        self._respond(200, "<!doctype html><title>Sign in</title>", "text/html; charset=utf-8")

    async def play_empty(self) -> None:
        self._head()
        self._end()

    async def play_nothing(self) -> None:
        self._head()
        self._finish("stop")

    async def play_filtered(self) -> None:
        self._head()
        self._finish("content_filter")

    async def play_tool(self) -> None:
        self._call_tools(whole_calls)

    async def play_tool_pieces(self) -> None:
        self._call_tools(calls_in_pieces)

    async def play_tool_half(self) -> None:
        self._head()
        for event in list(calls_in_pieces(self._wanted_calls()))[:-1]:
            self._event(event)
        raise Closed

    def _call_tools(self, render: Any) -> None:
        if self._body["messages"][-1]["role"] == "tool":
            self._plain()
            return
        self._head()
        for event in render(self._wanted_calls()):
            self._event(event)
        self._finish("tool_calls")

    def _wanted_calls(self) -> Sequence[Call]:
        tools = self._body.get("tools") or [{"function": {"name": "nothing"}}]
        return self._calls or [(tools[0]["function"]["name"], {"query": "leave"})]

    # The wire.

    def _words(self, text: str) -> None:
        for word in text.split(" ") if text else []:
            self._event(chunk({"content": word + " "}))

    def _finish(self, reason: str, *, usage: bool = True, done: bool = True, end: bool = True) -> None:
        self._event(chunk({}, finish=reason))
        if usage:
            self._event({"object": "chat.completion.chunk", "choices": [], "usage": USAGE})
        if done:
            self._data("[DONE]")
        if end:
            self._end()

    def _head(self) -> None:
        lines = "HTTP/1.1 200 OK", "Content-Type: text/event-stream", "Transfer-Encoding: chunked", "", ""
        self._writer.write("\r\n".join(lines).encode())

    def _event(self, event: Body) -> None:
        self._data(json.dumps(event))

    def _data(self, data: str) -> None:
        self._raw(f"data: {data}\n\n".encode())

    def _raw(self, data: bytes) -> None:
        self._writer.write(b"%x\r\n%s\r\n" % (len(data), data))

    def _end(self) -> None:
        self._writer.write(b"0\r\n\r\n")

    def _refuse(self, status: int, error: Body) -> None:
        headers = {"Retry-After": str(RETRY_AFTER)} if status == 429 else {}
        self._respond(status, json.dumps({"error": {"message": "no", "type": "error", **error}}), **headers)

    def _respond(self, status: int, body: str, kind: str = "application/json", **headers: str) -> None:
        content = body.encode()
        lines = [f"HTTP/1.1 {status} Status", f"Content-Type: {kind}", f"Content-Length: {len(content)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._writer.write("\r\n".join([*lines, "", ""]).encode() + content)


def refusal(model: str, body: Body) -> tuple[int, Body] | None:
    """The status and error object with which a model refuses a request, if it does."""
    match model:
        case "rate-limited":
            return 429, {"code": "rate_limit_exceeded"}
        case "failing":
            return 500, {"type": "server_error"}
        case "refusing":
            return 401, {"code": "invalid_api_key"}
        case "unknown":
            return 404, {"message": f"model '{model}' not found, try pulling it first", "code": "model_not_found"}
        case "context":
            text = "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens."
            return 400, {"message": text, "code": "context_length_exceeded"}
        case "no-tools" if body.get("tools"):
            return 400, {"message": "registry.example/no-tools does not support tools"}
        case "no-stream-options" if body.get("stream_options"):
            return 400, {"message": "Unrecognized request argument supplied: stream_options"}
        case "new-parameters":
            return _old_parameter(body)
    return None


def _old_parameter(body: Body) -> tuple[int, Body] | None:
    if "max_tokens" in body:
        text = (
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
        )
        return 400, {"message": text, "param": "max_tokens", "code": "unsupported_parameter"}
    if "temperature" in body:
        text = (
            "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) is supported."
        )
        return 400, {"message": text, "param": "temperature", "code": "unsupported_value"}
    return None


def chunk(delta: Body, *, finish: str | None = None) -> Body:
    """A chat completion chunk."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1700000000,
        "model": "loopback",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }


def whole_calls(calls: Sequence[Call]) -> Iterator[Body]:
    """A chunk for each call."""
    for index, (name, arguments) in enumerate(calls):
        yield chunk({"tool_calls": [_piece(index, id=f"call_{index}_{name}", name=name, arguments=_text(arguments))]})


def calls_in_pieces(calls: Sequence[Call]) -> Iterator[Body]:
    """First each call's id and name, then the arguments of all in pieces of three characters, taking turns."""
    for index, (name, _) in enumerate(calls):
        yield chunk({"tool_calls": [_piece(index, id=f"call_{index}_{name}", name=name, arguments="")]})
    texts = [_text(arguments) for _, arguments in calls]
    cut = [[text[start : start + 3] for start in range(0, len(text), 3)] for text in texts]
    for turn in zip_longest(*cut):
        yield chunk({"tool_calls": [_piece(index, arguments=part) for index, part in enumerate(turn) if part]})


def _piece(index: int, *, arguments: str, id: str = "", name: str = "") -> Body:
    piece: Body = {"index": index, "function": {"arguments": arguments}}
    if id:
        piece |= {"id": id, "type": "function"}
        piece["function"]["name"] = name
    return piece


def _text(arguments: Mapping[str, Any] | str) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments)
