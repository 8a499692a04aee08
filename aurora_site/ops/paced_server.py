"""daphne at the pace of its readers: a streamed answer goes on when its reader took what was sent.

daphne itself accepts whatever an application sends and keeps it in memory; a slow reader of a large export, or a stalled one
of a long stream, would fill the process.
"""

from __future__ import annotations

import asyncio
from typing import Any

from daphne import server  # first: it installs the reactor that runs on asyncio
from daphne.http_protocol import WebRequest
from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer


@implementer(IPushProducer)
class Pace:
    """What the transport tells while one answer is streamed: to pause when its buffer is full, to go on when it is empty."""

    def __init__(self) -> None:
        self._free = asyncio.Event()
        self._free.set()

    def pauseProducing(self) -> None:  # noqa: N802 Twisted's names
        self._free.clear()

    def resumeProducing(self) -> None:  # noqa: N802
        self._free.set()

    def stopProducing(self) -> None:  # noqa: N802
        """The connection is gone; what is sent from now on is dropped."""
        self._free.set()

    async def wait(self) -> None:
        """Return when the transport takes more."""
        await self._free.wait()


class PacedServer(server.Server):
    """daphne's server; sending a part of an answer returns once its reader is ready for the next."""

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        if not isinstance(protocol, WebRequest) or message["type"] != "http.response.body":
            await super().handle_reply(protocol, message)
            return
        has_more = message.get("more_body", False)
        if _is_open(protocol):
            if has_more and protocol.producer is None:
                protocol.registerProducer(Pace(), True)
            elif not has_more and protocol.producer is not None:
                protocol.unregisterProducer()
        await super().handle_reply(protocol, message)
        if not _is_open(protocol):
            # Let the application learn that its reader is gone, however fast it sends.
            await asyncio.sleep(0)
        elif has_more and isinstance(protocol.producer, Pace):
            await protocol.producer.wait()


def _is_open(request: WebRequest) -> bool:
    """Whether the answer still goes somewhere. Twisted takes the channel away from a request that is done."""
    return getattr(request, "channel", None) is not None and not request.finished
