"""What the incident services refuse. ``field`` names the input that is to be mended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class IncidentError(Exception):
    """Base of the refusals of this app. ``details`` are told beside the text: what would be allowed, for one."""

    field = ""

    def __init__(self, text: str, *, field: str = "", details: Mapping[str, Any] | None = None) -> None:
        super().__init__(text)
        self.field = field or self.field
        self.details = dict(details or {})


class UnknownIncident(IncidentError):
    """An id that names no incident of the organisation."""


class UnknownReference(IncidentError):
    """An id that names nothing in the organisation."""


class IncidentIsMerged(IncidentError):
    """A change of status of an incident that went into another."""

    field = "status"


class TransitionNotAllowed(IncidentError):
    """A change of state that the lifecycle doesn't have; the text names those it has."""

    field = "status"


class AlreadyExists(IncidentError):
    """A row that its unique constraint allows once."""


class UnknownSourceName(IncidentError):
    """A name that no source of alerts has."""

    field = "source"


class IntegrationDisabled(IncidentError):
    """A test of an integration whose address is closed."""

    field = "isEnabled"


class NotRetriable(IncidentError):
    """A delivery that was processed, waits, or whose body wasn't kept whole."""


class UnfitSilence(IncidentError):
    """A silence that could never match, or whose times or patterns can't be used."""


class SilenceOver(IncidentError):
    """A silence that has ended already."""


class BadValue(IncidentError):
    """A value that can't be; the text says what can."""


class CannotMerge(IncidentError):
    """Two incidents that can't be joined, or one that can't be taken apart."""


class UnknownService(IncidentError):
    """An id that names no service of the organisation."""


class UnreadableGraph(IncidentError):
    """A file of services from which nothing can be read; the text says where and why."""

    field = "body"
