"""Addresses of integrations, deliveries, alerts and silences, below ``/api/v1/``."""

from aurora_site.core.http.urls import route
from incidents.api import alerts, deliveries, silences
from incidents.api import integrations as views

_ONE = "integrations/<uuid:integration_id>"

urlpatterns = [
    route("alerts", alerts.AlertsView.as_view(), name="alerts"),
    route("alerts/<uuid:alert_id>", alerts.AlertView.as_view(), name="alert"),
    route("alerts/<uuid:alert_id>/fingerprint", alerts.AlertFingerprintView.as_view(), name="alert-fingerprint"),
    route("deliveries/<uuid:delivery_id>", deliveries.DeliveryView.as_view(), name="delivery"),
    route("deliveries/<uuid:delivery_id>/retry", deliveries.DeliveryRetryView.as_view(), name="delivery-retry"),
    route("integrations", views.IntegrationsView.as_view(), name="integrations"),
    route(_ONE, views.IntegrationView.as_view(), name="integration"),
    route(f"{_ONE}/deliveries", views.IntegrationDeliveriesView.as_view(), name="integration-deliveries"),
    route(f"{_ONE}/explain", views.IntegrationExplanationView.as_view(), name="integration-explain"),
    route(f"{_ONE}/rotate", views.IntegrationRotationView.as_view(), name="integration-rotate"),
    route(f"{_ONE}/test", views.IntegrationTestView.as_view(), name="integration-test"),
    route("silences", silences.SilencesView.as_view(), name="silences"),
    route("silences/<uuid:silence_id>", silences.SilenceView.as_view(), name="silence"),
]
