"""Which changes rules can tell of, and when a rule does. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from incidents.models.severity import Severity

# What a rule tells of that names no kinds.
DEFAULT_KINDS = (
    "incident.opened", "incident.created", "incident.reopened", "incident.resolved", "incident.severity",
    "incident.acknowledged", "incident.assigned", "incident.merged",
)  # fmt: skip
# What rules may name. That a notification couldn't be delivered is never itself told: it would be the next to fail.
KINDS = (
    *DEFAULT_KINDS, "incident.unmerged", "incident.updated", "incident.snoozed", "incident.unsnoozed", "incident.note",
    "incident.feedback", "incident.responder_added", "incident.responder_removed", "alert.joined", "alert.resolved",
    "alert.refired", "alert.flapping", "alert.settled", "alert.silenced",
)  # fmt: skip
TEST = "notification.test"
# The first that is told of an incident.
NEW = frozenset({"incident.opened", "incident.created"})
# Incidents that wait no longer: what was held back for them goes out.
WAKING = frozenset({"incident.unsnoozed", "incident.resolved"})
_WORDS = {
    "incident.opened": "New incident",
    "incident.created": "New incident",
    "incident.severity": "Severity changed",
    "incident.updated": "Changed",
    "incident.responder_added": "Responder added",
    "incident.responder_removed": "Responder removed",
    TEST: "Test",
}
_WORST_FIRST = tuple(Severity.values)


def words(kind: str) -> str:
    """A kind in words: ``Resolved``, ``Alert refired``."""
    subject, _, verb = kind.partition(".")
    return _WORDS.get(kind) or (f"Alert {verb}" if subject == "alert" else verb.capitalize())


def worst_severity(severity: str, data: Mapping[str, Any]) -> str:
    """How bad it is, or was before a change: who heard of a critical incident hears that it is less."""
    change = severity_change(data)
    return min((severity, *change), key=_rank)


def is_rise(kind: str, data: Mapping[str, Any]) -> bool:
    """Whether a change makes it worse; that is told of snoozed incidents too."""
    change = severity_change(data)
    return kind == "incident.severity" and len(change) == 2 and _rank(change[1]) < _rank(change[0])


def severity_change(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Before and after, of a change of severity; nothing of any other."""
    change = data.get("severity")
    if isinstance(change, Mapping) and {change.get("from"), change.get("to")} <= set(_WORST_FIRST):
        return change["from"], change["to"]
    return ()


def tells(
    *,
    kinds: Collection[str],
    minimum_severity: str,
    rule_services: Collection[UUID],
    kind: str,
    severity: str,
    services: Collection[UUID],
) -> bool:
    """Whether a rule tells of a change: its kind, an incident bad enough, of one of its services where it names any.

    An incident of unknown severity is below every other.
    """
    if kind not in (kinds or DEFAULT_KINDS) or kind not in KINDS:
        return False
    if _rank(severity) > _rank(minimum_severity):
        return False
    return not rule_services or not set(rule_services).isdisjoint(services)


def _rank(severity: str) -> int:
    return _WORST_FIRST.index(severity)
