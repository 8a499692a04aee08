"""Services, alerts, and the incidents they make."""

from incidents.models.alert import Alert, AlertStatus
from incidents.models.incident import ActiveTab, AuroraStatus, Incident, IncidentStatus, TimelineEntry
from incidents.models.service import UNKNOWN_SERVICE, Service, ServiceDependency
from incidents.models.severity import Severity

__all__ = [
    "UNKNOWN_SERVICE",
    "ActiveTab",
    "Alert",
    "AlertStatus",
    "AuroraStatus",
    "Incident",
    "IncidentStatus",
    "Service",
    "ServiceDependency",
    "Severity",
    "TimelineEntry",
]
