"""A loopback model for load: ``python -m bench.model_server --port 8099``.

Speaks the OpenAI-compatible wire format over bare asyncio with pre-rendered frames, so that it costs little beside what
is measured. The model's name says what it writes: ``paced-100-20`` is 100 tokens at 20 tokens a second, ``paced-200-0``
is 200 tokens as fast as they are taken, one write each; ``paced-100-20-500`` is silent for 500 ms first.

A request that names ``bench-<number>`` in its body is remembered under that name, the last one where a conversation
names several: ``GET /records`` answers ``{name: [{"opened","closed","sent","complete","client"}, …]}`` with times of
the monotonic clock, which all processes of a machine share, and the client's port; ``POST /forget`` empties it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import time
from functools import cache
from typing import Any

import uvloop

SHAPE = re.compile(r"paced-(\d+)-(\d+)(?:-(\d+))?")
NAME = re.compile(rb"bench-\d+")
EVENT_STREAM = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)
LAST_CHUNK = b"0\r\n\r\n"
PROMPT_TOKENS = 25


def word(number: int) -> str:
    """The text of one token; numbered, so that a lost or doubled one shows."""
    return f"w{number} "


def answer_text(tokens: int) -> str:
    """Everything that ``paced-<tokens>-…`` writes."""
    return "".join(word(number) for number in range(tokens))


def _chunk(data: bytes) -> bytes:
    line = b"data: " + data + b"\n\n"
    return f"{len(line):x}\r\n".encode() + line + b"\r\n"


def _completion(choices: list[dict[str, Any]], **fields: Any) -> bytes:
    base = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1700000000, "model": "paced"}
    return json.dumps({**base, "choices": choices, **fields}, separators=(",", ":")).encode()


def _choice(delta: dict[str, str], finish: str | None = None) -> list[dict[str, Any]]:
    return [{"index": 0, "delta": delta, "finish_reason": finish}]


@cache
def _frames(tokens: int) -> list[bytes]:
    first = _chunk(_completion(_choice({"role": "assistant", "content": ""})))
    words = [_chunk(_completion(_choice({"content": word(number)}))) for number in range(tokens)]
    words[0] = first + words[0]
    return words


@cache
def _ending(tokens: int) -> bytes:
    usage = {"prompt_tokens": PROMPT_TOKENS, "completion_tokens": tokens, "total_tokens": PROMPT_TOKENS + tokens}
    frames = (_completion(_choice({}, "stop")), _completion([], usage=usage), b"[DONE]")
    return b"".join(map(_chunk, frames)) + LAST_CHUNK


class Recorder:
    """What became of the streams, by the name in their request."""

    def __init__(self) -> None:
        self.streams: dict[str, list[dict[str, Any]]] = {}

    def open(self, body: bytes, client: int) -> dict[str, Any]:
        names = NAME.findall(body)
        record = {"opened": time.monotonic(), "closed": None, "sent": 0, "complete": False, "client": client}
        if names:
            self.streams.setdefault(names[-1].decode(), []).append(record)
        return record


class Connection(asyncio.Protocol):
    """One client: requests one after the other, at most one stream at a time."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._buffer = b""
        self._record: dict[str, Any] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport
        self._loop = asyncio.get_running_loop()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._record is not None:
            self._record["closed"] = time.monotonic()
            self._record = None

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, rest = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
        size = int(length[1]) if length else 0
        if len(rest) < size:
            return
        self._buffer = rest[size:]
        self._answer(head, rest[:size])

    def _answer(self, head: bytes, body: bytes) -> None:
        method, path = head.split(b" ", 2)[:2]
        if path == b"/records":
            self._json(self._recorder.streams)
        elif path == b"/forget":
            self._recorder.streams.clear()
            self._json({})
        elif method == b"POST" and path.endswith(b"/chat/completions"):
            self._complete(body)
        else:
            self._json({"object": "list", "data": []})

    def _json(self, content: Any) -> None:
        body = json.dumps(content).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self._transport.write(head.encode() + body)

    def _complete(self, body: bytes) -> None:
        shape = SHAPE.search(json.loads(body)["model"])
        self._tokens, self._rate = (int(shape[1]), int(shape[2])) if shape else (10, 0)
        silence = int(shape[3] or 0) / 1000 if shape else 0.0
        self._record = self._recorder.open(body, self._transport.get_extra_info("peername")[1])
        self._started = self._loop.time() + silence
        self._transport.write(EVENT_STREAM)
        if silence:
            self._loop.call_at(self._started, self._next, self._record)
        else:
            self._next(self._record)

    def _next(self, record: dict[str, Any]) -> None:
        """Write one token and plan the next by the stream's own clock, so that lateness does not add up."""
        if record is not self._record:
            return
        number = record["sent"]
        self._transport.write(_frames(self._tokens)[number])
        record["sent"] = number + 1
        if number + 1 == self._tokens:
            self._transport.write(_ending(self._tokens))
            record["complete"], record["closed"] = True, time.monotonic()
            self._record = None
        elif self._rate:
            self._loop.call_at(self._started + (number + 1) / self._rate, self._next, record)
        else:
            self._loop.call_soon(self._next, record)


async def serve(port: int) -> None:
    recorder = Recorder()
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(recorder), "127.0.0.1", port, backlog=4096
    )
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8099)
    arguments = parser.parse_args()
    uvloop.run(serve(arguments.port))
