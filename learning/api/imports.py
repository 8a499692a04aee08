"""Imports by REST: files of skills, roles, resources and progress (docs/learning/imports.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from aurora_site.accounts.api_view import OrganizationView
from aurora_site.accounts.models import Role
from aurora_site.core.http.errors import Forbidden, NotFound, PayloadTooLarge
from aurora_site.core.http.pagination import boolean_parameter
from learning.errors import BadValue
from learning.services.imports import FORMATS, KINDS, file_import

MOST_BYTES = 10 * 1024 * 1024
_FORMS = {"text/csv": "csv", "application/csv": "csv", "text/plain": "csv", "application/json": "json"}


class WholeFileParser(BaseParser):
    """The body as it came, up to 10 MB. Raises PayloadTooLarge."""

    media_type = "*/*"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> bytes:
        return _bounded(stream)


def _bounded(stream: IO[Any]) -> bytes:
    content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise PayloadTooLarge(f"The file is larger than {MOST_BYTES // 1024**2} MB; use manage.py import_…")
    return content


class ImportView(OrganizationView):
    parser_classes = [MultiPartParser, WholeFileParser]

    @extend_schema(request=OpenApiTypes.BINARY, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, kind: str) -> Response:
        """Import ``skills``, ``roles``, ``catalog`` or, as an admin, ``progress``, all of it or nothing.

        ``?dry_run=true`` only tries. The body is the file (``text/csv`` or ``application/json``), or a form with it as
        ``file``. Answers
        ``{"kind", "rows", "sha256", "created", "updated", "unchanged", "notes", "dry_run"}``; where lines can't be used, 400
        with ``rows: [{"line", "field", "reason"}]``, the first hundred of ``refused``.
        """
        if kind not in KINDS:
            raise NotFound(f"There is no such import; there are {', '.join(KINDS)}.")
        if kind == "progress" and not request.auth.has_role(Role.ADMIN):
            raise Forbidden("Only an admin imports progress: counts tell how others are doing, levels vouch for them.")
        dry_run = boolean_parameter(request, "dry_run", default=False)
        content, form = self._file(request)
        imported = file_import(**self.actor, kind=kind, content=content, form=form, dry_run=dry_run)
        return Response(imported.as_json())

    def _file(self, request: Request) -> tuple[bytes, str]:
        media_type = (request.content_type or "").split(";")[0].strip().lower()
        if media_type != "multipart/form-data":
            if media_type not in _FORMS:
                raise UnsupportedMediaType(media_type, detail="Send text/csv, application/json, or a form with file.")
            return request.data or b"", _FORMS[media_type]
        file = request.FILES.get("file")
        if file is None:
            raise BadValue("Send the file under this name.", field="file")
        form = (file.name or "").rpartition(".")[2].lower()
        if form not in FORMATS:
            raise BadValue("Send a file whose name ends in .csv or .json.", field="file")
        return _bounded(file), form
