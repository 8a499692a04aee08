"""Which states an incident may pass through, and who or what may cause it. All of it is in one table."""

from __future__ import annotations

from enum import StrEnum

from incidents.errors import IncidentIsMerged, TransitionNotAllowed
from incidents.models.incident import IncidentStatus


class Cause(StrEnum):
    """Who or what changes an incident's state."""

    PERSON = "person"
    ALERTS = "alerts"
    INVESTIGATION = "investigation"
    MERGE = "merge"


_INVESTIGATING, _ANALYZED = IncidentStatus.INVESTIGATING, IncidentStatus.ANALYZED
_RESOLVED, _MERGED = IncidentStatus.RESOLVED, IncidentStatus.MERGED

# (from, to): who may cause it. What isn't here isn't allowed.
TRANSITIONS: dict[tuple[str, str], frozenset[Cause]] = {
    (_INVESTIGATING, _ANALYZED): frozenset({Cause.PERSON, Cause.INVESTIGATION}),
    (_INVESTIGATING, _RESOLVED): frozenset({Cause.PERSON, Cause.ALERTS}),
    (_ANALYZED, _INVESTIGATING): frozenset({Cause.PERSON, Cause.INVESTIGATION}),
    (_ANALYZED, _RESOLVED): frozenset({Cause.PERSON, Cause.ALERTS}),
    (_RESOLVED, _INVESTIGATING): frozenset({Cause.PERSON, Cause.ALERTS}),
    (_RESOLVED, _ANALYZED): frozenset({Cause.PERSON}),
    # Merging, and back to what it was.
    (_INVESTIGATING, _MERGED): frozenset({Cause.MERGE}),
    (_ANALYZED, _MERGED): frozenset({Cause.MERGE}),
    (_RESOLVED, _MERGED): frozenset({Cause.MERGE}),
    (_MERGED, _INVESTIGATING): frozenset({Cause.MERGE}),
    (_MERGED, _ANALYZED): frozenset({Cause.MERGE}),
    (_MERGED, _RESOLVED): frozenset({Cause.MERGE}),
}


def allowed_from(status: str, cause: Cause) -> list[str]:
    """The states that ``cause`` may bring an incident to from ``status``."""
    return [str(after) for (before, after), causes in TRANSITIONS.items() if before == status and cause in causes]


def check(before: str, after: str, cause: Cause) -> None:
    """Raises TransitionNotAllowed, which names what is allowed, or IncidentIsMerged."""
    if cause in TRANSITIONS.get((before, after), ()):
        return
    if before == _MERGED:
        raise IncidentIsMerged("This incident was merged into another, which carries the status now. Unmerge it first.")
    allowed = allowed_from(before, cause)
    raise TransitionNotAllowed(
        f"An incident that is {before} can't become {after} by {cause}. Allowed: {', '.join(allowed) or 'nothing'}.",
        details={"allowed": allowed},
    )
