"""Addresses of incidents, the same below ``/api/`` and ``/api/v1/``; and of who is on call, below ``/api/v1/`` alone."""

from aurora_site.core.http.urls import route
from incidents.api import incidents, merging, metrics, response, rosters, runbooks, story, stream

_ONE = "incidents/<uuid:incident_id>"

incident_urlpatterns = [
    route("incidents", incidents.IncidentsView.as_view(), name="incidents"),
    route("incidents/metrics", metrics.IncidentMetricsView.as_view(), name="incident-metrics"),
    route("incidents/stream", stream.IncidentStreamView.as_view(), name="incident-stream"),
    route(_ONE, incidents.IncidentView.as_view(), name="incident"),
    route(f"{_ONE}/alerts", story.IncidentAlertsView.as_view(), name="incident-alerts"),
    route(f"{_ONE}/timeline", story.IncidentTimelineView.as_view(), name="incident-timeline"),
    route(f"{_ONE}/notes", story.IncidentNotesView.as_view(), name="incident-notes"),
    route(f"{_ONE}/merge", merging.IncidentMergeView.as_view(), name="incident-merge"),
    route(f"{_ONE}/merge-alert", merging.IncidentMergeView.as_view(), name="incident-merge-alert"),
    route(f"{_ONE}/unmerge", merging.IncidentUnmergeView.as_view(), name="incident-unmerge"),
    route(f"{_ONE}/acknowledge", response.IncidentAcknowledgeView.as_view(), name="incident-acknowledge"),
    route(f"{_ONE}/assign", response.IncidentAssignView.as_view(), name="incident-assign"),
    route(f"{_ONE}/snooze", response.IncidentSnoozeView.as_view(), name="incident-snooze"),
    route(f"{_ONE}/responders", response.IncidentRespondersView.as_view(), name="incident-responders"),
    route(f"{_ONE}/responders/<str:user_id>", response.IncidentResponderView.as_view(), name="incident-responder"),
    route(f"{_ONE}/feedback", response.IncidentFeedbackView.as_view(), name="incident-feedback"),
    route(f"{_ONE}/runbooks", response.IncidentRunbooksView.as_view(), name="incident-runbooks"),
]

on_call_urlpatterns = [
    route("on-call", rosters.OnCallView.as_view(), name="on-call"),
    route("rosters", rosters.RostersView.as_view(), name="rosters"),
    route("rosters/<uuid:roster_id>", rosters.RosterView.as_view(), name="roster"),
    route("rosters/<uuid:roster_id>/shifts", rosters.ShiftsView.as_view(), name="roster-shifts"),
    route("rosters/<uuid:roster_id>/shifts/<uuid:shift_id>", rosters.ShiftView.as_view(), name="roster-shift"),
    route("rosters/<uuid:roster_id>/import", rosters.RosterImportView.as_view(), name="roster-import"),
    route("runbooks", runbooks.RunbooksView.as_view(), name="runbooks"),
    route("runbooks/<uuid:runbook_id>", runbooks.RunbookView.as_view(), name="runbook"),
]
