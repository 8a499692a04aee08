"""The ledger by REST, for administrators: counts, records, their proofs, and the tree that all organisations share.

Of other organisations nothing shows but hashes, and that there are leaves.
"""

from __future__ import annotations

import threading
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit import heads, proofs, selectors, verification
from audit.api.queries import FILTERS, MAXIMUM_SIZE, PAGING, filter_of, require_known, size_parameter
from audit.errors import BadLedgerQuery
from audit.filters import RecordFilter
from audit.keys import public_keys
from audit.models import Record
from audit.paging import page_of
from audit.verifying.ranges import BLOCK
from aurora_site.accounts.permissions import IsAdmin
from aurora_site.core.http.errors import Conflict, NotFound, Unavailable
from aurora_site.core.http.pagination import DEFAULT_LIMIT, MAXIMUM_LIMIT, integer_parameter

# What a request may take; ``manage.py verify_audit`` takes what it needs.
VERIFY_SECONDS = 20.0
_verifying = threading.Lock()


class LedgerView(APIView):
    permission_classes = [IsAdmin]
    http_method_names = ["get", "options"]

    def own_records(self) -> QuerySet[Record]:
        """The records of the caller's organisation."""
        return selectors.records_for(self.request.auth.organization_id)

    def record(self, record_id: UUID) -> Record:
        """One of them. Raises NotFound."""
        found = self.own_records().filter(pk=record_id).first()
        if found is None:
            raise NotFound("There is no such record.")
        return found


class CountView(LedgerView):
    @extend_schema(parameters=FILTERS, responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """How many records the organisation's ledger holds: ``{"count"}``."""
        return Response({"count": filter_of(request).apply(Record.objects.all()).count()})


class RecordsView(LedgerView):
    @extend_schema(parameters=[*FILTERS, *PAGING], responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """Records, newest first: ``{"records", "next_cursor"}``; ``next_cursor`` is null on the last page.

        ``seq`` is a record's place in the tree, null while it waits for the sealer."""
        records = selectors.records_matching(filter_of(request, "cursor", "limit"))
        limit = integer_parameter(request, "limit", default=DEFAULT_LIMIT, minimum=1, maximum=MAXIMUM_LIMIT)
        page = page_of(records, cursor=request.GET.get("cursor", ""), limit=limit)
        places = selectors.places_of(record.pk for record in page.records)
        shown = [{**selectors.record_as_json(record), "seq": places.get(record.pk)} for record in page.records]
        return Response({"records": shown, "next_cursor": page.next_cursor or None})


class RecordView(LedgerView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, record_id: UUID) -> Response:
        """One record, with whether its bytes still carry a valid code, and its place in the tree."""
        require_known(request, [])
        record = self.record(record_id)
        return Response({**selectors.record_as_json(record), "seq": selectors.places_of([record_id]).get(record_id)})


class ProofView(LedgerView):
    @extend_schema(
        parameters=[OpenApiParameter("size", int, description="Of how many leaves; the newest head's if left out.")],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request, record_id: UUID) -> Response:
        """The inclusion proof (RFC 6962) from a record's leaf to the root: ``{"record_id", "seq", "leaf", "size", "root",
        "proof", "head"}``, hashes in hexadecimal; 409 ``NOT_SEALED`` while the record waits for the sealer."""
        require_known(request, ["size"])
        record = self.record(record_id)
        return Response(proofs.record_proof(record.pk, size=size_parameter(request, "size")))


class HeadView(LedgerView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """The newest signed head (null while nothing is sealed), how many of the organisation's records wait for the
        sealer, and the public keys that signed heads: ``{"head", "waiting", "public_keys": {key_id: hex}}``."""
        require_known(request, [])
        head = heads.latest()
        own = RecordFilter(organization_id=str(request.auth.organization_id))
        body: dict[str, Any] = {
            "head": heads.as_json(head) if head else None,
            "waiting": selectors.waiting_for_sealer(own),
            "public_keys": {key_id: key.hex() for key_id, key in public_keys().items()},
        }
        return Response(body)


class ConsistencyView(LedgerView):
    @extend_schema(
        parameters=[
            OpenApiParameter("from", int, required=True, description="The size of the earlier tree."),
            OpenApiParameter("to", int, description="The size of the later one; the newest head's if left out."),
        ],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request) -> Response:
        """The consistency proof (RFC 6962) that the ledger only grew: ``{"from", "to", "from_root", "to_root", "proof",
        "from_head", "to_head"}``; a head is null where none of that size was signed."""
        require_known(request, ["from", "to"])
        first = size_parameter(request, "from")
        if first is None:
            raise BadLedgerQuery("from", "Give the size of a head that you hold.")
        return Response(proofs.consistency(first, size_parameter(request, "to")))


class VerifyView(LedgerView):
    @extend_schema(
        parameters=[
            OpenApiParameter(
                "from",
                int,
                description=f"Begin at the block of {BLOCK} leaves that holds this place, at most the tree's size; leaves "
                "before it are taken as the tree has them.",
            )
        ],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request) -> Response:
        """Verify the tree and the organisation's records: ``{"state", "checked", "head", "first_bad", "warnings"}``.

        ``state`` is ``sound``, ``tampered`` (``first_bad``: ``{"seq", "record_id", "what"}``) or ``unchecked``: after some
        seconds the request gives up. One verification at a time; 409 ``VERIFICATION_RUNNING`` meanwhile."""
        require_known(request, ["from"])
        start = integer_parameter(request, "from", default=0, minimum=0, maximum=MAXIMUM_SIZE)
        organization_id = str(request.auth.organization_id)
        if not _verifying.acquire(blocking=False):
            raise Conflict("A verification is under way. Try again in some seconds.", code="VERIFICATION_RUNNING")
        try:
            report = verification.verify(organization_id=organization_id, from_seq=start, seconds=VERIFY_SECONDS)
        except OSError as error:
            raise Unavailable(
                "The heads kept outside of the database can't be read.", code="HEADS_UNREADABLE"
            ) from error
        finally:
            _verifying.release()
        return Response({**asdict(report), "first_bad": self._own(report.first_bad)})

    def _own(self, bad: dict[str, Any] | None) -> dict[str, Any] | None:
        """What was found, without the id of another organisation's record."""
        if bad is None or bad["record_id"] is None or self.own_records().filter(pk=bad["record_id"]).exists():
            return bad
        return {**bad, "record_id": None}
