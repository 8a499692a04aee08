"""What the ledger records about incidents and services."""

from audit.events import Event
from aurora_site.accounts.ledger_events import admin_events

EVENTS = (
    Event(
        "incidents.incident_created",
        "A person reported an incident",
        {"severity": "how bad it is", "service": "which service it is about"},
        {"title": "its title", "summary": "its summary"},
    ),
    Event(
        "incidents.incident_updated",
        "A person changed an incident",
        {
            "changed": "names of what was changed",
            "status": "its state before and after",
            "severity": "how bad it is, before and after",
            "aurora_status": "the investigation's state before and after",
            "active_tab": "the page's tab before and after",
        },
        {"summary": "the new summary"},
    ),
    Event(
        "incidents.service_created",
        "A service was added",
        {"name": "its name", "dependencies": "ids of the services that it calls"},
    ),
    *admin_events("incidents", "service"),
)
