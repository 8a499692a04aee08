"""One HTTP/1.1 connection on asyncio's transports."""

from __future__ import annotations

import asyncio

import httpx2

from agents.providers.http_answer import Headers, HttpAnswer

# A reader that falls this far behind makes the server wait.
MOST_BUFFERED_BYTES = 256 * 1024
# Of a response that isn't a success, only the beginning is of use.
MOST_ERROR_BYTES = 64 * 1024
# With many streams at once each leaves a while in the socket what comes: so many reads are made in a second by all of
# them together, and one at least every LONGEST_PAUSE seconds by each. A single stream never waits, and none at its
# beginning.
READS_PER_SECOND = 5000
LONGEST_PAUSE = 0.2
FIRST_READS = 3


class Streams:
    """How many responses are being read on a loop."""

    def __init__(self) -> None:
        self.open = 0

    @property
    def pause(self) -> float:
        """Seconds between two reads of a stream."""
        return min(self.open / READS_PER_SECOND, LONGEST_PAUSE) if self.open > 1 else 0.0


class Connection(asyncio.Protocol):
    """Carries one request at a time: ``send``, then ``read`` until it gives nothing.

    ``silence`` bounds how long the server may be silent. A response that isn't a success must be there in that time as a
    whole, and so must the head of any.
    """

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._answer: HttpAnswer | None = None
        self._error: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._resuming: asyncio.TimerHandle | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._silence = 0.0
        self._last_heard = 0.0
        self._reads = 0
        self._full = False
        self.heard = False

    @property
    def reusable(self) -> bool:
        """Whether the last exchange ended well and the server keeps the connection open."""
        open_still = self._transport is not None and not self._transport.is_closing() and self._error is None
        return open_still and self._answer is not None and self._answer.keeps_alive

    async def send(self, message: bytes, silence: float) -> tuple[int, Headers]:
        """Send a request; the status and headers of its response. Raises httpx2.TransportError."""
        assert self._transport is not None
        answer = self._answer = HttpAnswer()
        self._reads, self.heard = 0, False
        self._silence, self._last_heard = silence, self._loop.time()
        self._stop_timers()
        self._timer = self._loop.call_later(silence, self._check_silence)
        self._transport.write(message)
        while not answer.status:
            await self._wait()
        return answer.status, answer.headers

    async def read(self) -> bytes:
        """All that has arrived since the last time, at least one byte; nothing at the end. Raises
        httpx2.TransportError."""
        assert self._answer is not None
        while not (body := self._answer.take()):
            if self._answer.complete:
                return b""
            await self._wait()
        self._reads += 1
        pause = self._streams.pause if self._reads >= FIRST_READS else 0.0
        if pause and not self._answer.complete:
            self._pause(pause)
        elif self._full:
            self._resume()
        return body

    def _pause(self, seconds: float) -> None:
        if self._transport and not self._resuming:
            self._transport.pause_reading()
            self._resuming = self._loop.call_later(seconds, self._resume)

    def _resume(self) -> None:
        self._resuming = None
        if self._full:
            self._full, self._last_heard = False, self._loop.time()
        if self._transport:
            self._transport.resume_reading()

    def abort(self) -> None:
        """Close at once; nothing more is sent or received."""
        self._stop_timers()
        if self._transport:
            self._transport.abort()

    def close_later(self, seconds: float) -> None:
        """Close an idle connection after so long, unless it is used again."""
        self._stop_timers()
        self._timer = self._loop.call_later(seconds, self.abort)

    async def _wait(self) -> None:
        """Return when something has changed; raises what went wrong."""
        if self._error:
            raise self._error
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)

    def _fail(self, error: Exception) -> None:
        self._error = self._error or error
        self._wake()
        self.abort()

    def _stop_timers(self) -> None:
        for timer in (self._timer, self._resuming):
            if timer:
                timer.cancel()
        self._timer = self._resuming = None

    def _check_silence(self) -> None:
        """One timer for the whole response, however many pieces it comes in."""
        left = self._silence if self._full else self._last_heard + self._silence - self._loop.time()
        if left > 0:
            self._timer = self._loop.call_later(left, self._check_silence)
        else:
            self._fail(httpx2.ReadTimeout("The server stayed silent."))

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        answer, now = self._answer, self._loop.time()
        self.heard = True
        try:
            if answer is None or answer.complete:
                raise httpx2.RemoteProtocolError("The server sends what nobody asked for.")
            answer.feed(data)
        except httpx2.RemoteProtocolError as error:
            self._fail(error)
            return
        if answer.succeeded:
            self._last_heard = now
        if answer.complete:
            self._stop_timers()
        else:
            self._bound(answer)
        self._wake()

    def _bound(self, answer: HttpAnswer) -> None:
        """Keep no more of a body than a reader may want."""
        if answer.status and not answer.succeeded and answer.buffered > MOST_ERROR_BYTES:
            answer.complete = True
            self.abort()
        elif answer.buffered > MOST_BUFFERED_BYTES and not self._full and self._transport:
            self._full = True
            self._transport.pause_reading()

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer and error is None and self._error is None:
            self._answer.closed()
        if self._answer is None or not self._answer.complete:
            self._error = self._error or httpx2.ReadError("The connection broke.")
        self._stop_timers()
        self._wake()
