"""The HTTP/1.1 transport under models: any cut of the bytes, connections used again, bounds, and closing at once."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import itertools
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.providers import connection as connections
from agents.providers import transport as transports
from agents.providers.transport import StreamingTransport, http_client
from tests.model_server import ModelServer

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"


@asynccontextmanager
async def serving(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """A server whose connections a handler answers; its address."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    try:
        yield f"http{'s' if tls else ''}://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    finally:
        server.close()


async def request_of(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line[16:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length: "))
    return head + await reader.readexactly(length)


def answering(*parts: bytes, requests: list[bytes] | None = None, times: int = 100) -> Handler:
    """Answers each request with the same bytes, part by part; closes after so many."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(times):
            request = await request_of(reader)
            if requests is not None:
                requests.append(request)
            for part in parts:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0)

    return handler


def client() -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=StreamingTransport(), timeout=httpx2.Timeout(2))


async def fetch(http: httpx2.AsyncClient, url: str, **more: Any) -> tuple[int, bytes]:
    async with http.stream("POST", url, content=b"question", **more) as response:
        return response.status_code, b"".join([part async for part in response.aiter_raw()])


RESPONSES = {
    "chunked": OK + b"Transfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n6;x=y\r\nefghij\r\n0\r\nTrailer: 1\r\n\r\n",
    "length": OK + b"Content-Length: 10\r\n\r\nabcdefghij",
    "interim": b"HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\n" + OK + b"Content-Length: 10\r\n\r\nabcdefghij",
}


@settings(max_examples=60)
@given(shape=st.sampled_from(sorted(RESPONSES)), places=st.lists(st.integers(0, 200), max_size=5))
def test_any_cut_of_the_bytes_gives_the_body(shape: str, places: list[int]) -> None:
    whole = RESPONSES[shape]
    bounds = [0, *sorted(place % len(whole) for place in places), len(whole)]
    parts = [whole[start:end] for start, end in itertools.pairwise(bounds)]

    async def run() -> None:
        async with serving(answering(*parts)) as url, client() as http:
            assert await fetch(http, url) == (200, b"abcdefghij")
            assert await fetch(http, url) == (200, b"abcdefghij")

    asyncio.run(run())


async def test_a_body_may_end_with_the_connection() -> None:
    async with serving(answering(OK + b"\r\nabcdefghij", times=1)) as url, client() as http:
        assert await fetch(http, url) == (200, b"abcdefghij")


async def test_the_request_arrives_as_it_was_made() -> None:
    requests: list[bytes] = []
    async with serving(answering(RESPONSES["length"], requests=requests)) as url, client() as http:
        await fetch(http, url + "/chat/completions?a=b", headers={"X-Thing": "one"})
    head, _, body = requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v1/chat/completions?a=b HTTP/1.1\r\n")
    assert b"X-Thing: one" in head.split(b"\r\n")
    assert b"Content-Length: 8" in head.split(b"\r\n")
    assert f"Host: {url[7:-3]}".encode() in head.split(b"\r\n")
    assert body == b"question"


async def test_a_connection_is_used_again_and_a_new_one_made_where_it_was_closed_meanwhile() -> None:
    ports: list[int] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(2):
            await request_of(reader)
            ports.append(writer.get_extra_info("peername")[1])
            writer.write(RESPONSES["chunked"])

    async with serving(handler) as url, client() as http:
        for _ in range(4):
            assert await fetch(http, url) == (200, b"abcdefghij")
    assert ports[0] == ports[1]
    assert ports[2] == ports[3] != ports[0]


async def test_a_request_that_meets_a_closed_idle_connection_is_sent_again_but_one_that_was_answered_is_not() -> None:
    """The server takes the second request of a connection and closes: silently, then after a beginning."""
    requests = 0

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal requests
        await request_of(reader)
        requests += 1
        writer.write(RESPONSES["length"])
        await request_of(reader)
        requests += 1
        if requests > 3:
            writer.write(b"HTTP/1.1 200")

    async with serving(handler) as url, client() as http:
        await fetch(http, url)
        assert await fetch(http, url) == (200, b"abcdefghij")
        assert requests == 3
        with pytest.raises(httpx2.ReadError):
            await fetch(http, url)
        assert requests == 4


async def test_a_connection_with_more_than_was_asked_for_is_not_used_again() -> None:
    surplus = RESPONSES["length"] + b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong"
    async with serving(answering(surplus)) as url, client() as http:
        for _ in range(3):
            assert await fetch(http, url) == (200, b"abcdefghij")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"", httpx2.ReadError),
        (OK, httpx2.ReadError),
        (OK + b"Content-Length: 20\r\n\r\nabc", httpx2.ReadError),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n4\r\nab", httpx2.ReadError),
        (b"SSH-2.0-OpenSSH_9.9\r\n", httpx2.RemoteProtocolError),
        (OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", httpx2.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000, httpx2.RemoteProtocolError),
        (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", httpx2.RemoteProtocolError),
    ],
)
async def test_what_breaks_off_or_is_no_http(answer: bytes, error: type[Exception]) -> None:
    async with serving(answering(answer, times=1)) as url, client() as http:
        with pytest.raises(error):
            await fetch(http, url)


async def test_nobody_there_and_names_that_are_none() -> None:
    async with client() as http:
        for url in ("http://127.0.0.1:9/v1", f"http://{'x' * 70}.invalid/v1"):
            with pytest.raises(httpx2.ConnectError):
                await fetch(http, url)


async def test_a_line_break_cannot_enter_the_head() -> None:
    requests: list[bytes] = []
    async with serving(answering(RESPONSES["length"], requests=requests)) as url, client() as http:
        with pytest.raises(httpx2.LocalProtocolError):
            await fetch(http, url, headers={"Authorization": "Bearer a\r\nX-Injected: 1"})
    assert requests == []


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\n", OK + b"Content-Length: 9\r\n\r\nab"])
async def test_silence_is_bounded_and_closes_the_connection(start: bytes) -> None:
    closed = asyncio.Event()

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(start)
        assert await reader.read() == b""
        closed.set()

    async with serving(handler) as url, client() as http:
        with pytest.raises(httpx2.ReadTimeout):
            await fetch(http, url, timeout=0.2)
        await asyncio.wait_for(closed.wait(), 5)


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 500 No\r\nContent-Length: 99999\r\n\r\n"])
async def test_a_head_or_an_error_must_be_there_in_time_however_it_trickles(start: bytes) -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(start)
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with serving(handler) as url, client() as http:
        with pytest.raises(httpx2.ReadTimeout):
            await asyncio.wait_for(fetch(http, url, timeout=0.3), 5)


async def test_of_an_endless_error_only_the_beginning_is_read() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(b"HTTP/1.1 500 No\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    async with serving(handler) as url, client() as http:
        status, body = await asyncio.wait_for(fetch(http, url), 5)
    assert status == 500
    assert connections.MOST_ERROR_BYTES < len(body) < 8 * connections.MOST_ERROR_BYTES


async def test_closing_a_stream_closes_its_connection_at_once(model_server: ModelServer) -> None:
    """The server notices although the event loop does nothing more."""
    async with client() as http:
        url = f"{model_server.url}/chat/completions"
        async with http.stream("POST", url, json={"model": "slow", "stream": True}) as response:
            assert await anext(response.aiter_raw())
            assert not model_server.closed_early.is_set()
        assert model_server.closed_early.wait(5)


async def test_a_cancelled_request_closes_its_connection_too() -> None:
    asked, closed = asyncio.Event(), asyncio.Event()

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        asked.set()
        await reader.read()
        closed.set()

    async with serving(handler) as url, client() as http:
        task = asyncio.ensure_future(fetch(http, url))
        await asyncio.wait_for(asked.wait(), 5)
        task.cancel()
        await asyncio.wait_for(closed.wait(), 1)
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_reader_that_falls_behind_makes_the_server_wait_and_loses_nothing() -> None:
    sent = 0
    whole = 64 * 1024 * 1024

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await request_of(reader)
        writer.write(OK + b"Content-Length: %d\r\n\r\n" % whole)
        while sent < whole:
            writer.write(b"x" * 65536)
            sent += 65536
            await writer.drain()

    async with serving(handler) as url, client() as http, http.stream("POST", url, content=b"") as response:
        stream = response.aiter_raw()
        received = len(await anext(stream))
        before = -1
        while sent != before:
            before = sent
            await asyncio.sleep(0.1)
        assert sent < whole / 2
        async for part in stream:
            received += len(part)
    assert received == sent == whole


async def test_many_streams_wait_a_little_for_more_and_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "READS_PER_SECOND", 10)
    pieces = [b"%03d" % number for number in range(200)]

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(OK + b"Transfer-Encoding: chunked\r\n\r\n")
        for piece in pieces:
            writer.write(b"3\r\n" + piece + b"\r\n")
            await asyncio.sleep(0.001)
        writer.write(b"0\r\n\r\n")
        await writer.drain()

    async def parts(http: httpx2.AsyncClient, url: str) -> list[bytes]:
        async with http.stream("POST", url, content=b"") as response:
            return [part async for part in response.aiter_raw()]

    async with serving(handler) as url, client() as http:
        for each in await asyncio.gather(*(parts(http, url) for _ in range(5))):
            assert b"".join(each) == b"".join(pieces)
            assert each[0] == pieces[0]
            assert len(each) < len(pieces) / 2


async def test_idle_connections_are_closed_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transports, "IDLE_SECONDS", 0.05)
    closed = asyncio.Event()

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(RESPONSES["length"])
        assert await reader.read() == b""
        closed.set()

    async with serving(handler) as url, client() as http:
        await fetch(http, url)
        await asyncio.wait_for(closed.wait(), 5)


def test_behind_a_proxy_the_client_is_httpx2s_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "models.example")
    assert not isinstance(http_client("https://api.openai.com/v1")._transport, StreamingTransport)
    assert isinstance(http_client("https://models.example/v1")._transport, StreamingTransport)
    assert isinstance(http_client("http://localhost:11434/v1")._transport, StreamingTransport)


def certificate(folder: Path) -> Path:
    """A key and a certificate for 127.0.0.1 that signs itself, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a model's server")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    file = folder / "server.pem"
    file.write_bytes(key.private_bytes(encoding, form, serialization.NoEncryption()) + made.public_bytes(encoding))
    return file


async def test_tls_is_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = certificate(tmp_path)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(file)
    async with serving(answering(RESPONSES["chunked"]), tls) as url, client() as http:
        transports._tls.cache_clear()
        with pytest.raises(httpx2.ConnectError):
            await fetch(http, url)
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        transports._tls.cache_clear()
        assert await fetch(http, url) == (200, b"abcdefghij")
        assert await fetch(http, url) == (200, b"abcdefghij")
    transports._tls.cache_clear()
