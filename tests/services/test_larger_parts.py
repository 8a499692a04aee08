"""Redis and RabbitMQ in place of the embedded parts: a whole Aurora, used through its API."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import redis

from tests.conftest import IN_CI
from tests.live import ADMIN_EMAIL, ADMIN_PASSWORD, LiveAurora, free_port, start_aurora

DOCUMENT = b"# Parking\n\nThe car park opens at seven in the morning."
WAIT_SECONDS = 30


def missing(what: str) -> None:
    """Skip on a laptop, fail in CI."""
    if IN_CI:
        pytest.fail(f"{what} is required in CI.")
    pytest.skip(f"{what} is not here.")


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(condition: Any, what: str) -> Any:
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if result := condition():
            return result
        time.sleep(0.05)
    raise AssertionError(f"{what} did not happen within {WAIT_SECONDS} seconds")


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    """A Redis of the test's own."""
    program = shutil.which("redis-server")
    if program is None:
        missing("redis-server")
    port = free_port()
    arguments = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(tmp_path)]
    process = subprocess.Popen([program, *arguments], stdout=subprocess.DEVNULL)
    try:
        until(lambda: listens(port), "Redis listening")
        yield f"redis://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def rabbitmq_url() -> str:
    url = os.environ.get("AURORA_TEST_AMQP_URL", "amqp://guest:guest@127.0.0.1:5672//")
    if not listens(5672) and "AURORA_TEST_AMQP_URL" not in os.environ:
        missing("RabbitMQ on port 5672")
    return url


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("grown")
    for each in (folder, *folder.parents):
        if each.stat().st_uid == os.getuid():
            each.chmod(each.stat().st_mode | 0o011)
    return folder


def signed_in(aurora: LiveAurora) -> httpx2.Client:
    client = httpx2.Client(base_url=aurora.url, timeout=30)
    answer = client.post("/api/auth/login", json={"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD})
    assert answer.status_code == 200
    return httpx2.Client(
        base_url=aurora.url, timeout=30, headers={"Authorization": f"Bearer {answer.json()['access']}"}
    )


def assert_documents_are_indexed_by_the_worker(client: httpx2.Client) -> None:
    """Long before the sweep would find them, so the queue works."""
    uploaded = client.post("/api/v1/knowledge/documents", files={"file": ("parking.md", DOCUMENT)})
    assert uploaded.status_code == 202
    address = f"/api/v1/knowledge/documents/{uploaded.json()['id']}"
    started = time.monotonic()
    until(lambda: client.get(address).json()["state"] == "indexed", "indexing")
    assert time.monotonic() - started < 15
    results = client.get("/api/v1/knowledge/search", params={"q": "When does the car park open?"}).json()["results"]
    assert results[0]["path"] == "parking.md"


@pytest.mark.redis
def test_redis_as_queue_cache_and_wake_up(home: Path, redis_url: str, tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    extra = {
        "REDIS_URL": f"{redis_url}/0",
        "CELERY_BROKER_URL": f"{redis_url}/1",
        "SEED_DATA_DIR": str(tmp_path / "documents"),
    }
    with start_aurora(home, extra) as aurora:
        client = signed_in(aurora)
        limit = client.get("/api/auth/me").headers["X-RateLimit-Remaining"]
        assert int(client.get("/api/auth/me").headers["X-RateLimit-Remaining"]) == int(limit) - 1
        assert_documents_are_indexed_by_the_worker(client)
        assert redis.Redis.from_url(f"{redis_url}/0").dbsize() > 0
        health = client.get("/health").json()
        assert health["overall_status"] == "healthy", health["checks"]["chatbot_websocket"]


@pytest.mark.rabbitmq
def test_rabbitmq_as_queue(home: Path, rabbitmq_url: str, tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    extra = {"CELERY_BROKER_URL": rabbitmq_url, "SEED_DATA_DIR": str(tmp_path / "documents")}
    with start_aurora(home, extra) as aurora:
        assert_documents_are_indexed_by_the_worker(signed_in(aurora))
