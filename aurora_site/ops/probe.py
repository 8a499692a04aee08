"""Asks the web server, as its clients do, whether it lives and is ready."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable

FIRST_ANSWER_SECONDS = 40.0
SILENCE_SECONDS = 45.0
QUICK_SECONDS = 0.1
SETTLING_SECONDS = 0.3
CALM_SECONDS = 5.0


class WebProbe:
    """A thread that asks ``/health/live``, and ``/health/ready`` until it is; then calls ``when_ready`` once."""

    def __init__(
        self, host: str, port: int, when_ready: Callable[[], None], waiting: Callable[[list[str]], None]
    ) -> None:
        self.host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host.strip("[]"), host.strip("[]"))  # noqa: S104
        self.port = port
        self.when_ready = when_ready
        self.waiting = waiting
        self.has_answered = False
        self.is_ready = False
        self.answered_at = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="web-probe", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()

    def is_stuck(self, since: float) -> bool:
        """Whether a web process started at ``since`` (monotonic) never answered, or has been silent for too long."""
        if self.answered_at <= since:
            return time.monotonic() - since > FIRST_ANSWER_SECONDS
        return time.monotonic() - self.answered_at > SILENCE_SECONDS

    def _run(self) -> None:
        told = time.monotonic()
        while not self._ended.is_set():
            status, _ = self._ask("/health/live")
            if status == 200:
                self.answered_at, self.has_answered = time.monotonic(), True
                if not self.is_ready:
                    told = self._look_whether_ready(told)
            pause = CALM_SECONDS if self.is_ready else SETTLING_SECONDS if status == 200 else QUICK_SECONDS
            self._ended.wait(pause)

    def _look_whether_ready(self, told: float) -> float:
        status, body = self._ask("/health/ready")
        self.is_ready = status == 200
        if self.is_ready:
            self.when_ready()
        elif time.monotonic() - told > CALM_SECONDS:
            checks = body.get("checks", {})
            self.waiting([name for name, passed in checks.items() if not passed] if isinstance(checks, dict) else [])
            return time.monotonic()
        return told

    def _ask(self, path: str) -> tuple[int, dict[str, object]]:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=5)
        try:
            connection.request("GET", path, headers={"Host": f"localhost:{self.port}"})
            response = connection.getresponse()
            body = json.loads(response.read() or b"{}")
            return response.status, body if isinstance(body, dict) else {}
        except (OSError, http.client.HTTPException, ValueError):
            return 0, {}
        finally:
            connection.close()
