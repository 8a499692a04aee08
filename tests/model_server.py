"""A loopback server that speaks the OpenAI-compatible wire format: chunks, usage, errors, slow and broken replies.

The model's name chooses what it does: ``plain`` answers with ``answer``; ``silent`` sends headers and then nothing;
``rate-limited`` 429; ``failing`` 500; ``refusing`` 401; ``garbage`` sends what isn't JSON; ``broken`` closes in the
middle; ``half-error`` sends an error object in the stream; ``slow`` one word at a time until the client goes away.
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class ModelServer(ThreadingHTTPServer):
    """Keeps the requests it got, and how many of its streams were closed by the client before their end."""

    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, port: int = 0, answer: str = "You get 25 days of paid leave a year [1].") -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.answer = answer
        self.requests: list[dict[str, Any]] = []
        self.closed_early = threading.Event()
        self.stopping = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ModelServer

    def log_message(self, *args: Any) -> None:
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append(body)
        failures = {"rate-limited": 429, "failing": 500, "refusing": 401}
        if body["model"] in failures:
            self._error(failures[body["model"]])
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            self._play(body["model"])
        except (BrokenPipeError, ConnectionResetError):
            self.server.closed_early.set()
            self.close_connection = True

    def _play(self, model: str) -> None:
        match model:
            case "silent":
                self.server.stopping.wait(30)
            case "garbage":
                self._data("{not json")
                self._end()
            case "broken":
                self._data(_chunk(model, "You get "))
                self.close_connection = True
            case "half-error":
                self._data(_chunk(model, "You get "))
                self._data(json.dumps({"error": {"message": "overloaded", "type": "server_error", "code": 500}}))
                self._end()
            case "slow":
                for number in range(3000):
                    self._data(_chunk(model, f"word{number} "))
                    time.sleep(0.01)
            case _:
                self._answer(model)

    def _answer(self, model: str) -> None:
        self._data(_chunk(model, "", role="assistant"))
        for word in self.server.answer.split(" "):
            self._data(_chunk(model, word + " "))
        self._data(_chunk(model, None, finish="stop"))
        usage = {"prompt_tokens": 321, "completion_tokens": 12, "total_tokens": 333}
        self._data(json.dumps({**_base(model), "choices": [], "usage": usage}))
        self._data("[DONE]")
        self._end()

    def _data(self, data: str) -> None:
        line = f"data: {data}\n\n".encode()
        self.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
        self.wfile.flush()

    def _end(self) -> None:
        self.wfile.write(b"0\r\n\r\n")

    def _error(self, status: int) -> None:
        body = json.dumps({"error": {"message": "no", "type": "error", "param": None, "code": None}}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _base(model: str) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1700000000, "model": model}


def _chunk(model: str, content: str | None, *, role: str = "", finish: str | None = None) -> str:
    delta: dict[str, Any] = {}
    if role:
        delta["role"] = role
    if content is not None:
        delta["content"] = content
    return json.dumps({**_base(model), "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})


@contextmanager
def running(port: int = 0, **options: Any) -> Iterator[ModelServer]:
    """The server, serving in a thread."""
    server = ModelServer(port, **options)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stopping.set()
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8099)
    arguments = parser.parse_args()
    with running(arguments.port) as served:
        print(f"OPENAI_BASE_URL={served.url}")
        threading.Event().wait()
