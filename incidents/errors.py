"""What the incident services refuse. ``field`` names the input that is to be mended."""

from __future__ import annotations


class IncidentError(Exception):
    """Base of the refusals of this app."""

    field = ""

    def __init__(self, text: str, *, field: str = "") -> None:
        super().__init__(text)
        self.field = field or self.field


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


class NotRetriable(IncidentError):
    """A delivery that was processed, waits, or whose body wasn't kept whole."""


class UnfitSilence(IncidentError):
    """A silence that could never match, or whose times or patterns can't be used."""


class SilenceOver(IncidentError):
    """A silence that has ended already."""
