"""How people respond to an incident: who looks after it, what they note, when it may wait."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from incidents.errors import BadValue, TransitionNotAllowed, UnknownReference
from incidents.journal import Journal, journal
from incidents.lifecycle import Cause, allowed_from
from incidents.models import Incident, IncidentFeedback, IncidentStatus, Responder, ResponderRole, TimelineEntry
from incidents.services.assigning import assignee_set, incident_record, require_assignable, require_member
from incidents.services.incidents import incident_locked, incident_unmerged, incident_update

LONGEST_SNOOZE = timedelta(days=30)


def incident_acknowledge(*, organization_id: UUID, actor_id: str, incident_id: UUID) -> Incident:
    """Say that somebody looks at it; the first who says so stays. Raises UnknownIncident, IncidentIsMerged, and
    TransitionNotAllowed once it is resolved."""
    with journal(organization_id) as log:
        incident = incident_unmerged(log, incident_id)
        if incident.acknowledged_at is not None:
            return incident
        _require_unresolved(incident, "acknowledged")
        incident.acknowledged_at, incident.acknowledged_by_id = log.now, actor_id
        incident.save(update_fields=["acknowledged_at", "acknowledged_by_id", "updated_at"])
        waited = max((log.now - incident.started_at).total_seconds(), 0)
        data = {"seconds": round(waited)}
        log.add(incident, "incident.acknowledged", actor_id=actor_id, text="Acknowledged.", data=data)
        incident_record("acknowledged", incident, actor_id, data)
    return incident


def incident_assign(*, organization_id: UUID, actor_id: str, incident_id: UUID, user_id: str | None) -> Incident:
    """Give it to a member of the organisation, or with None to nobody. Raises UnknownIncident, IncidentIsMerged,
    UnknownReference for somebody who is no member, and BadValue for one who may only read."""
    with journal(organization_id) as log:
        incident = incident_unmerged(log, incident_id)
        if user_id is not None:
            require_assignable(organization_id, user_id, "userId")
        if incident.assignee_id != user_id:
            assignee_set(log, incident, user_id, actor_id, "Assigned." if user_id else "Assigned to nobody.")
    return incident


def note_add(*, organization_id: UUID, actor_id: str, incident_id: UUID, text: str) -> TimelineEntry:
    """Write a note onto the timeline. Raises UnknownIncident."""
    with journal(organization_id) as log:
        incident = incident_locked(log, incident_id)
        entry = log.add(incident, "incident.note", actor_id=actor_id, text=text)
        incident_record("noted", incident, actor_id, {"entry": str(entry.pk)}, {"note": text})
    return entry


def incident_snooze(*, organization_id: UUID, actor_id: str, incident_id: UUID, until: datetime | None) -> Incident:
    """Let it wait ``until`` then, or with None no longer. Raises UnknownIncident, IncidentIsMerged, TransitionNotAllowed
    once it is resolved, and BadValue for a time that is over or more than 30 days away."""
    with journal(organization_id) as log:
        incident = incident_unmerged(log, incident_id)
        if until is not None:
            _require_unresolved(incident, "snoozed")
            if not log.now < until <= log.now + LONGEST_SNOOZE:
                raise BadValue(f"Give a time within the next {LONGEST_SNOOZE.days} days.", field="until")
        if incident.snoozed_until != until:
            snooze_set(log, incident, until, actor_id)
    return incident


def snooze_set(log: Journal, incident: Incident, until: datetime | None, actor_id: str) -> None:
    """Write down until when it waits, checked before; ``actor_id`` is empty when the time was over."""
    incident.snoozed_until = until
    incident.save(update_fields=["snoozed_until", "updated_at"])
    verb = "snoozed" if until else "unsnoozed"
    data = {"until": until.isoformat()} if until else {}
    text = "Snoozed." if until else "No longer snoozed." if actor_id else "The time it was snoozed for is over."
    log.add(incident, f"incident.{verb}", actor_id=actor_id, text=text, data=data)
    incident_record(verb, incident, actor_id, data)


def severity_set(*, organization_id: UUID, actor_id: str, incident_id: UUID, severity: str) -> Incident:
    """Say how bad it is; from then on its alerts don't change that. Raises UnknownIncident."""
    return incident_update(
        organization_id=organization_id, actor_id=actor_id, incident_id=incident_id, severity=severity
    )


def responder_set(
    *, organization_id: UUID, actor_id: str, incident_id: UUID, user_id: str, role: str = ResponderRole.RESPONDER
) -> Responder:
    """Have a member respond in a role, or change the role. Raises UnknownIncident and UnknownReference."""
    with journal(organization_id) as log:
        incident = incident_locked(log, incident_id)
        require_member(organization_id, user_id, "userId")
        responder, created = Responder.objects.get_or_create(
            incident=incident, user_id=user_id, defaults={"role": role, "added_at": log.now}
        )
        if created or responder.role != role:
            data = {"user": user_id, "role": {"from": None if created else responder.role, "to": role}}
            responder.role = role
            responder.save(update_fields=["role"])
            log.add(incident, "incident.responder_added", actor_id=actor_id, text=f"Responds as {role}.", data=data)
            incident_record("responder_added", incident, actor_id, data)
    return responder


def responder_remove(*, organization_id: UUID, actor_id: str, incident_id: UUID, user_id: str) -> None:
    """Take somebody off. Raises UnknownIncident, and UnknownReference for somebody who doesn't respond to it."""
    with journal(organization_id) as log:
        incident = incident_locked(log, incident_id)
        responders = Responder.objects.filter(incident=incident)
        if not responders.filter(user_id=user_id.replace("\x00", "")).delete()[0]:
            raise UnknownReference("This person doesn't respond to the incident.", field="userId")
        data = {"user": user_id}
        log.add(incident, "incident.responder_removed", actor_id=actor_id, text="Responds no longer.", data=data)
        incident_record("responder_removed", incident, actor_id, data)


def feedback_give(
    *, organization_id: UUID, actor_id: str, incident_id: UUID, is_helpful: bool, comment: str = ""
) -> IncidentFeedback:
    """Say whether Aurora's part helped; given again it changes what was said before. Raises UnknownIncident."""
    with journal(organization_id) as log:
        incident = incident_locked(log, incident_id)
        said: dict[str, Any] = {"is_helpful": is_helpful, "comment": comment}
        before = IncidentFeedback.objects.filter(incident=incident, user_id=actor_id).first()
        if before is not None and (before.is_helpful, before.comment) == (is_helpful, comment):
            return before
        feedback, _ = IncidentFeedback.objects.update_or_create(
            incident=incident, user_id=actor_id, defaults={**said, "at": log.now}
        )
        text = "Aurora's part was helpful." if is_helpful else "Aurora's part was not helpful."
        data = {"helpful": is_helpful}
        log.add(incident, "incident.feedback", actor_id=actor_id, text=text, data=data)
        incident_record("feedback", incident, actor_id, data, {"comment": comment})
    return feedback


def _require_unresolved(incident: Incident, verb: str) -> None:
    if incident.status == IncidentStatus.RESOLVED:
        allowed = allowed_from(incident.status, Cause.PERSON)
        raise TransitionNotAllowed(
            f"A resolved incident can't be {verb}. Reopen it first: {', '.join(allowed)}.", details={"allowed": allowed}
        )
