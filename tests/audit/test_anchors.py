"""Anchors: saved heads reach a file or an address, however slow or broken, and sealing never waits for them.

None of these tests may touch a database, which is the point of half of them.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from audit import anchors, head_files, heads
from tests.live import free_port


class Receiver(ThreadingHTTPServer):
    """A loopback server that keeps what is posted to it and answers as it is told."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.posted: list[tuple[str, dict[str, Any]]] = []
        self.status = 200
        self.go_on = threading.Event()
        self.go_on.set()
        self.url = f"http://127.0.0.1:{self.server_port}/heads"


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.posted.append((self.path, body))
        self.server.go_on.wait(30)
        self.send_response(self.server.status)
        self.send_header("Location", f"{self.server.url}/elsewhere")
        self.send_header("Content-Length", "10")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.go_on.set()
        server.shutdown()


def save(*sizes: int) -> list[dict[str, Any]]:
    made = [
        heads.as_json(heads.sign(size=size, root=bytes([size]) * 32, at=datetime(2026, 1, size, tzinfo=UTC)))
        for size in sizes
    ]
    with head_files.locked(heads.saved_path()) as file:
        file.append(made)
    return made


def test_a_file_gets_every_line_once(settings: Any, tmp_path: Path) -> None:
    anchor = tmp_path / "mounted" / "heads.jsonl"
    settings.AURORA_LEDGER_ANCHOR = str(anchor)
    assert anchors.send() == 0
    save(1, 2)
    assert (anchors.send(), anchors.send()) == (2, 2)
    save(3)
    save(4)
    assert anchors.send() == 4
    assert anchor.read_text() == heads.saved_path().read_text()
    assert anchor.stat().st_mode & 0o777 == 0o600
    assert (anchors.state().size, anchors.state().error) == (4, "")


def test_a_file_is_made_up_after_a_kill_and_after_another_history(settings: Any, tmp_path: Path) -> None:
    anchor = tmp_path / "heads.jsonl"
    settings.AURORA_LEDGER_ANCHOR = str(anchor)
    save(1, 2, 3)
    lines = heads.saved_path().read_text().splitlines(keepends=True)
    anchor.write_text(f"{lines[0]}{lines[1][:50]}")
    assert anchors.send() == 3
    assert anchor.read_text() == f"{lines[0]}{lines[1][:50]}\n{lines[1]}{lines[2]}"
    settings.LEDGER_FOLDER = tmp_path / "another"
    save(5, 6)
    assert anchors.send() == 6
    assert [head["size"] for head in head_files.read(anchor)] == [1, 2, 3, 6]


def test_an_address_gets_the_newest_head(settings: Any, receiver: Receiver) -> None:
    settings.AURORA_LEDGER_ANCHOR = receiver.url
    *_, newest = save(1, 2, 3)
    assert (anchors.send(), anchors.send()) == (3, 3)
    assert receiver.posted == [("/heads", newest)]
    [newest] = save(4)
    assert anchors.send() == 4
    assert receiver.posted[1:] == [("/heads", newest)]
    assert heads.head_is_authentic(receiver.posted[1][1])


@pytest.mark.parametrize("status", [302, 307, 404, 500])
def test_an_address_that_refuses_is_asked_again_and_redirects_are_not_followed(
    settings: Any, receiver: Receiver, status: int
) -> None:
    settings.AURORA_LEDGER_ANCHOR = receiver.url
    [head] = save(1)
    receiver.status = status
    for _ in range(2):
        with pytest.raises(anchors.AnchorError, match=f"It answered {status}"):
            anchors.send()
    assert anchors.state().error == f"It answered {status}"
    receiver.status = 204
    assert anchors.send() == 1
    assert receiver.posted == [("/heads", head)] * 3
    assert anchors.state().error == ""


def test_an_address_that_nobody_answers(settings: Any) -> None:
    settings.AURORA_LEDGER_ANCHOR = f"http://ann:secret-word@127.0.0.1:{free_port()}/"
    save(1)
    with pytest.raises(anchors.AnchorError, match="ConnectError"):
        anchors.send()
    assert "secret-word" not in (heads.saved_path().parent / "anchor.json").read_text()


def test_a_slow_address_is_given_up(settings: Any, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anchors, "POST_SECONDS", 0.3)
    settings.AURORA_LEDGER_ANCHOR = receiver.url
    receiver.go_on.clear()
    save(1)
    with pytest.raises(anchors.AnchorError, match=r"No answer within 0\.3 seconds|ReadTimeout"):
        anchors.send()


def test_one_process_of_a_home_sends_at_a_time(settings: Any, receiver: Receiver) -> None:
    settings.AURORA_LEDGER_ANCHOR = receiver.url
    save(1)
    receiver.go_on.clear()
    sent: list[int] = []
    first = threading.Thread(target=lambda: sent.append(anchors.send()))
    first.start()
    while not receiver.posted:
        first.join(0.01)
    with pytest.raises(anchors.AnchorBusyError):
        anchors.send()
    receiver.go_on.set()
    first.join(10)
    assert (sent, len(receiver.posted)) == ([1], 1)


def test_the_sender_never_makes_anybody_wait_and_tries_until_it_is_taken(
    settings: Any, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(anchors, "FIRST_PAUSE", 0.01)
    settings.AURORA_LEDGER_ANCHOR = receiver.url
    receiver.status = 503
    save(1)
    sender = anchors.Sender()
    while len(receiver.posted) < 4:
        threading.Event().wait(0.01)
    assert caplog.messages.count("The ledger's anchor failed: It answered 503") == 1
    receiver.go_on.clear()
    for size in range(2, 9):
        save(size)
        sender.wake()
    receiver.status = 200
    receiver.go_on.set()
    sender.stop(10)
    assert anchors.state().size == receiver.posted[-1][1]["size"] == 8
