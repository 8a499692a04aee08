"""Where monitoring systems send their alerts: who they are follows from the token in the address."""

from __future__ import annotations

from typing import IO, Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from aurora_site.core.http.errors import ApiError, NotFound, Unauthenticated
from incidents.intake import Overloaded, UnknownAddress, delivery_receive, integration_at
from incidents.models import Integration
from incidents.sources.base import BadSignature, Overload, WebhookRequest


class _TryAgain(ApiError):
    """Answered as the vendor needs it to send the delivery again."""

    default_code = "OVERLOADED"

    def __init__(self, overload: Overload) -> None:
        wait = str(overload.retry_after_seconds)
        super().__init__("Aurora takes no more deliveries for now. Send it again later.", headers={"Retry-After": wait})
        self.status = overload.status


class WebhookView(APIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(request=OpenApiTypes.OBJECT, responses={202: OpenApiTypes.OBJECT}, auth=[])
    def post(self, request: Request, source: str, token: str) -> Response:
        """Take a delivery in: ``{"status": "accepted", "delivery_id"}`` as soon as it is stored, ``"duplicate": true`` if
        it was before. It is read afterwards; one that can't be read is kept and shown with the reason."""
        try:
            integration, kind = integration_at(source, token)
            accepted = delivery_receive(integration, kind, webhook_request(request, integration))
        except UnknownAddress:
            raise NotFound("There is no integration at this address.") from None
        except BadSignature as error:
            raise Unauthenticated(str(error), code="BAD_SIGNATURE") from None
        except Overloaded as error:
            raise _TryAgain(error.source.overload) from None
        body: dict[str, Any] = {"status": "accepted", "delivery_id": str(accepted.delivery.pk)}
        return Response(body | ({"duplicate": True} if accepted.is_duplicate else {}), status=202)


def webhook_request(request: Request, integration: Integration) -> WebhookRequest:
    """The request as sources see it, with one byte more than is read of a body that is too large."""
    # Django itself refuses a larger body than it keeps in memory when it is asked for the whole.
    stream: IO[bytes] = request._request
    return WebhookRequest(
        headers={name.lower(): value for name, value in request.headers.items()},
        body=stream.read(settings.AURORA_WEBHOOK_MAX_BYTES + 1),
        received_at=timezone.now(),
        options=integration.options,
    )
