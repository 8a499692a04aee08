"""Connections to addresses that were checked, within a deadline: httpcore2's network layer for the guard."""

from __future__ import annotations

import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import httpcore2

from aurora_site.core.netguard.addresses import Address, Allowed, is_public, unmapped
from aurora_site.core.netguard.errors import OutboundFailed, OutboundRefused, OutboundTimeout

# A host's addresses as texts, from its name and port.
Resolver = Callable[[str, int], Sequence[str]]
MOST_TRIED_ADDRESSES = 4


def system_resolver(host: str, port: int) -> list[str]:
    """What the operating system answers, best first. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Deadline:
    """The end of a request with all its redirects."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self, at_most: float) -> float:
        """Seconds that are left, up to ``at_most``. Raises OutboundTimeout."""
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise OutboundTimeout("It took longer than allowed.")
        return min(seconds, at_most)


class PinningBackend(httpcore2.NetworkBackend):
    """Resolves a name once, checks every address it leads to, and connects to one of those; TLS and the Host header,
    which are made elsewhere, keep the name."""

    def __init__(self, resolve: Resolver, allowed: Allowed, deadline: Deadline, silence: float) -> None:
        self._resolve = resolve
        self._allowed = allowed
        self._deadline = deadline
        self._silence = silence

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        failure: OSError = OSError("no address")
        for address in self._checked(host, port)[:MOST_TRIED_ADDRESSES]:
            try:
                return self._connected(address, port, self._deadline.left(timeout or self._silence))
            except OSError as error:
                failure = error
        if isinstance(failure, TimeoutError):
            raise OutboundTimeout(f"{host} doesn't answer.") from failure
        raise OutboundFailed(f"{host} can't be reached.") from failure

    def _connected(self, address: Address, port: int, seconds: float) -> httpcore2.NetworkStream:
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            connection.settimeout(seconds)
            connection.connect((str(address), port))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except BaseException:
            connection.close()
            raise
        return TimedStream(connection, self._deadline, self._silence)

    def _checked(self, host: str, port: int) -> list[Address]:
        """The addresses of a host. One that isn't allowed is enough to refuse them all."""
        addresses = [_address(text) for text in self._resolved(host, port)]
        if not addresses:
            raise OutboundFailed(f"{host} has no address.")
        if not all(is_public(address) or self._allowed.admits(host, address) for address in addresses):
            raise OutboundRefused(
                f"{host} isn't on the public internet. An operator can admit it for notifications and connectors with "
                "AURORA_OUTBOUND_ALLOW."
            )
        return addresses

    def _resolved(self, host: str, port: int) -> Sequence[str]:
        """Ask in a thread of its own: the system's resolver knows no deadline."""
        outcome: queue.Queue[Sequence[str] | Exception] = queue.Queue(1)

        def ask() -> None:
            try:
                outcome.put(self._resolve(host, port))
            except (OSError, UnicodeError) as error:
                outcome.put(error)

        threading.Thread(target=ask, name="resolver", daemon=True).start()
        try:
            found = outcome.get(timeout=self._deadline.left(self._silence))
        except queue.Empty:
            raise OutboundTimeout(f"The address of {host} wasn't found in time.") from None
        if isinstance(found, Exception):
            raise OutboundFailed(f"{host} has no address.") from found
        return found


class TimedStream(httpcore2.NetworkStream):
    """A socket, each of whose steps ends with the deadline or after so long a silence."""

    def __init__(self, connection: socket.socket, deadline: Deadline, silence: float) -> None:
        self._socket = connection
        self._deadline = deadline
        self._silence = silence

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._socket.settimeout(self._deadline.left(self._silence))
        try:
            return self._socket.recv(max_bytes)
        except TimeoutError as error:
            raise OutboundTimeout("The other side stayed silent.") from error
        except OSError as error:
            raise httpcore2.ReadError(str(error)) from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        rest = memoryview(buffer)
        while rest:
            self._socket.settimeout(self._deadline.left(self._silence))
            try:
                rest = rest[self._socket.send(rest) :]
            except TimeoutError as error:
                raise OutboundTimeout("The other side reads nothing.") from error
            except OSError as error:
                raise httpcore2.WriteError(str(error)) from error

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        self._socket.settimeout(self._deadline.left(self._silence))
        try:
            wrapped = ssl_context.wrap_socket(self._socket, server_hostname=server_hostname)
        except TimeoutError as error:
            self.close()
            raise OutboundTimeout("The other side stayed silent.") from error
        except ssl.SSLCertVerificationError as error:
            self.close()
            raise OutboundFailed(f"The certificate isn't trusted: {error.verify_message}.") from error
        except OSError as error:
            self.close()
            raise OutboundFailed("No TLS connection came about.") from error
        return TimedStream(wrapped, self._deadline, self._silence)

    def close(self) -> None:
        self._socket.close()

    def get_extra_info(self, info: str) -> Any:
        return self._socket if info == "socket" else None


def _address(text: str) -> Address:
    try:
        return unmapped(ipaddress.ip_address(text))
    except ValueError as error:
        raise OutboundRefused("The name led to something that is no address.") from error
