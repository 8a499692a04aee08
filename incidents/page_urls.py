"""Addresses of the web pages about incidents."""

from aurora_site.core.http.urls import route
from incidents.pages import (
    actions,
    alerts,
    incident,
    incidents,
    integrations,
    notifications,
    on_call,
    report,
    services,
    silences,
)

urlpatterns = [
    route("incidents", incidents.incidents, name="incident-list-page"),
    route("incidents/report", report.report, name="incident-report-page"),
    route("incidents/INC-<int:number>", incidents.by_number, name="incident-number-page"),
    route("incidents/<uuid:incident_id>", incident.incident, name="incident-page"),
    route("incidents/<uuid:incident_id>/alerts/<uuid:alert_id>", alerts.alert, name="alert-page"),
    route("incidents/<uuid:incident_id>/<slug:action>", actions.act, name="incident-act"),
    route("integrations", integrations.integration_list, name="integration-list-page"),
    route("integrations/create", integrations.create, name="integration-create"),
    route("integrations/<uuid:integration_id>", integrations.integration_page, name="integration-page"),
    route("integrations/<uuid:integration_id>/<slug:action>", integrations.act, name="integration-act"),
    route("notifications", notifications.notifications, name="notification-list-page"),
    route("notifications/<slug:action>", notifications.act, name="notification-act"),
    route("services", services.services, name="service-graph-page"),
    route("services/<slug:action>", services.act, name="service-graph-act"),
    route("silences", silences.silences, name="silence-list-page"),
    route("silences/create", silences.create, name="silence-create"),
    route("silences/<uuid:silence_id>/end", silences.end, name="silence-end"),
    route("on-call", on_call.on_call, name="on-call-page"),
    route("on-call/<slug:action>", on_call.act, name="on-call-act"),
]
