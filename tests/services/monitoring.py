"""A shop whose faults a test makes and mends, the Prometheus that watches it, and its Alertmanagers."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2

from tests.alerting import until
from tests.live import free_port

PROMETHEUS = """
global: {{scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 250ms}}
rule_files: [{rules}]
scrape_configs:
  - {{job_name: shop, static_configs: [{{targets: ["127.0.0.1:{shop}"]}}]}}
alerting:
  alertmanagers: [{{static_configs: [{{targets: [{alertmanagers}]}}]}}]
"""
# The last minute, so that a scrape that comes too late on a busy machine mends nothing.
RULES = """
groups:
  - name: shop
    rules:
      - alert: OrdersDbReplicaDown
        expr: last_over_time(fault{service="orders-db"}[1m]) == 1
        labels: {severity: critical}
        annotations: {summary: "Replica {{ $labels.node }} of orders-db is down"}
      - alert: CertificateExpiresSoon
        expr: last_over_time(fault{service="web-gateway"}[1m]) == 1
        labels: {severity: warning}
        annotations: {summary: "The certificate of shop.example.com expires in ten days"}
"""
# Waits as short as they can be, in place of minutes.
ALERTMANAGER = """
route: {{receiver: aurora, group_by: [alertname], group_wait: 300ms, group_interval: 600ms, repeat_interval: 3s}}
receivers:
  - name: aurora
    webhook_configs: [{{url: "{address}", send_resolved: true}}]
"""


class Shop:
    """Serves ``/metrics`` with one gauge for each part that ever failed: 1 while it fails."""

    def __init__(self) -> None:
        self._faults: dict[tuple[str, str], int] = {}
        shop = self

        class Metrics(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write(shop.metrics())

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Metrics)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def metrics(self) -> bytes:
        lines = [f'fault{{service="{name}",node="{node}"}} {value}' for (name, node), value in self._faults.items()]
        return "\n".join(["# TYPE fault gauge", *lines, ""]).encode()

    def break_(self, service: str, node: str) -> None:
        self._faults = {**self._faults, (service, node): 1}

    def mend(self, service: str, node: str) -> None:
        self._faults = {**self._faults, (service, node): 0}


class Alertmanager:
    """A running Alertmanager and what it counts."""

    def __init__(self, port: int) -> None:
        self.port = port

    def sent(self) -> int:
        """How many notifications it sent or gave up."""
        return self._counted("alertmanager_notifications_total")

    def failed_attempts(self) -> int:
        """How many requests, of all that it made, were not answered well."""
        return self._counted("alertmanager_notification_requests_failed_total")

    def _counted(self, name: str) -> int:
        text = httpx2.get(f"http://127.0.0.1:{self.port}/metrics", timeout=5).text
        wanted = f'{name}{{integration="webhook"}}'
        return next(int(float(line.split()[-1])) for line in text.splitlines() if line.startswith(wanted))

    def is_ready(self) -> bool:
        try:
            return httpx2.get(f"http://127.0.0.1:{self.port}/-/ready", timeout=5).status_code == 200
        except httpx2.HTTPError:
            return False

    def members(self) -> int:
        status = httpx2.get(f"http://127.0.0.1:{self.port}/api/v2/status", timeout=5).json()
        return len(status["cluster"].get("peers", []))


@contextmanager
def alertmanagers(folder: Path, addresses: Sequence[str]) -> Iterator[list[Alertmanager]]:
    """One Alertmanager for each address; several form a cluster whose members don't wait for each other."""
    cluster = [free_port() for _ in addresses]
    with ExitStack() as stack:
        started = []
        for number, address in enumerate(addresses):
            own = folder / f"alertmanager{number}"
            own.mkdir()
            (own / "config.yml").write_text(ALERTMANAGER.format(address=address))
            port = free_port()
            listen = f"127.0.0.1:{cluster[number]}" if len(addresses) > 1 else ""
            stack.enter_context(_running(
                own, "prometheus-alertmanager", "--config.file=config.yml", "--storage.path=data",
                f"--web.listen-address=127.0.0.1:{port}", f"--cluster.listen-address={listen}",
                "--cluster.peer-timeout=1ms", "--cluster.settle-timeout=1s",
                *[f"--cluster.peer=127.0.0.1:{other}" for other in cluster if len(addresses) > 1],
            ))  # fmt: skip
            started.append(Alertmanager(port))
        until(lambda: all(manager.is_ready() for manager in started), "the Alertmanagers are ready")
        yield started


@contextmanager
def prometheus(folder: Path, shop: Shop, managers: Sequence[Alertmanager]) -> Iterator[None]:
    own = folder / "prometheus"
    own.mkdir()
    (own / "rules.yml").write_text(RULES)
    targets = ", ".join(f'"127.0.0.1:{manager.port}"' for manager in managers)
    config = PROMETHEUS.format(rules=own / "rules.yml", shop=shop.port, alertmanagers=targets)
    (own / "config.yml").write_text(config)
    with _running(
        own, "prometheus", "--config.file=config.yml", "--storage.tsdb.path=data", "--rules.alert.resend-delay=1s",
        f"--web.listen-address=127.0.0.1:{free_port()}",
    ):  # fmt: skip
        yield


@contextmanager
def _running(folder: Path, program: str, *arguments: str) -> Iterator[None]:
    with (folder / "output.log").open("wb") as log:
        process = subprocess.Popen([shutil.which(program) or program, *arguments], cwd=folder, stdout=log, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
