"""Requests to elsewhere: real servers on the loopback address, names that lead anywhere, answers that never end."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aurora_site.core.netguard import (
    Answer,
    Guard,
    Limits,
    OutboundError,
    OutboundFailed,
    OutboundRefused,
    OutboundTimeout,
    OutboundTooLarge,
)
from tests.loopback import LoopbackServer, certificate_for, read_request, reply, serving

PATIENCE = 10.0
LIMITS = Limits(connect_seconds=2, silence_seconds=2, total_seconds=PATIENCE, max_bytes=10_000)
QUICK = Limits(silence_seconds=0.2, total_seconds=0.5, max_bytes=10_000)


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with serving() as one:
        yield one


@pytest.fixture(autouse=True)
def loopback_admitted(settings: Any) -> None:
    settings.AURORA_OUTBOUND_ALLOW = ["127.0.0.1"]


def fetch(url: str, guard: Guard | None = None, method: str = "GET", **more: object) -> Answer:
    return (guard or Guard(for_configured=True, limits=LIMITS)).request(method, url, **more)  # type: ignore[arg-type]


def resolving(*addresses: str) -> tuple[list[str], object]:
    """A resolver that says one address after the other, and whom it was asked for."""
    asked: list[str] = []
    answers = list(addresses)

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return [answers.pop(0) if len(answers) > 1 else answers[0]]

    return asked, resolve


def test_a_request_and_its_answer(server: LoopbackServer) -> None:
    server.answers(reply("201 Created", b"done", "X-Kind: a"))

    answer = fetch(f"{server.url}/a?b=%20c", method="POST", headers={"X-Own": "1"}, body="grüße".encode())

    assert (answer.status, answer.body, answer.headers["x-kind"]) == (201, b"done", "a")
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /a?b=%20c HTTP/1.1"
    assert body.decode() == "grüße"
    expected = {f"host: 127.0.0.1:{server.port}", "x-own: 1", "content-length: 7", "accept-encoding: identity"}
    assert expected <= {line.lower() for line in lines}


def test_what_isnt_public_is_refused_before_a_connection(server: LoopbackServer) -> None:
    web = Guard(limits=LIMITS)  # as of a tool that calls what it was told: no list of an operator counts
    for host in ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]"):
        with pytest.raises(OutboundRefused, match="public internet"):
            fetch(f"http://{host}:{server.port}/", web)
    assert server.requests == []


def test_a_list_of_an_operator_counts_only_where_the_caller_says_so(server: LoopbackServer) -> None:
    assert fetch(server.url).status == 200
    with pytest.raises(OutboundRefused):
        fetch(server.url, Guard(limits=LIMITS))
    assert len(server.requests) == 1


def test_one_address_that_isnt_allowed_is_enough(server: LoopbackServer) -> None:
    guard = Guard(for_configured=True, resolve=lambda host, port: ["127.0.0.1", "169.254.169.254"], limits=LIMITS)
    with pytest.raises(OutboundRefused):
        fetch(f"http://mixed.example:{server.port}/", guard)
    assert server.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "//example.com/", "example.com", "", "http://",
        "http:///path", "http://user:password@example.com/", "http://user@example.com/", "http://exa mple.com/",
        "http://example.com\\@127.0.0.1/", "http://example.com/\r\nX: y", "http://[fe80::1%25eth0]/", "http://[::1",
        "http://example.com:99999/", "javascript:alert(1)", "http://example.com/" + "a" * 2000,
    ],
)  # fmt: skip
def test_what_is_no_plain_web_address_is_refused(url: str) -> None:
    asked, resolve = resolving("127.0.0.1")
    with pytest.raises(OutboundRefused):
        fetch(url, Guard(for_configured=True, resolve=resolve))  # type: ignore[arg-type]
    assert asked == []


def test_a_name_that_changes_its_mind_is_asked_once_and_its_address_kept(server: LoopbackServer) -> None:
    asked, resolve = resolving("127.0.0.1", "169.254.169.254")
    guard = Guard(for_configured=True, resolve=resolve, limits=LIMITS)  # type: ignore[arg-type]

    answer = fetch(f"http://rebinding.example:{server.port}/", guard)

    assert (answer.status, asked) == (200, ["rebinding.example"])
    assert f"host: rebinding.example:{server.port}".encode() in server.requests[0].lower()


def test_a_name_that_turns_private_is_refused_the_next_time(server: LoopbackServer) -> None:
    server.answers(reply("302 Found", b"", "Location: /again"))
    asked, resolve = resolving("127.0.0.1", "10.0.0.1")
    guard = Guard(for_configured=True, resolve=resolve, limits=LIMITS)  # type: ignore[arg-type]

    with pytest.raises(OutboundRefused, match="public internet"):
        fetch(f"http://rebinding.example:{server.port}/", guard)
    assert (len(asked), len(server.requests)) == (2, 1)


def test_tls_proves_the_name_while_the_address_is_pinned(tmp_path: Path) -> None:
    server_side, client_side = certificate_for("hooks.example", tmp_path)
    names: list[str] = []
    server_side.sni_callback = lambda _socket, name, _context: names.append(name)
    _, resolve = resolving("127.0.0.1")
    guard = Guard(for_configured=True, resolve=resolve, tls=client_side, limits=LIMITS)  # type: ignore[arg-type]
    with serving(server_side) as server:
        assert fetch(f"https://hooks.example:{server.port}/", guard).status == 200
        with pytest.raises(OutboundFailed, match="certificate isn't trusted"):
            fetch(f"https://other.example:{server.port}/", guard)
        with pytest.raises(OutboundFailed, match="certificate isn't trusted"):
            fetch(f"https://hooks.example:{server.port}/", Guard(for_configured=True, resolve=resolve, limits=LIMITS))  # type: ignore[arg-type]
    assert names == ["hooks.example", "other.example", "hooks.example"]
    assert len(server.requests) == 1


def test_redirects_are_followed_and_each_is_checked(server: LoopbackServer) -> None:
    server.answers(reply("302 Found", b"", "Location: /next?q=1"), reply("200 OK", b"there"))
    answer = fetch(f"{server.url}/first", method="POST", body=b"text")
    assert (answer.body, answer.url) == (b"there", f"{server.url}/next?q=1")
    assert server.requests[1].startswith(b"GET /next?q=1 HTTP/1.1")
    assert b"text" not in server.requests[1]


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("http://10.0.0.1/", "public internet"),
        ("http://[::1]/", "public internet"),
        ("//169.254.169.254/latest/meta-data", "public internet"),
        ("file:///etc/passwd", "http://"),
        ("http://user:word@127.0.0.1/", "password"),
        ("http://[broken", "no host"),
    ],
)
def test_a_redirect_to_where_nobody_may_go_is_refused(server: LoopbackServer, location: str, why: str) -> None:
    server.answers(reply("307 Temporary Redirect", b"", f"Location: {location}"))
    with pytest.raises(OutboundRefused, match=why):
        fetch(server.url)
    assert len(server.requests) == 1


def test_a_redirect_from_tls_to_plain_text_is_refused(tmp_path: Path) -> None:
    server_side, client_side = certificate_for("127.0.0.1", tmp_path)
    with serving(server_side) as server:
        server.answers(reply("302 Found", b"", "Location: http://127.0.0.1/"))
        with pytest.raises(OutboundRefused, match="from https to http"):
            fetch(server.url, Guard(for_configured=True, tls=client_side, limits=LIMITS))


def test_credentials_stay_with_their_origin(server: LoopbackServer) -> None:
    with serving() as other:
        server.answers(reply("307 Temporary Redirect", b"", f"Location: {other.url}/x"))
        fetch(server.url, method="POST", headers={"Authorization": "Bearer s", "X-Key": "k"}, body=b"text")
    assert b"authorization: Bearer s" in server.requests[0]
    assert other.requests[0].startswith(b"POST /x")
    assert b"Bearer" not in other.requests[0]
    assert b"x-key" not in other.requests[0].lower()


def test_redirects_end(server: LoopbackServer) -> None:
    server.answers(reply("302 Found", b"", "Location: /again"))
    with pytest.raises(OutboundRefused, match="more than 3 times"):
        fetch(server.url)
    assert len(server.requests) == 4


def test_without_redirects_the_redirect_is_the_answer(server: LoopbackServer) -> None:
    server.answers(reply("302 Found", b"", "Location: http://10.0.0.1/"))
    answer = fetch(server.url, Guard(for_configured=True, limits=Limits(max_redirects=0)))
    assert (answer.status, answer.headers["location"]) == (302, "http://10.0.0.1/")


def test_a_large_body_is_refused_or_cut(server: LoopbackServer) -> None:
    def endless(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 4096)

    server.handles(endless)
    with pytest.raises(OutboundTooLarge, match="10000 bytes"):
        fetch(server.url)
    cut = fetch(server.url, Guard(for_configured=True, limits=Limits(max_bytes=100, cut=True)))
    assert (cut.status, cut.body) == (200, b"x" * 100)


def test_a_drip_ends_with_the_deadline(server: LoopbackServer) -> None:
    ended = threading.Event()

    def drip(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while not ended.wait(0.02):
            connection.sendall(b"x")

    server.handles(drip)
    began = time.monotonic()
    with pytest.raises(OutboundTimeout):
        fetch(server.url, Guard(for_configured=True, limits=QUICK))
    ended.set()
    assert time.monotonic() - began < PATIENCE


@pytest.mark.parametrize("silent_from", ["the beginning", "the head", "the body"])
def test_silence_ends_a_request(server: LoopbackServer, silent_from: str) -> None:
    ended = threading.Event()

    def silent(connection: socket.socket) -> None:
        if silent_from != "the beginning":
            read_request(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\n" + (b"\r\nx" if silent_from == "the body" else b""))
        ended.wait(PATIENCE)

    server.handles(silent)
    with pytest.raises(OutboundTimeout):
        fetch(server.url, Guard(for_configured=True, limits=QUICK))
    ended.set()


def test_who_reads_nothing_ends_a_request(server: LoopbackServer) -> None:
    ended = threading.Event()
    server.handles(lambda _connection: ended.wait(PATIENCE) and None)
    with pytest.raises(OutboundTimeout):
        fetch(server.url, Guard(for_configured=True, limits=QUICK), method="POST", body=b"x" * 20_000_000)
    ended.set()


def test_a_resolver_that_hangs_ends_a_request() -> None:
    ended = threading.Event()

    def hanging(host: str, port: int) -> list[str]:
        ended.wait(PATIENCE)
        return []

    with pytest.raises(OutboundTimeout, match=r"slow\.example"):
        fetch("http://slow.example/", Guard(for_configured=True, resolve=hanging, limits=QUICK))
    ended.set()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 500_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(50_000)) + b"\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=["a long header", "many headers", "not HTTP", "nothing", "half a body", "broken chunks"],
)
def test_what_isnt_a_whole_answer_is_a_failure(server: LoopbackServer, answer: bytes) -> None:
    server.answers(answer)
    with pytest.raises(OutboundFailed):
        fetch(server.url)


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(OutboundFailed, match=r"127\.0\.0\.1 can't be reached"):
        fetch(f"http://127.0.0.1:{port}/")
    with pytest.raises(OutboundFailed, match="has no address"):
        fetch("http://nowhere.invalid/", Guard(for_configured=True, resolve=lambda host, port: []))


def test_a_header_cant_hold_another(server: LoopbackServer) -> None:
    with pytest.raises(OutboundError):
        fetch(server.url, headers={"X-Own": "a\r\nX-Other: b"})
    assert server.requests == []


def test_proxies_of_the_environment_arent_used(server: LoopbackServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        assert fetch(server.url).status == 200
    assert proxy.requests == []
