"""The one table from exceptions to status and code, and the DRF exception handler that uses it."""

from __future__ import annotations

import logging
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import Http404
from rest_framework import exceptions as drf
from rest_framework.response import Response

from agents.catalog.definitions import UnknownAgent
from agents.catalog.services import AgentNameTaken
from agents.chat.errors import SessionFull, UnfitMessage, UnknownMessage, UnknownSession
from agents.embeddings.base import EmbeddingError
from agents.knowledge.describing import UnfitDescription
from agents.knowledge.paths import InvalidPath
from agents.retrieval.errors import (
    BadFilter,
    IndexBuildRunning,
    IndexUnavailable,
    IndexVersionError,
    UnknownIndexVersion,
    VersionGone,
)
from agents.retrieval.loading_errors import DocumentTooLarge, UnreadableDocument, UnsupportedDocument
from agents.runs.approvals import ApprovalDecided, ApprovalExpired, ApprovalForbidden, UnknownApproval
from agents.runs.errors import IdempotencyKeyReused, RunOpen, SessionBusy
from audit.errors import BadLedgerQuery, NotSealed, TreeDamaged
from aurora_site.core.http.errors import ApiError, Fields, envelope
from incidents import errors as incident_errors
from learning import errors as learning_errors

logger = logging.getLogger(__name__)

RETRY_SECONDS = 5

# Exceptions of the layers below, by class: (status, code). Their text is shown to the caller.
DOMAIN_ERRORS: dict[type[Exception], tuple[int, str]] = {
    UnknownAgent: (404, "UNKNOWN_AGENT"),
    AgentNameTaken: (409, "AGENT_NAME_TAKEN"),
    UnknownSession: (404, "NOT_FOUND"),
    UnknownMessage: (404, "NOT_FOUND"),
    UnfitMessage: (400, "VALIDATION_ERROR"),
    SessionFull: (409, "SESSION_FULL"),
    SessionBusy: (409, "SESSION_BUSY"),
    IdempotencyKeyReused: (409, "IDEMPOTENCY_KEY_REUSED"),
    RunOpen: (409, "RUN_OPEN"),
    UnknownApproval: (404, "NOT_FOUND"),
    ApprovalDecided: (409, "APPROVAL_DECIDED"),
    ApprovalExpired: (409, "APPROVAL_EXPIRED"),
    ApprovalForbidden: (403, "FORBIDDEN"),
    UnfitDescription: (400, "VALIDATION_ERROR"),
    InvalidPath: (400, "INVALID_PATH"),
    UnsupportedDocument: (415, "UNSUPPORTED_DOCUMENT"),
    DocumentTooLarge: (413, "DOCUMENT_TOO_LARGE"),
    UnreadableDocument: (400, "UNREADABLE_DOCUMENT"),
    EmbeddingError: (503, "EMBEDDINGS_UNAVAILABLE"),
    incident_errors.UnknownIncident: (404, "NOT_FOUND"),
    incident_errors.UnknownReference: (400, "VALIDATION_ERROR"),
    incident_errors.IncidentIsMerged: (409, "INCIDENT_MERGED"),
    incident_errors.TransitionNotAllowed: (409, "TRANSITION_NOT_ALLOWED"),
    incident_errors.AlreadyExists: (409, "ALREADY_EXISTS"),
    incident_errors.UnknownSourceName: (400, "VALIDATION_ERROR"),
    incident_errors.IntegrationDisabled: (409, "INTEGRATION_DISABLED"),
    incident_errors.NotRetriable: (409, "NOT_RETRIABLE"),
    incident_errors.UnfitSilence: (400, "VALIDATION_ERROR"),
    incident_errors.SilenceOver: (409, "SILENCE_OVER"),
    incident_errors.BadValue: (400, "VALIDATION_ERROR"),
    incident_errors.CannotMerge: (409, "CANNOT_MERGE"),
    incident_errors.UnknownService: (404, "NOT_FOUND"),
    incident_errors.UnreadableGraph: (400, "VALIDATION_ERROR"),
    learning_errors.UnknownReference: (400, "VALIDATION_ERROR"),
    learning_errors.PrerequisiteCycle: (400, "PREREQUISITE_CYCLE"),
    learning_errors.AlreadyExists: (409, "ALREADY_EXISTS"),
    learning_errors.BadValue: (400, "VALIDATION_ERROR"),
    learning_errors.UnknownLearner: (404, "NOT_FOUND"),
    learning_errors.UnknownTeam: (404, "NOT_FOUND"),
    learning_errors.UnknownPlan: (404, "NOT_FOUND"),
    learning_errors.UnknownItem: (404, "NOT_FOUND"),
    learning_errors.PlanSuperseded: (409, "PLAN_SUPERSEDED"),
    learning_errors.PlanFinished: (409, "PLAN_FINISHED"),
    learning_errors.ItemSettled: (409, "ITEM_SETTLED"),
    learning_errors.StatementConflict: (409, "STATEMENT_CONFLICT"),
    learning_errors.CannotVoid: (400, "VALIDATION_ERROR"),
    learning_errors.NotTheirStatement: (403, "FORBIDDEN"),
    learning_errors.NotRetriable: (409, "NOT_RETRIABLE"),
    learning_errors.UnreadableImport: (400, "VALIDATION_ERROR"),
    BadFilter: (400, "VALIDATION_ERROR"),
    IndexUnavailable: (503, "INDEX_UNAVAILABLE"),
    UnknownIndexVersion: (404, "NOT_FOUND"),
    IndexBuildRunning: (409, "INDEX_BUILD_RUNNING"),
    VersionGone: (503, "INDEX_VERSION_UNUSABLE"),
    IndexVersionError: (503, "INDEX_VERSION_UNUSABLE"),
    BadLedgerQuery: (400, "VALIDATION_ERROR"),
    NotSealed: (409, "NOT_SEALED"),
    TreeDamaged: (503, "LEDGER_DAMAGED"),
}
# The field that each of these is about.
_DOMAIN_FIELDS: dict[type[Exception], str] = {
    UnknownAgent: "agent_id",
    AgentNameTaken: "name",
    InvalidPath: "path",
    UnsupportedDocument: "file",
    DocumentTooLarge: "file",
    UnreadableDocument: "file",
}

# Django's own, whose text isn't for callers.
_TOO_LARGE = 413, "PAYLOAD_TOO_LARGE", "The request's body is larger than the server accepts."
_DJANGO_ERRORS: dict[type[Exception], tuple[int, str, str]] = {
    Http404: (404, "NOT_FOUND", "There is nothing at this address."),
    PermissionDenied: (403, "FORBIDDEN", "You may not do this."),
    RequestDataTooBig: _TOO_LARGE,
    TooManyFilesSent: _TOO_LARGE,
    UnicodeDecodeError: (400, "MALFORMED_JSON", "The body isn't valid UTF-8."),
}

_DRF_CODES: dict[type[Exception], str] = {
    drf.ParseError: "MALFORMED_JSON",
    drf.AuthenticationFailed: "UNAUTHENTICATED",
    drf.NotAuthenticated: "UNAUTHENTICATED",
    drf.PermissionDenied: "FORBIDDEN",
    drf.NotFound: "NOT_FOUND",
    drf.MethodNotAllowed: "METHOD_NOT_ALLOWED",
    drf.NotAcceptable: "NOT_ACCEPTABLE",
    drf.UnsupportedMediaType: "UNSUPPORTED_MEDIA_TYPE",
    drf.Throttled: "RATE_LIMITED",
}


def exception_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: every known exception in Aurora's envelope; None (a logged 500) for the rest."""
    request_id = getattr(context["request"], "request_id", "")
    known = _known(error)
    if known is None:
        return None
    status, code, detail, fields, headers = known
    if status == 401:
        headers = {"WWW-Authenticate": "Bearer", **headers}
    body = envelope(status=status, code=code, detail=detail, request_id=request_id, fields=fields)
    body |= getattr(error, "details", {})
    # Whatever the view speaks, its errors are JSON.
    return Response(body, status=status, headers=headers, content_type="application/json")


def explained(error: Exception) -> dict[str, Any] | None:
    """What to tell a websocket's client of an exception: ``code``, ``detail`` and, where it applies, ``fields``."""
    known = _known(error)
    if known is None:
        return None
    _, code, detail, fields, _ = known
    return {"code": code, "detail": detail, **({"fields": fields} if fields else {})}


Known = tuple[int, str, str, Fields | None, dict[str, str]]


def _known(error: Exception) -> Known | None:
    match error:
        case ApiError():
            return error.status, error.code, error.detail, error.fields, error.headers
        case OperationalError() | InterfaceError():
            return _database_unavailable(error)
        case drf.ValidationError():
            fields = flatten_fields(error.detail)
            return 400, "VALIDATION_ERROR", summary(fields), fields, {}
        case drf.APIException():
            code = next((code for kind, code in _DRF_CODES.items() if isinstance(error, kind)), "ERROR")
            return error.status_code, code, str(error.detail), None, _drf_headers(error)
    for kind, (status, code, text) in _DJANGO_ERRORS.items():
        if isinstance(error, kind):
            return status, code, text, None, {}
    for kind, (status, code) in DOMAIN_ERRORS.items():
        if isinstance(error, kind):
            name = getattr(error, "field", "") or _DOMAIN_FIELDS.get(kind)
            return status, code, str(error), {name: [str(error)]} if name else None, {}
    return None


def _database_unavailable(error: Exception) -> Known:
    """What the database's client says is for operators: hosts, names, statements."""
    logger.error("the database can't be used", exc_info=error)
    text = "The database can't be used right now. Try again in some seconds."
    return 503, "DATABASE_UNAVAILABLE", text, None, {"Retry-After": str(RETRY_SECONDS)}


def _drf_headers(error: drf.APIException) -> dict[str, str]:
    wait = getattr(error, "wait", None)
    return {"Retry-After": str(int(wait))} if wait else {}


def flatten_fields(detail: Any, prefix: str = "") -> dict[str, list[str]]:
    """DRF's nested error detail as ``{"input.question": ["…"]}``."""
    if isinstance(detail, dict):
        flat: dict[str, list[str]] = {}
        for key, value in detail.items():
            # DRF numbers the faulty items of a list by integer keys.
            inner = f"{prefix}[{key}]" if isinstance(key, int) else f"{prefix}.{key}" if prefix else str(key)
            name = prefix or "body" if key == "non_field_errors" else inner
            flat.update(flatten_fields(value, name))
        return flat
    if isinstance(detail, list):
        nested = [item for item in detail if isinstance(item, dict | list)]
        if not nested:
            return {prefix or "body": [str(item) for item in detail]}
        flat = {}
        for index, item in enumerate(detail):
            if item:
                flat.update(flatten_fields(item, f"{prefix}[{index}]"))
        return flat
    return {prefix or "body": [str(detail)]}


def summary(fields: Fields) -> str:
    """One line that names the fields and what is wrong with each."""
    return " ".join(f"{name}: {' '.join(messages)}" for name, messages in list(fields.items())[:5])
