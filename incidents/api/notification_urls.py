"""Addresses of notifications below ``/api/v1/``."""

from aurora_site.core.http.urls import route
from incidents.api import notifications as views

urlpatterns = [
    route("notifications", views.NotificationsView.as_view(), name="notifications"),
    route(
        "notifications/<uuid:notification_id>/resend",
        views.NotificationResendView.as_view(),
        name="notification-resend",
    ),
    route("notifications/channels", views.ChannelsView.as_view(), name="notification-channels"),
    route("notifications/channels/<uuid:channel_id>", views.ChannelView.as_view(), name="notification-channel"),
    route(
        "notifications/channels/<uuid:channel_id>/test",
        views.ChannelTestView.as_view(),
        name="notification-channel-test",
    ),
    route("notifications/rules", views.RulesView.as_view(), name="notification-rules"),
    route("notifications/rules/<uuid:rule_id>", views.RuleView.as_view(), name="notification-rule"),
]
