"""A loopback server that speaks the OpenAI-compatible wire format: chunks, tool calls, usage, errors, broken replies.

The model's name chooses what it does:

``plain`` (and any other name) answers with ``server.answer``; ``words-200-50`` writes 200 words, one every 50 ms;
``slow`` 3,000 words, one every 10 ms. ``no-usage``, ``no-done``, ``no-end`` (stays open after its end), ``cut`` (stops
at its token limit) and ``json`` (one object, no stream) are ``plain`` with something missing.

Refusals: ``rate-limited`` 429 with ``Retry-After: 7``; ``failing`` 500; ``refusing`` 401; ``unknown`` 404; ``context`` 400
as for a conversation that is too long. ``no-tools``, ``no-stream-options`` and ``new-parameters`` (neither ``max_tokens``
nor ``temperature``) refuse requests that hold what they don't take, and answer others.

Failures: ``silent`` headers, then nothing; ``stalling`` three words, then nothing; ``comments`` keep-alive comments alone;
``broken`` closes in the middle of the chunked body; ``resetting`` a TCP reset after three words; ``half-error`` a word,
then an error object; ``error-object`` an error with a word for a code; ``garbage`` what isn't JSON; ``html`` a page with
status 200; ``empty`` no events; ``nothing`` an answer without text; ``filtered`` a content filter's end.

Tools (``server.calls``, by default one call of the request's first tool, until the request holds a tool's result):
``tool`` whole, ``tool-pieces`` in small pieces, several interleaved, ``tool-half`` breaks off inside the arguments.

``server.script(...)`` puts replies in line that are played first, one for each request, whatever the model's name:
a text; a ``Reply`` with text, tool calls ``(name, arguments)`` and a finish reason; ``Reply(model="failing")`` for what
that model would do; or a function from the request's body to one of these. ``arguments`` is an object, or a text that is
sent as it is (so it may be broken JSON). ``server.requests`` holds the bodies of all requests in order.

``POST /v1/embeddings`` answers as ``tests.model_embeddings`` says; ``server.embedded`` holds the texts that came, in order,
and ``server.embeddings_down`` makes it answer 503.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tests.model_embeddings import embeddings_reply
from tests.model_replies import Body, Call, Closed, Play, Reply

ANSWER = "You get 25 days of paid leave a year [1]."
Scripted = str | Reply | Callable[[Body], str | Reply]


class ModelServer:
    """``closed_early`` is set, and ``closures`` gets the time (monotonic seconds), when a client closes a stream before its
    end; ``open_streams`` counts the replies being written, ``connections`` those ever accepted."""

    def __init__(self, answer: str = ANSWER) -> None:
        self.answer = answer
        self.calls: Sequence[Call] = ()
        self.requests: list[Body] = []
        self.closed_early = threading.Event()
        self.closures: list[float] = []
        self.embedded: list[str] = []
        self.embedding_pause = 0.0
        self.embeddings_down = False
        self.open_streams = 0
        self.connections = 0
        self.port = 0
        self._script: deque[Scripted] = deque()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def script(self, *replies: Scripted) -> None:
        """Put replies in line."""
        self._script.extend(replies)

    def unscript(self) -> None:
        """Forget the replies that were not played."""
        self._script.clear()

    def next_reply(self, body: Body) -> Reply:
        """What is next in line, else what the model's name says."""
        reply = self._script.popleft() if self._script else Reply(model=body["model"])
        if callable(reply):
            reply = reply(body)
        return Reply(text=reply) if isinstance(reply, str) else reply

    async def serve(self, port: int, ready: Callable[[], None]) -> None:
        """Serve until cancelled; ``ready`` is called when connections are accepted."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", port, backlog=2048)
        self.port = server.sockets[0].getsockname()[1]
        ready()
        async with server:
            await server.serve_forever()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = b""
        self.connections += 1
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError, Closed):
            while True:
                head = first + await reader.readuntil(b"\r\n\r\n")
                body = json.loads(await reader.readexactly(_content_length(head)))
                if "input" in body:
                    await self._embed(body, writer)
                    first = b""
                    continue
                self.requests.append(body)
                first = await self._play(body, reader, writer)
        writer.close()

    async def _embed(self, body: Body, writer: asyncio.StreamWriter) -> None:
        """Answer a request for vectors; ``embedding_pause`` seconds late."""
        self.embedded.extend(body["input"])
        await asyncio.sleep(self.embedding_pause)
        status, text = (503, "{}") if self.embeddings_down else embeddings_reply(body)
        content = text.encode()
        head = f"HTTP/1.1 {status} Status\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        writer.write(head.encode() + content)
        await writer.drain()

    async def _play(self, body: Body, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        """Play a reply; stop as soon as the client closes the connection. What it has sent meanwhile is returned."""
        self.open_streams += 1
        playing = asyncio.ensure_future(Play(self.next_reply(body), self.answer, self.calls, body, writer).play())
        leaving = asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait([playing, leaving], return_when=asyncio.FIRST_COMPLETED)
            if not playing.done():
                self.closures.append(time.monotonic())
                self.closed_early.set()
                raise Closed
            playing.result()
        finally:
            self.open_streams -= 1
            playing.cancel()
            leaving.cancel()
            await asyncio.wait([playing, leaving])
        return b"" if leaving.cancelled() else leaving.result()


def _content_length(head: bytes) -> int:
    lines = (line.partition(b":") for line in head.lower().split(b"\r\n"))
    return next(int(value) for name, _, value in lines if name == b"content-length")


@contextmanager
def running(port: int = 0, **options: Any) -> Iterator[ModelServer]:
    """The server, serving on a loop of its own in a thread."""
    server = ModelServer(**options)
    ready = threading.Event()
    stops: list[Callable[[], Any]] = []

    async def serve() -> None:
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        stops.append(lambda: loop.call_soon_threadsafe(task.cancel))
        await server.serve(port, ready.set)

    def run() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(serve())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(10), "the model server did not start"
    try:
        yield server
    finally:
        stops[0]()
        thread.join(10)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=8099)
    arguments = parser.parse_args()
    with running(arguments.port) as served:
        print(f"OPENAI_BASE_URL={served.url}", flush=True)
        threading.Event().wait()
