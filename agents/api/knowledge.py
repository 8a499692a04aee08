"""Documents and search: ``/api/v1/knowledge/…`` and ``POST /admin/reindex``."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.api.document_schemas import DocumentDetail, DocumentList, DocumentState, DocumentSummary
from agents.api.serializers import MAXIMUM_QUESTION, DescriptionSerializer, DocumentSerializer
from agents.knowledge import selectors, services
from agents.knowledge.describing import document_describe
from agents.knowledge.models import Document
from agents.knowledge.reindexing import organization_reindex
from agents.retrieval.explain import hit_reasons, verdict_reasons
from agents.retrieval.filters import filters_from
from agents.retrieval.search import Hit, search
from aurora_site.accounts.api_view import OrganizationView
from aurora_site.accounts.permissions import IsAdmin
from aurora_site.core.http.errors import BadRequest, Conflict, Forbidden, NotFound, PayloadTooLarge
from aurora_site.core.http.pagination import boolean_parameter, integer_parameter, page
from aurora_site.core.http.parsers import BoundedJSONParser


class DocumentsView(OrganizationView):
    parser_classes = [MultiPartParser, BoundedJSONParser]
    maximum_json_bytes = 2 * settings.MAX_UPLOAD_BYTES

    @extend_schema(responses=DocumentList)
    def get(self, request: Request) -> Response:
        """The organisation's documents by path; ``q`` filters by path or title."""
        documents = selectors.documents_of(request.auth.organization_id, text=request.GET.get("q", "")[:200])
        items, total = page(request, documents, selectors.document_as_json)
        return Response({"documents": items, "total": total})

    @extend_schema(request=DocumentSerializer, responses={202: DocumentSummary})
    def post(self, request: Request) -> Response:
        """Add a document: multipart with ``file`` (and ``path``, ``title``, ``collection``), or JSON with its text."""
        given = _uploaded(request) if request.content_type.startswith("multipart/") else _written(request)
        document = services.document_upload(organization=request.auth.organization, actor=request.user, **given)
        return Response(selectors.document_as_json(document), status=202)


def _uploaded(request: Request) -> dict[str, Any]:
    file = request.FILES.get("file")
    if file is None:
        raise BadRequest(
            "file: Send the document as the form field 'file'.", fields={"file": ["This field is required."]}
        )
    if file.size > settings.MAX_UPLOAD_BYTES:
        text = f"The document is larger than {settings.MAX_UPLOAD_BYTES // (1024 * 1024)} MB."
        raise PayloadTooLarge(f"file: {text}", fields={"file": [text]})
    names = ("path", "title", "collection")
    return {
        "filename": file.name,
        "content": file.read(),
        **{name: str(request.data[name])[:255] for name in names if name in request.data},
    }


def _written(request: Request) -> dict[str, Any]:
    serializer = DocumentSerializer(data=request.data)
    serializer.is_valid(raise_exception=True)
    body = serializer.validated_data
    path = body["path"] if "." in body["path"].rsplit("/", 1)[-1] else f"{body['path']}.md"
    return {
        "filename": path,
        "path": path,
        "content": body["text"].encode(),
        "title": body["title"],
        "collection": body["collection"],
    }


class DocumentView(OrganizationView):
    def document(self, request: Request, document_id: UUID) -> Document:
        document = selectors.document_get(organization_id=request.auth.organization_id, document_id=document_id)
        if document is None:
            raise NotFound("There is no such document.")
        return document

    @extend_schema(responses=DocumentDetail)
    def get(self, request: Request, document_id: UUID) -> Response:
        """One document with the text read from it."""
        document = self.document(request, document_id)
        return Response({**selectors.document_as_json(document), "text": document.source_text})

    @extend_schema(request=DescriptionSerializer, responses=DocumentSummary)
    def patch(self, request: Request, document_id: UUID) -> Response:
        """Change ``owner``, ``review_date`` (null for none), ``title`` or ``collection``; the last two index it anew."""
        document = self.document(request, document_id)
        changes = self.validated(DescriptionSerializer)
        described = document_describe(document=document, actor_id=request.user.pk, changes=changes)
        return Response(selectors.document_as_json(described))

    @extend_schema(responses={202: DocumentState})
    def delete(self, request: Request, document_id: UUID) -> Response:
        """Remove a document from the organisation and from the index."""
        document = self.document(request, document_id)
        services.document_delete(document=document, actor_id=request.user.pk)
        return Response({"id": str(document.pk), "state": "deleting"}, status=202)


class SearchView(OrganizationView):
    @extend_schema(
        parameters=[
            OpenApiParameter("q", str, required=True, description="What to search for."),
            OpenApiParameter("k", int, description="How many passages, 1 to 50; 8 if left out."),
            OpenApiParameter("collection", str, description="Only documents of this collection."),
            OpenApiParameter("source", str, description="Only the document at this path, or those in this folder."),
            OpenApiParameter("since", OpenApiTypes.DATE, description="Only text of this day or later."),
            OpenApiParameter("until", OpenApiTypes.DATE, description="Only text of this day or earlier."),
            OpenApiParameter(
                "explain", bool, description="Whether to say why each passage was found; true if left out."
            ),
        ],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request) -> Response:
        """The ``k`` passages nearest to ``q``, each with its score, whether it is relevant, and why it matched."""
        query = request.GET.get("q", "").strip()
        if not query or len(query) > MAXIMUM_QUESTION or "\x00" in query:
            text = f"Give what to search for, 1 to {MAXIMUM_QUESTION} characters."
            raise BadRequest(f"q: {text}", code="VALIDATION_ERROR", fields={"q": [text]})
        limit = integer_parameter(request, "k", default=8, minimum=1, maximum=50)
        explain = boolean_parameter(request, "explain", default=True)
        found = search(
            organization_id=str(request.auth.organization_id),
            query=query,
            limit=limit,
            filters=filters_from(request.GET.dict()),
        )
        return Response(
            {
                "results": [_hit(hit, explain=explain) for hit in found.hits],
                "answerable": found.answerable,
                **({"verdict": {**found.verdict, "reasons": verdict_reasons(found)}} if explain else {}),
                "searched": found.searched,
                "index_version": found.index_version,
                "degraded": found.degraded or None,
                "elapsed_ms": round(found.elapsed_ms, 1),
            }
        )


def _hit(hit: Hit, *, explain: bool) -> dict[str, Any]:
    shown = {
        "id": hit.id,
        "document_id": hit.document_id,
        "path": hit.path,
        "collection": hit.collection,
        "title": hit.title,
        "heading": hit.heading,
        "text": hit.text,
        "start": hit.start,
        "end": hit.end,
        "score": round(hit.score, 4),
        "dated": hit.dated.isoformat() if hit.dated else None,
        "relevant": hit.relevant,
        "also_in": list(hit.also_in),
    }
    return {**shown, "why": {**hit.why, "reasons": hit_reasons(hit)}} if explain else shown


class ReindexView(APIView):
    permission_classes = [IsAdmin]

    @extend_schema(request=None, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request) -> Response:
        """Index the organisation's documents anew: ``{"success","doc_count","message"}``. Needs ``ALLOW_ADMIN``.

        The default organisation's follow SEED_DATA_DIR, if it is set: new and changed files come in, vanished ones go.
        """
        if not settings.ALLOW_ADMIN:
            raise Forbidden("Admin access not enabled. Set ALLOW_ADMIN=1.", code="ADMIN_NOT_ENABLED")
        try:
            done = organization_reindex(organization=request.auth.organization, actor=request.user)
        except NotADirectoryError as error:
            raise Conflict(f"SEED_DATA_DIR: {error}", code="NOT_A_FOLDER") from error
        return Response({"success": True, "doc_count": done.documents, "message": done.message})
