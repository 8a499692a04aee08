"""``/openapi.json``, ``/docs`` and ``/redoc``; their assets are served from here."""

from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerView

from aurora_site.core.http.urls import route


class OpenApiView(SpectacularAPIView):
    renderer_classes = [OpenApiJsonRenderer]


urlpatterns = [
    route("openapi.json", OpenApiView.as_view(), name="openapi"),
    route("docs", SpectacularSwaggerView.as_view(url_name="openapi"), name="docs"),
    route("redoc", SpectacularRedocView.as_view(url_name="openapi"), name="redoc"),
]
