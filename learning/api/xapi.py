"""The Experience API: statements in and out (docs/learning/xapi.md says what of the standard is there)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core import signing
from django.urls import reverse
from django.utils import timezone
from django.utils.http import http_date
from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from aurora_site.accounts.models import Role
from aurora_site.accounts.permissions import IsViewer
from aurora_site.core.http.errors import BadRequest
from learning.errors import BadValue, NotTheirStatement
from learning.selectors.statements import Position, statement_of, statements_page
from learning.services.statements import statements_store
from learning.xapi.checking import Problems
from learning.xapi.formats import formatted, languages_of
from learning.xapi.matching import identifiers_of_person
from learning.xapi.queries import LONGEST_CURSOR, StatementQuery, query_of
from learning.xapi.reading import identifier_of
from learning.xapi.validation import problems_of, problems_of_batch
from learning.xapi.values import is_uuid

VERSION_HEADER = "X-Experience-API-Version"
VERSIONS = {1: "1.0.3", 2: "2.0.0"}
_VERSION = re.compile(r"(1\.0(?:\.\d{1,3})?|2\.0(?:\.\d{1,3})?)", re.ASCII)
MOST_IN_BATCH = 500
# What was stored before so long is there for every reader: no batch takes longer.
CERTAIN_AFTER = timedelta(seconds=15)
_CURSOR_SALT = "learning.xapi.more"


class _AlwaysJson(DefaultContentNegotiation):
    """``format`` is the standard's parameter here, not the framework's."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class XapiView(APIView):
    """Answers in the version of the standard that was asked for."""

    content_negotiation_class = _AlwaysJson
    xapi_version = 1

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer[VERSION_HEADER] = VERSIONS[self.xapi_version]
        return answer


class AboutView(XapiView):
    permission_classes = [IsViewer]

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """The versions of the Experience API that are spoken here."""
        return Response({"version": list(VERSIONS.values())})


class StatementsView(XapiView):
    """Statements, each for whom it may concern: docs/learning/xapi.md."""

    def get_permissions(self) -> list[BasePermission]:
        # Viewers write too, of themselves.
        return [IsViewer()]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        given = request.headers.get(VERSION_HEADER, "")
        if given.startswith("2"):
            self.xapi_version = 2
        super().initial(request, *args, **kwargs)
        if not _VERSION.fullmatch(given):
            text = f"Give the header {VERSION_HEADER}: {' or '.join(VERSIONS.values())}."
            raise BadRequest(text, code="VALIDATION_ERROR", fields={VERSION_HEADER: [text]})

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """One statement by ``statementId`` or ``voidedStatementId``, or ``{"statements": […], "more"}``."""
        given, after = _asked(request)
        query = query_of(given)
        languages = languages_of(request.headers.get("Accept-Language", ""))
        if query.statement_id or query.voided_id:
            response = self._one(query, languages)
        else:
            rows, last = statements_page(request.auth, query, after)
            shown = [formatted(row.body, query.form, languages) for row in rows]
            response = Response({"statements": shown, "more": _more(given, last) if last else ""})
        response["X-Experience-API-Consistent-Through"] = _written(timezone.now() - CERTAIN_AFTER)
        return response

    def _one(self, query: StatementQuery, languages: Sequence[str]) -> Response:
        row = statement_of(self.request.auth, query)
        if row is None:
            # Not by an exception: this answer too has the header with the time.
            text = "There is no such statement, or it isn't yours to see."
            body = {"error": "Not found", "code": "NOT_FOUND", "detail": text, "request_id": self.request.request_id}
            return Response(body, status=404)
        headers = {"Last-Modified": http_date(row.stored_at.timestamp())}
        return Response(formatted(row.body, query.form, languages), headers=headers)

    @extend_schema(request=OpenApiTypes.OBJECT, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request) -> Response:
        """Store a statement, or a list of up to 500, all or none; answers their ids in order."""
        _refuse_parameters(request, ())
        sent = self._body()
        statements = sent if isinstance(sent, list) else [sent]
        if len(statements) > MOST_IN_BATCH:
            text = f"Send at most {MOST_IN_BATCH} statements at once."
            raise BadRequest(text, code="VALIDATION_ERROR", fields={"body": [text]})
        check = problems_of_batch if isinstance(sent, list) else problems_of
        _refuse(check(sent, version=self.xapi_version))
        return Response([str(statement_id) for statement_id in self._stored(statements)])

    @extend_schema(request=OpenApiTypes.OBJECT, responses={204: None})
    def put(self, request: Request) -> Response:
        """Store one statement under the id in ``?statementId=``."""
        _refuse_parameters(request, ("statementId",))
        wanted = request.query_params.get("statementId", "")
        if not is_uuid(wanted):
            raise BadValue("Give the statement's UUID.", field="statementId")
        sent = self._body()
        _refuse(problems_of(sent, version=self.xapi_version))
        if sent.get("id", wanted).lower() != wanted.lower():
            raise BadValue("This isn't the id in the address.", field="id")
        self._stored([{"id": wanted, **sent}])
        return Response(status=204)

    def _body(self) -> Any:
        kind = (self.request.content_type or "").split(";")[0].strip().lower()
        if kind != "application/json":
            text = "Send application/json: the data of attachments isn't stored, only where it lies (fileUrl)."
            raise UnsupportedMediaType(kind, detail=text)
        return self.request.data

    def _stored(self, statements: Sequence[Mapping[str, Any]]) -> list[UUID]:
        caller = self.request.auth
        may_for_all = caller.has_role(Role.EDITOR)
        if not may_for_all:
            own = identifiers_of_person(caller.user_id, caller.user.email)
            for one in statements:
                if identifier_of(one["actor"]) not in own or one["actor"].get("objectType", "Agent") != "Agent":
                    raise NotTheirStatement(
                        "You can send statements about yourself: mbox with your address, or an account of this "
                        "installation with your user id. For others it needs the role editor.",
                        field="actor",
                    )
        return statements_store(
            organization_id=caller.organization_id,
            actor_id=caller.user_id,
            statements=statements,
            version=self.xapi_version,
            only_own=not caller.has_role(Role.ADMIN),
        )


def _refuse(problems: Problems) -> None:
    if problems.by_path:
        detail = " ".join(f"{path}: {' '.join(texts)}" for path, texts in list(problems.by_path.items())[:5])
        raise BadRequest(detail, code="VALIDATION_ERROR", fields=problems.by_path)


def _refuse_parameters(request: Request, known: Sequence[str]) -> None:
    for name in request.query_params:
        if name not in known:
            raise BadValue("There is no such parameter here.", field=name[:50])


def _asked(request: Request) -> tuple[Mapping[str, str], Position | None]:
    """The parameters of a query, those in a cursor included, and where its page begins."""
    given = request.query_params.dict()
    cursor = given.get("cursor")
    if cursor is None:
        return given, None
    try:
        told = signing.loads(cursor[:LONGEST_CURSOR], salt=_CURSOR_SALT)
    except signing.BadSignature:
        raise BadValue("Follow more as it was given.", field="cursor") from None
    if len(given) > 1:
        raise BadValue("Follow more as it was given, without other parameters.", field="cursor")
    return told["asked"], Position(datetime.fromisoformat(told["stored"]), UUID(told["id"]))


def _more(given: Mapping[str, str], last: Position) -> str:
    told = {"asked": dict(given), "stored": last.stored_at.isoformat(), "id": str(last.id)}
    return f"{reverse('learning-xapi-statements')}?cursor={signing.dumps(told, salt=_CURSOR_SALT, compress=True)}"


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
