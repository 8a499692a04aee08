"""Requests through the guard, redirects and bounds included."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import lru_cache

import httpcore2
import httpx2
from django.conf import settings

from aurora_site.core.netguard.addresses import Allowed
from aurora_site.core.netguard.connecting import Deadline, PinningBackend, Resolver, system_resolver
from aurora_site.core.netguard.errors import OutboundFailed, OutboundRefused, OutboundTooLarge

LONGEST_URL = 2000
REDIRECTS = (301, 302, 303, 307, 308)
# What may follow a redirect to another origin; credentials may not.
KEPT_HEADERS = frozenset({"accept", "accept-language", "user-agent"})


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Seconds for connecting, for each silence, and for everything with redirects; bytes of the answer's body; redirects
    that are followed (0: the redirect itself is the answer). A body that is ``cut`` ends at the limit, else is refused."""

    connect_seconds: float = 5.0
    silence_seconds: float = 10.0
    total_seconds: float = 30.0
    max_bytes: int = 1_000_000
    max_redirects: int = 3
    cut: bool = False


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer as it came, not decompressed. ``url`` is the one that gave it."""

    status: int
    headers: httpx2.Headers
    body: bytes
    url: str


@dataclass(frozen=True)
class _Request:
    method: str
    url: httpx2.URL
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Guard:
    """Makes requests. ``for_configured`` says that an operator or administrator chose the address (notifications,
    connectors), so that AURORA_OUTBOUND_ALLOW counts. ``resolve`` and ``tls`` can be replaced."""

    for_configured: bool = False
    limits: Limits = field(default_factory=Limits)
    resolve: Resolver = system_resolver
    tls: ssl.SSLContext | None = None

    def request(self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Answer:
        """Send a request and read the whole answer, whatever its status. Raises OutboundError."""
        deadline = Deadline(self.limits.total_seconds)
        asked = _Request(method, checked_url(url), dict(headers or {}), body)
        for _ in range(self.limits.max_redirects):
            answer = self._sent(asked, deadline)
            following = _redirected(asked, answer)
            if following is None:
                return answer
            asked = following
        answer = self._sent(asked, deadline)
        if self.limits.max_redirects and _redirected(asked, answer):
            raise OutboundRefused(f"It redirects more than {self.limits.max_redirects} times.")
        return answer

    def _sent(self, asked: _Request, deadline: Deadline) -> Answer:
        allowed = Allowed.parse(settings.AURORA_OUTBOUND_ALLOW) if self.for_configured else Allowed()
        target = httpcore2.URL(
            scheme=asked.url.raw_scheme, host=asked.url.raw_host, port=asked.url.port, target=asked.url.raw_path
        )
        connection = httpcore2.HTTPConnection(
            origin=target.origin,
            ssl_context=self.tls or _tls(),
            network_backend=PinningBackend(self.resolve, allowed, deadline, self.limits.silence_seconds),
        )
        request = httpcore2.Request(
            asked.method,
            target,
            headers=_header_lines(asked),
            content=asked.body,
            extensions={"timeout": {"connect": self.limits.connect_seconds}},
        )
        try:
            with closing(connection), closing(connection.handle_request(request)) as response:
                body = b"" if response.status in REDIRECTS else self._body(response)
                headers = httpx2.Headers(response.headers)
                return Answer(status=response.status, headers=headers, body=body, url=str(asked.url))
        except httpcore2.LocalProtocolError as error:
            raise OutboundRefused(f"The request isn't HTTP: {error}") from error
        except httpcore2.RemoteProtocolError as error:
            raise OutboundFailed(f"{asked.url.host} doesn't speak HTTP: {error}") from error
        except httpcore2.NetworkError as error:
            raise OutboundFailed(f"The connection to {asked.url.host} broke.") from error

    def _body(self, response: httpcore2.Response) -> bytes:
        body = bytearray()
        for part in response.iter_stream():
            body += part
            if len(body) > self.limits.max_bytes:
                if not self.limits.cut:
                    raise OutboundTooLarge(f"The answer has more than {self.limits.max_bytes} bytes.")
                break
        return bytes(body[: self.limits.max_bytes])


def checked_url(text: str) -> httpx2.URL:
    """An http or https address with a host and without credentials. Raises OutboundRefused, saying what is wrong.

    It doesn't say whether the host may be called: that is known when it has been resolved.
    """
    if len(text) > LONGEST_URL:
        raise OutboundRefused(f"The address is longer than {LONGEST_URL} characters.")
    if any(character <= " " or character in "\\\x7f" for character in text):
        raise OutboundRefused("The address has a space, a backslash or a control character.")
    try:
        url = httpx2.URL(text)
    except (httpx2.InvalidURL, ValueError, TypeError) as error:
        raise OutboundRefused("This is no address.") from error
    if url.scheme not in ("http", "https"):
        raise OutboundRefused("The address must begin with http:// or https://.")
    if url.userinfo:
        raise OutboundRefused("The address has a name or password in it.")
    if not url.raw_host or b"%" in url.raw_host:
        raise OutboundRefused("The address has no host.")
    if url.port is not None and not 0 < url.port < 65536:
        raise OutboundRefused("The address has a port that doesn't exist.")
    return url


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return httpcore2.default_ssl_context()


def _redirected(asked: _Request, answer: Answer) -> _Request | None:
    """The request that a redirect asks for (RFC 9110, section 15.4); None if it isn't one."""
    location = answer.headers.get("location", "")
    if answer.status not in REDIRECTS or not location:
        return None
    try:
        url = checked_url(str(asked.url.join(location)))
    except httpx2.InvalidURL as error:
        raise OutboundRefused("It redirects to what is no address.") from error
    if asked.url.scheme == "https" and url.scheme != "https":
        raise OutboundRefused("It redirects from https to http.")
    following = replace(asked, url=url)
    if answer.status == 303 or (answer.status in (301, 302) and asked.method == "POST"):
        following = replace(following, method="GET", body=b"")
    if (url.scheme, url.raw_host, url.port) != (asked.url.scheme, asked.url.raw_host, asked.url.port):
        kept = {name: value for name, value in asked.headers.items() if name.lower() in KEPT_HEADERS}
        following = replace(following, headers=kept)
    return following


def _header_lines(asked: _Request) -> list[tuple[str, str]]:
    own = {"host": asked.url.netloc.decode("ascii"), "accept-encoding": "identity", "connection": "close"}
    if asked.body or asked.method not in ("GET", "HEAD"):
        own["content-length"] = str(len(asked.body))
    given = {name.lower(): value for name, value in asked.headers.items()}
    return list(({"user-agent": "Aurora", "accept": "*/*"} | given | own).items())
