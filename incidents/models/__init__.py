"""Services, where alerts come from, alerts, the incidents they make, and how people respond to them."""

from incidents.models.alert import Alert, AlertSeries, AlertStatus, Correlation
from incidents.models.incident import (
    MANUAL_SOURCE,
    ActiveTab,
    AuroraStatus,
    Incident,
    IncidentLog,
    IncidentStatus,
    TimelineEntry,
)
from incidents.models.integration import Delivery, DeliveryState, Integration
from incidents.models.merge import Merge
from incidents.models.notification import (
    ChannelKind,
    Notification,
    NotificationChannel,
    NotificationRule,
    NotificationState,
)
from incidents.models.response import IncidentFeedback, Responder, ResponderRole, Roster, RunbookLink, Shift
from incidents.models.service import UNKNOWN_SERVICE, Service, ServiceDependency
from incidents.models.severity import Severity
from incidents.models.silence import Repeat, Silence, SilenceKind

__all__ = [
    "MANUAL_SOURCE",
    "UNKNOWN_SERVICE",
    "ActiveTab",
    "Alert",
    "AlertSeries",
    "AlertStatus",
    "AuroraStatus",
    "ChannelKind",
    "Correlation",
    "Delivery",
    "DeliveryState",
    "Incident",
    "IncidentFeedback",
    "IncidentLog",
    "IncidentStatus",
    "Integration",
    "Merge",
    "Notification",
    "NotificationChannel",
    "NotificationRule",
    "NotificationState",
    "Repeat",
    "Responder",
    "ResponderRole",
    "Roster",
    "RunbookLink",
    "Service",
    "ServiceDependency",
    "Severity",
    "Shift",
    "Silence",
    "SilenceKind",
    "TimelineEntry",
]
