"""Errors that an API request may end with: each is a status, a machine code and a text for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Fields = Mapping[str, Sequence[str]]


class ApiError(Exception):
    """A request that can't be served. ``fields`` maps a field's name to what is wrong with it and how to mend it."""

    status = 500
    default_code = "INTERNAL_ERROR"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        fields: Fields | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or self.default_code
        self.fields = dict(fields) if fields else None
        self.headers = dict(headers or {})


class BadRequest(ApiError):
    status, default_code = 400, "BAD_REQUEST"


class Unauthenticated(ApiError):
    status, default_code = 401, "UNAUTHENTICATED"


class Forbidden(ApiError):
    status, default_code = 403, "FORBIDDEN"


class NotFound(ApiError):
    status, default_code = 404, "NOT_FOUND"


class Conflict(ApiError):
    status, default_code = 409, "CONFLICT"


class PayloadTooLarge(ApiError):
    status, default_code = 413, "PAYLOAD_TOO_LARGE"


class Unprocessable(ApiError):
    status, default_code = 422, "UNPROCESSABLE"


class Unavailable(ApiError):
    status, default_code = 503, "UNAVAILABLE"


TITLES = {
    400: "Bad request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    409: "Conflict",
    413: "Payload too large",
    415: "Unsupported media type",
    422: "Unprocessable",
    429: "Rate limit exceeded",
    500: "Internal server error",
    503: "Service unavailable",
}


def envelope(
    *, status: int, code: str, detail: str, request_id: str, fields: Fields | None = None
) -> dict[str, object]:
    """The one body of every error: ``error``, ``code``, ``detail``, ``request_id`` and, where it applies, ``fields``."""
    body: dict[str, object] = {
        "error": TITLES.get(status, "Error"),
        "code": code,
        "detail": detail,
        "request_id": request_id,
    }
    if fields:
        body["fields"] = fields
    return body
