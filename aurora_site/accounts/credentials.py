"""What a request brings to say who it is, the same for HTTP requests and websocket scopes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, parse_cookie
from django.utils.module_loading import import_string

from aurora_site.accounts.client_address import client_ip, is_loopback, was_forwarded

_SESSION_KEY = re.compile(r"[a-z0-9]{8,40}")
MAXIMUM_USER_AGENT = 200


@dataclass(frozen=True)
class Credentials:
    """Headers (asked for in lower case), the peer's address, the session of the cookie, a ticket where one counts, and
    the path of the event stream that the request opens, if any."""

    headers: Mapping[str, str]
    peer: str
    session: SessionBase | None = None
    ticket: str = ""
    stream: str = ""

    def header(self, name: str) -> str:
        """A header's value without surrounding blanks, empty if absent."""
        return (self.headers.get(name) or "").strip()

    @property
    def ip(self) -> str:
        return client_ip(self.peer, self.header("x-forwarded-for"))

    @property
    def user_agent(self) -> str:
        printable = "".join(character for character in self.header("user-agent") if character.isprintable())
        return printable[:MAXIMUM_USER_AGENT]

    @property
    def given(self) -> bool:
        """Whether there is anything to check at all."""
        named = ("authorization", "x-api-key", "x-user-id")
        return self.session is not None or bool(self.ticket) or any(self.header(name) for name in named)


def credentials_from_request(request: HttpRequest) -> Credentials:
    """Credentials of an HTTP request. A ticket counts only where an event stream is opened."""
    stream = request.path.rstrip("/") if _opens_event_stream(request) else ""
    ticket = request.GET.get("ticket", "") if stream else ""
    session = request.session if session_key_is_sound(request.session.session_key) else None
    return Credentials(request.headers, request.META.get("REMOTE_ADDR") or "", session, ticket, stream)


def credentials_from_scope(scope: Mapping[str, Any]) -> Credentials:
    """Credentials of a websocket. The session cookie counts only with an Origin that may use it, since browsers send
    cookies along with anyone's websocket."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope.get("headers", ()):
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]},{value}" if name in headers and name != "cookie" else value
    key = parse_cookie(headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME)
    session = None
    if session_key_is_sound(key) and origin_is_ours(headers.get("origin", ""), headers.get("host", "")):
        session = import_string(f"{settings.SESSION_ENGINE}.SessionStore")(key)
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"), max_num_fields=50)
    client = scope.get("client") or ("", 0)
    return Credentials(headers, client[0] or "", session, query.get("ticket", [""])[0])


def session_key_is_sound(key: str | None) -> bool:
    """Whether a cookie's value can be a session's key at all: nothing else is looked up."""
    return bool(key and _SESSION_KEY.fullmatch(key))


def origin_is_ours(origin: str, host: str) -> bool:
    """Whether a page of this origin may use the session: the server's own, or one of ``FRONTEND_URL``."""
    if origin in settings.CORS_ALLOWED_ORIGINS or origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(host) and parts.netloc.lower() == host.lower()


def _opens_event_stream(request: HttpRequest) -> bool:
    accepts_events = "text/event-stream" in request.headers.get("Accept", "")
    return request.method == "GET" and (accepts_events or request.path.rstrip("/").endswith("/stream"))


def is_local_developer(credentials: Credentials) -> bool:
    """Whether the request comes straight from this machine to a development server."""
    return (
        settings.AURORA_ENV == "development"
        and settings.AURORA_TRUSTED_PROXIES == 0
        and is_loopback(credentials.peer)
        and not was_forwarded(credentials.headers)
    )


def demo_is_open(credentials: Credentials) -> bool:
    """Whether a stranger may act as the demo learner."""
    return bool(settings.AURORA_DEMO) and is_local_developer(credentials)
