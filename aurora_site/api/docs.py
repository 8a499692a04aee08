"""``/openapi.json``, ``/docs`` and ``/redoc``; their assets are served from here."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerView

from aurora_site.core.http.urls import route


class IdentityScheme(OpenApiAuthenticationExtension):
    """How callers prove who they are, for the API's documentation."""

    target_class = "aurora_site.accounts.authentication.IdentityAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "An access token or an API key."}


class OpenApiView(SpectacularAPIView):
    renderer_classes = [OpenApiJsonRenderer]


urlpatterns = [
    route("openapi.json", OpenApiView.as_view(), name="openapi"),
    route("docs", SpectacularSwaggerView.as_view(url_name="openapi"), name="docs"),
    route("redoc", SpectacularRedocView.as_view(url_name="openapi"), name="redoc"),
]
