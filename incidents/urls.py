"""Addresses of incidents: ``classic_urlpatterns`` below ``/api/``, ``urlpatterns`` below ``/api/v1/``."""

from aurora_site.core.http.urls import route
from incidents.api import correlation, intake_urls, notification_urls, services
from incidents.api.incident_urls import incident_urlpatterns, on_call_urlpatterns
from incidents.api.webhooks import WebhookView

classic_urlpatterns = [
    *incident_urlpatterns,
    route("webhooks/<str:source>/<str:token>", WebhookView.as_view(), name="webhook"),
]

urlpatterns = [
    *incident_urlpatterns,
    *on_call_urlpatterns,
    *intake_urls.urlpatterns,
    *notification_urls.urlpatterns,
    route("alerts/<uuid:alert_id>/correlation", correlation.AlertCorrelationView.as_view(), name="alert-correlation"),
    route("services", services.ServicesView.as_view(), name="services"),
    route("services/import", services.ServicesImportView.as_view(), name="services-import"),
    route("services/export", services.ServicesExportView.as_view(), name="services-export"),
    route("services/<uuid:service_id>", services.ServiceView.as_view(), name="service"),
    route(
        "services/<uuid:service_id>/dependencies",
        services.ServiceDependenciesView.as_view(),
        name="service-dependencies",
    ),
]
