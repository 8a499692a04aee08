"""Health routes: the real parts' statuses, nothing for strangers, and bounded in time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from django.test import AsyncClient, RequestFactory

from aurora_site.core import shutdown
from aurora_site.ops import health, readiness, views
from aurora_site.ops.health import Check

pytestmark = pytest.mark.django_db(databases=["default", "retrieval"], transaction=True)
NAMES = {"database", "redis", "weaviate", "celery", "chatbot_websocket", "ledger"}


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing remembered from another test, nor for the next."""
    monkeypatch.setattr(health, "_remembered", None)
    monkeypatch.setattr(readiness, "_reached", set())
    yield
    readiness._reached.clear()


async def report(*, known: bool) -> tuple[int, dict[str, object]]:
    request = RequestFactory().get("/health")
    request.identity = SimpleNamespace(is_demo=False) if known else None
    response = await views.health_report(request)
    import json

    return response.status_code, json.loads(response.content)


@pytest.mark.parametrize("path", ["/health", "/health/"])
async def test_a_stranger_sees_statuses_and_no_messages(async_client: AsyncClient, path: str) -> None:
    response = await async_client.get(path)
    body = response.json()
    assert response.status_code == 200
    assert set(body) == {"status", "service", "timestamp", "overall_status", "response_time_ms", "checks"}
    assert set(body["checks"]) == NAMES
    assert all(set(check) == {"status"} for check in body["checks"].values())
    assert body["checks"]["database"] == {"status": "healthy"}
    assert body["checks"]["chatbot_websocket"] == {"status": "healthy"}


async def test_who_is_signed_in_sees_the_real_parts_and_recoveries() -> None:
    status, body = await report(known=True)
    checks = body["checks"]
    assert status == 200
    assert checks["redis"]["message"] == "PostgreSQL cache"
    assert checks["celery"]["message"].startswith("0 Celery workers active")
    assert checks["celery"]["status"] == "degraded"
    assert checks["chatbot_websocket"]["message"] == "NotifyChannelLayer delivers"
    assert body["overall_status"] == "degraded"
    assert body["recoveries"] == []


async def test_a_broken_database_is_503_and_a_broken_helper_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken() -> Check:
        raise OSError("gone")

    monkeypatch.setitem(health.CHECKS, "redis", broken)
    status, body = await report(known=True)
    assert (status, body["checks"]["redis"]) == (200, {"status": "unhealthy", "message": "OSError: gone"})
    monkeypatch.setattr(health, "_remembered", None)
    monkeypatch.setitem(health.CHECKS, "database", broken)
    status, body = await report(known=False)
    assert (status, body["overall_status"]) == (503, "unhealthy")
    assert body["checks"]["database"] == {"status": "unhealthy"}


async def test_a_check_that_hangs_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hangs() -> Check:
        await asyncio.sleep(60)
        raise AssertionError

    monkeypatch.setattr(health, "CHECK_SECONDS", 0.2)
    monkeypatch.setitem(health.CHECKS, "celery", hangs)
    started = time.monotonic()
    _, body = await report(known=True)
    assert body["checks"]["celery"] == {"status": "unhealthy", "message": "No answer within 0.2 seconds"}
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("path", ["/health/live", "/health/live/", "/health/liveness"])
async def test_live(async_client: AsyncClient, path: str) -> None:
    response = await async_client.get(path)
    assert (response.status_code, response.json()) == (200, {"status": "alive"})


@pytest.mark.parametrize("path", ["/health/ready", "/health/readiness/"])
async def test_ready_only_once_set_up_and_indexed(
    async_client: AsyncClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    response = await async_client.get(path)
    body = response.json()
    assert (response.status_code, body["status"]) == (503, "not_ready")
    assert body["checks"] == {
        "database": True, "cache": True, "migrations": True, "setup": False, "index": False, "accepting": True,
    }  # fmt: skip
    monkeypatch.setattr(readiness, "setup_finished", lambda: True)
    monkeypatch.setattr(readiness, "index_available", lambda: True)
    response = await async_client.get(path)
    assert (response.status_code, response.json()["status"]) == (200, "ready")
    monkeypatch.setattr(shutdown, "_draining", True)
    response = await async_client.get(path)
    assert (response.status_code, response.json()["checks"]["accepting"]) == (503, False)


async def test_startup(async_client: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    response = await async_client.get("/health/startup")
    assert (response.status_code, response.json()) == (503, {"status": "starting"})
    monkeypatch.setattr(readiness, "setup_finished", lambda: True)
    response = await async_client.get("/health/startup")
    assert (response.status_code, response.json()) == (200, {"status": "started"})


async def test_health_is_for_reading(async_client: AsyncClient) -> None:
    assert (await async_client.post("/health/live")).status_code == 405
