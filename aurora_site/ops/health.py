"""The checks behind ``/health`` and ``/health/ready``: at once, each bounded in time, each naming its real part."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

from channels.layers import get_channel_layer
from django.conf import settings
from django.core.cache import cache
from django.db import connection, connections

from audit import anchors, heads, sealing, stored_tree
from aurora_site.core.databases import EMBEDDED_ENGINE, RETRIEVAL
from aurora_site.ops import heartbeat, readiness
from aurora_site.ops.ledger_diagnosis import LAG_SECONDS
from aurora_site.ops.models import Recovery

logger = logging.getLogger(__name__)

CHECK_SECONDS = 2.0
REMEMBER_SECONDS = 1.0
RECOVERIES_SHOWN = 5

Status = Literal["healthy", "degraded", "unhealthy"]

# Threads of its own: checks that hang on a dead database must not use up the ones that serve requests.
_threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="health")
_remembered: tuple[float, dict[str, Check], float] | None = None


@dataclass(frozen=True)
class Check:
    """How one part is. ``message`` names the part that really does the work; it isn't for strangers."""

    status: Status
    message: str


def overall(checks: dict[str, Check]) -> Status:
    """Unhealthy without the main database, degraded when anything else is amiss."""
    if checks["database"].status == "unhealthy":
        return "unhealthy"
    return "healthy" if all(check.status == "healthy" for check in checks.values()) else "degraded"


async def run_checks() -> tuple[dict[str, Check], float]:
    """All checks by their public names, and how many milliseconds they took. Remembered for a second."""
    global _remembered  # noqa: PLW0603 one memory a process
    if _remembered is not None and time.monotonic() - _remembered[0] < REMEMBER_SECONDS:
        return _remembered[1], _remembered[2]
    started = time.monotonic()
    results = await asyncio.gather(*(_bounded(name, function) for name, function in CHECKS.items()))
    taken = round((time.monotonic() - started) * 1000, 2)
    _remembered = time.monotonic(), dict(zip(CHECKS, results, strict=True)), taken
    return _remembered[1], taken


async def ready_checks() -> dict[str, bool]:
    """What ``/health/ready`` asks: database and cache answer now, and the set-up's steps were reached."""
    names = {"database": check_database, "cache": check_cache}
    results = await asyncio.gather(*(_bounded(name, _in_thread(function)) for name, function in names.items()))
    answers = {name: result.status == "healthy" for name, result in zip(names, results, strict=True)}
    steps = await _quietly(readiness.reached) if answers["database"] else None
    return answers | (steps or {"migrations": False, "setup": False, "index": False})


async def started() -> bool:
    """Whether the set-up's first steps were reached: migrated, first data loaded."""
    steps = await _quietly(readiness.reached)
    return steps is not None and steps["migrations"] and steps["setup"]


async def recent_recoveries() -> list[dict[str, Any]]:
    """The newest recoveries, newest first."""

    def read() -> list[dict[str, Any]]:
        return list(Recovery.objects.values("what", "why", "action", "result", "at")[:RECOVERIES_SHOWN])

    return await _quietly(read) or []


async def _bounded(name: str, function: Callable[[], Awaitable[Check]]) -> Check:
    try:
        return await asyncio.wait_for(function(), CHECK_SECONDS)
    except TimeoutError:
        return Check("unhealthy", f"No answer within {CHECK_SECONDS:g} seconds")
    except Exception as error:  # noqa: BLE001 whatever a broken part raises is the check's result, and is logged
        logger.warning("The health check %s failed: %s", name, error)
        return Check("unhealthy", f"{type(error).__name__}: {error}"[:300])


async def _quietly(function: Callable[[], Any]) -> Any:
    """The function's result from a thread, or None if it failed or took too long (which is logged)."""
    try:
        return await asyncio.wait_for(_run(function), CHECK_SECONDS)
    except Exception as error:  # noqa: BLE001 as in _bounded
        logger.warning("A readiness check failed: %s", error)
        return None


def _in_thread(function: Callable[[], Check]) -> Callable[[], Awaitable[Check]]:
    return lambda: _run(function)


async def _run(function: Callable[[], Any]) -> Any:
    def work() -> Any:
        try:
            return function()
        finally:
            connections.close_all()

    return await asyncio.get_running_loop().run_in_executor(_threads, work)


def check_database() -> Check:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    name = getattr(connection, "display_name", connection.vendor)
    if getattr(connection, "mysql_is_mariadb", False):
        name = "MariaDB"
    version = ".".join(str(part) for part in connection.get_database_version())
    place = ", embedded" if connection.settings_dict["ENGINE"] == EMBEDDED_ENGINE else ""
    return Check("healthy", f"{name} {version}{place}")


def check_cache() -> Check:
    name = "Redis cache" if "redis" in settings.CACHES["default"]["BACKEND"].lower() else "PostgreSQL cache"
    key, value = f"health:{uuid.uuid4().hex}", uuid.uuid4().hex
    cache.set(key, value, timeout=10)
    came_back = cache.get(key)
    cache.delete(key)
    return Check("healthy", name) if came_back == value else Check("unhealthy", f"{name} lost a value")


def check_index() -> Check:
    from agents.retrieval.mending import index_faults
    from agents.retrieval.schema import missing_parts
    from agents.retrieval.selectors import active_version, rebuild_due

    with connections[RETRIEVAL].cursor() as cursor:
        cursor.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
        row = cursor.fetchone()
    if row is None:
        return Check("unhealthy", "The extension pgvector isn't installed")
    missing = missing_parts()
    if missing:
        return Check("unhealthy", f"pgvector {row[0]}; missing: {', '.join(missing)}")
    version = active_version()
    if version is None:
        return Check("degraded", f"pgvector {row[0]}, no index yet")
    faults = index_faults()
    if faults:
        return Check("degraded", f"pgvector {row[0]}, index version {version.name}: {'; '.join(faults)}")
    due = rebuild_due()
    return Check(
        "healthy", f"pgvector {row[0]}, index version {version.name}" + (f". A rebuild is due: {due}" if due else "")
    )


def check_workers() -> Check:
    count = heartbeat.alive("worker")
    text = f"{count} Celery worker{'' if count == 1 else 's'} active on {settings.CELERY_BROKER_URL.partition(':')[0]}"
    return Check("healthy" if count else "degraded", text)


def check_ledger() -> Check:
    lag, fault = sealing.lag(), stored_tree.fault()
    late = f"{lag['waiting']:g} records wait for their seal, the oldest for {lag['oldest_seconds']:.0f} seconds"
    if fault:
        return Check("unhealthy", f"{fault} Nothing is sealed on top of it. {late}")
    if lag["oldest_seconds"] > LAG_SECONDS:
        return Check("degraded", late)
    if settings.AURORA_LEDGER_ANCHOR and (error := anchors.state().error):
        return Check("degraded", f"The anchor fails: {error}")
    head = heads.latest()
    return Check("healthy", f"{head.size if head else 0} records sealed, {lag['waiting']:g} wait")


async def check_channel_layer() -> Check:
    layer = get_channel_layer()
    if layer is None:
        return Check("unhealthy", "No channel layer is configured")
    # Of the same kind as the others of this process: the Redis layer reads one kind at a time.
    channel = await layer.new_channel()
    receiving = asyncio.create_task(layer.receive(channel))
    try:
        # A wake-up sent before the receiver listens is lost, so it is repeated until one arrives.
        while not receiving.done():
            await layer.send(channel, {"type": "health.ping"})
            await asyncio.wait({receiving}, timeout=0.2)
    finally:
        receiving.cancel()
    return Check("healthy", f"{type(layer).__name__} delivers")


CHECKS: dict[str, Callable[[], Awaitable[Check]]] = {
    "database": _in_thread(check_database),
    "redis": _in_thread(check_cache),
    "weaviate": _in_thread(check_index),
    "celery": _in_thread(check_workers),
    "chatbot_websocket": check_channel_layer,
    "ledger": _in_thread(check_ledger),
}
