"""A proxy that breaks event streams off at random places, in the middle of a frame as well as between two."""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class CuttingProxy:
    """Passes bytes on; the first ``cuts`` responses to requests for ``/stream`` end after a random number of them, and
    ``all_cut`` is set with the last. While ``down`` is set nothing passes."""

    def __init__(self, port: int, cuts: int, seed: int) -> None:
        self.cuts = cuts
        self.made = 0
        self.all_cut = threading.Event()
        self.down = threading.Event()
        self._upstream = ("127.0.0.1", port)
        self._random = random.Random(seed)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self, client: socket.socket) -> None:
        """One connection carries one request: it is closed after the response, so that each can be cut by itself."""
        with client, socket.create_connection(self._upstream) as server, suppress(OSError):
            head = _read_head(client)
            if head and not self.down.is_set():
                server.sendall(_closing(head))
                threading.Thread(target=_pass_on, args=(client, server), daemon=True).start()
                self._answer(client, server, self._room() if b"/stream" in head.split(b"\r\n", 1)[0] else None)
            # Closing alone tells nobody while the other thread still reads.
            for end in (client, server):
                end.shutdown(socket.SHUT_RDWR)

    def _answer(self, client: socket.socket, server: socket.socket, room: int | None) -> None:
        while (part := server.recv(65536)) and not self.down.is_set():
            client.sendall(part if room is None else part[:room])
            if room is not None and len(part) >= room:
                return
            room = None if room is None else room - len(part)

    def _room(self) -> int | None:
        """After how many bytes the response is cut; None when it isn't."""
        with self._lock:
            if self.made == self.cuts:
                return None
            self.made += 1
            if self.made == self.cuts:
                self.all_cut.set()
            return self._random.randint(500, 2000)


def _read_head(client: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        part = client.recv(65536)
        if not part:
            return b""
        data += part
    return data


def _closing(head: bytes) -> bytes:
    """The request, asking for the connection to be closed after the response."""
    first, _, rest = head.partition(b"\r\n")
    lines, _, body = rest.partition(b"\r\n\r\n")
    kept = [line for line in lines.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    return b"\r\n".join([first, *kept, b"Connection: close", b"", body])


def _pass_on(client: socket.socket, server: socket.socket) -> None:
    with suppress(OSError):
        while part := client.recv(65536):
            server.sendall(part)


@contextmanager
def cutting_proxy(port: int, *, cuts: int, seed: int = 1) -> Iterator[CuttingProxy]:
    proxy = CuttingProxy(port, cuts, seed)
    threading.Thread(target=proxy.serve, daemon=True).start()
    try:
        yield proxy
    finally:
        proxy.close()
