"""Answers for what no view answered: unknown paths, refused requests, crashes. JSON, or a page for browsers."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from aurora_site.core.http.errors import envelope

# Addresses whose callers are programs, whatever they accept.
API_PREFIXES = (
    "/api/",
    "/v1/",
    "/agents/",
    "/chat_api/",
    "/admin/audit",
    "/admin/reindex",
    "/health",
    "/metrics",
    "/mcp",
)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, DisallowedHost):
        # Not a page: pages ask for the host again.
        detail = "This host name isn't served here. Name it in AURORA_ALLOWED_HOSTS."
        return _json(request, 400, "HOST_NOT_ALLOWED", detail)
    return _answer(request, 400, "BAD_REQUEST", "The request can't be understood.")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 403, "FORBIDDEN", "You may not do this.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 404, "NOT_FOUND", "There is nothing at this address.")


def server_error(request: HttpRequest) -> HttpResponse:
    return _answer(request, 500, "INTERNAL_ERROR", "Something failed inside Aurora. The log has the details.")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _answer(request, 403, "CSRF_FAILED", "The form's token is missing or old. Reload the page and try again.")


def _answer(request: HttpRequest, status: int, code: str, detail: str) -> HttpResponse:
    if _wants_page(request):
        context: dict[str, Any] = {"detail": detail, "request_id": getattr(request, "request_id", "")}
        return render(request, f"errors/{status}.html", context, status=status)
    return _json(request, status, code, detail)


def _json(request: HttpRequest, status: int, code: str, detail: str) -> JsonResponse:
    request_id = getattr(request, "request_id", "")
    return JsonResponse(envelope(status=status, code=code, detail=detail, request_id=request_id), status=status)


def _wants_page(request: HttpRequest) -> bool:
    return "text/html" in request.headers.get("Accept", "") and not request.path.startswith(API_PREFIXES)
