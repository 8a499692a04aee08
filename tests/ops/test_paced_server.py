"""daphne sends at the pace of its readers, and notices that one is gone."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from tests.live import ROOT

pytestmark = pytest.mark.any_main
PIECE = b"x" * 64 * 1024  # what the server sends; importing it would install its reactor here
MOST_AHEAD = 16 * 1024 * 1024  # what the sockets of both sides hold, with room to spare


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    command = [sys.executable, "-m", "tests.ops.endless_stream"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()
        assert process.stderr.read() == ""


def ask(port: int, path: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    finally:
        connection.close()


def seen(port: int) -> tuple[int, int]:
    sent, streams = ask(port, "/seen").split()
    return int(sent), int(streams)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_stalled_reader_stops_the_stream_until_it_reads_on_or_goes(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as reader:
        reader.sendall(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
        wait_until(lambda: seen(port)[0] > 0)
        before = -1

        def stands_still() -> bool:
            nonlocal before
            before, last = seen(port)[0], before
            return before == last

        wait_until(stands_still)
        assert before * len(PIECE) < MOST_AHEAD
        taken = 0
        while taken < 2 * MOST_AHEAD:
            taken += len(reader.recv(1 << 20))
        assert (seen(port)[0] + 2) * len(PIECE) > MOST_AHEAD
        assert seen(port)[0] * len(PIECE) - taken < MOST_AHEAD
        assert seen(port)[1] == 1
    wait_until(lambda: seen(port)[1] == 0)


def test_an_answer_in_parts_comes_whole_and_the_connection_serves_the_next(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    for _ in range(2):
        connection.request("GET", "/short")
        assert connection.getresponse().read() == PIECE * 50 + b"end"
    connection.close()
