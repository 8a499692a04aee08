"""One HTTP/1.1 response out of the bytes of its connection, parsed by llhttp (httptools)."""

from __future__ import annotations

import httptools
import httpx2

MOST_HEAD_BYTES = 64 * 1024
Headers = list[tuple[bytes, bytes]]


class HttpAnswer:
    """Feed it what arrives; ``status`` is 0 until the head is there, and ``take`` gives the body as far as it is.

    ``complete`` when the body is whole; ``keeps_alive`` when another request may follow on the connection.
    """

    def __init__(self) -> None:
        self.status = 0
        self.headers: Headers = []
        self.complete = False
        self.keeps_alive = False
        self.buffered = 0
        self._parser = httptools.HttpResponseParser(self)
        self._parts: list[bytes] = []
        self._head_bytes = 0
        self._has_length = False
        self._surplus = False

    @property
    def succeeded(self) -> bool:
        return 200 <= self.status < 300

    def feed(self, received: bytes) -> None:
        """Raises httpx2.RemoteProtocolError for what isn't HTTP, or more than was asked for."""
        try:
            self._parser.feed_data(received)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self.keeps_alive = False
            raise httpx2.RemoteProtocolError(f"The server's answer isn't HTTP ({type(error).__name__}).") from error
        if self._surplus:
            self.keeps_alive = False
            raise httpx2.RemoteProtocolError("The server sends what nobody asked for.")
        if not self.status:
            self._head_bytes += len(received)
            if self._head_bytes > MOST_HEAD_BYTES:
                raise httpx2.RemoteProtocolError("The server's headers are too long.")

    def closed(self) -> None:
        """The connection ended in order, which ends a body without a length."""
        self.complete = self.complete or bool(self.status and not self._has_length)

    def take(self) -> bytes:
        """What of the body came since the last time; nothing if nothing did."""
        body = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._parts.clear()
        self.buffered = 0
        return body

    # What the parser calls. A raised exception would lose its type there.

    def on_message_begin(self) -> None:
        self._surplus = self.complete

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._surplus:
            return
        self.headers.append((name, value))
        if name.lower() in {b"content-length", b"transfer-encoding"}:
            self._has_length = True

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:
            # An interim response: the real one follows.
            self.headers.clear()
            self._has_length = False
        elif not self._surplus:
            self.status = status

    def on_body(self, body: bytes) -> None:
        if not self._surplus:
            self._parts.append(body)
            self.buffered += len(body)

    def on_message_complete(self) -> None:
        if self.status and not self._surplus:
            self.complete = True
            self.keeps_alive = self._parser.should_keep_alive()
