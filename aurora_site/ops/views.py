"""Health routes, for people, dashboards and probes."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from aurora_site.core.shutdown import is_draining
from aurora_site.ops import health

SERVICE = "aurora"


@never_cache
@require_safe
async def health_report(request: HttpRequest) -> JsonResponse:
    """Every part's status; who is signed in also sees which part it is, what is wrong, and the latest recoveries."""
    checks, taken = await health.run_checks()
    known = _is_known(request)
    overall = health.overall(checks)
    body: dict[str, Any] = {
        "status": overall,
        "service": SERVICE,
        "timestamp": timezone.now().isoformat(),
        "overall_status": overall,
        "response_time_ms": taken,
        "checks": {
            name: {"status": check.status, **({"message": check.message} if known else {})}
            for name, check in checks.items()
        },
    }
    if known:
        body["recoveries"] = await health.recent_recoveries()
    return _answer(body, is_well=overall != "unhealthy")


@never_cache
@require_safe
async def live(request: HttpRequest) -> JsonResponse:
    """The process serves; nothing else is asked."""
    return JsonResponse({"status": "alive"})


@never_cache
@require_safe
async def ready(request: HttpRequest) -> JsonResponse:
    """Whether to send requests here: 503 until migrated, set up and indexed, and again while the process ends."""
    checks = await health.ready_checks() | {"accepting": not is_draining()}
    is_ready = all(checks.values())
    body = {
        "status": "ready" if is_ready else "not_ready",
        "checks": checks,
        "timestamp": timezone.now().isoformat(),
    }
    return _answer(body, is_well=is_ready)


@never_cache
@require_safe
async def startup(request: HttpRequest) -> JsonResponse:
    """Whether the first set-up is over."""
    has_started = await health.started()
    return _answer({"status": "started" if has_started else "starting"}, is_well=has_started)


def _answer(body: dict[str, Any], *, is_well: bool) -> JsonResponse:
    response = JsonResponse(body, status=200 if is_well else 503)
    # Django would log every 503 as a server error; here it is an answer like any other.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def _is_known(request: HttpRequest) -> bool:
    """Whether somebody is signed in. The demo learner is anybody."""
    identity = getattr(request, "identity", None)
    return identity is not None and not identity.is_demo
