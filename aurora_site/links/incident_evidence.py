"""Who responded to an incident has shown the skills that its services stand for.

A skill stands for a service by an external reference ``{"scheme": "aurora:service", "identifier": "<its name>"}``, and for
incidents of any by ``{"scheme": "aurora:incidents", "identifier": "*"}``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from incidents.models import Incident, IncidentStatus, ResponderRole
from learning.models import EvidenceKind, Learner, Skill
from learning.services.evidence import evidence_record

SERVICE_SCHEME, ANY = "aurora:service", ("aurora:incidents", "*")
# How well somebody is taken to have the skill, by what they did; observers only look on.
SHOWN = {ResponderRole.COMMANDER: 0.8, ResponderRole.RESPONDER: 0.7, ResponderRole.COMMUNICATIONS: 0.6}
# Who has, acknowledged or resolved it without being listed has responded.
UNLISTED = SHOWN[ResponderRole.RESPONDER]


def responses_record(*, incident_id: UUID) -> int:
    """Give those who responded to a resolved incident and are learners their evidence; how many learners got some.

    The same incident again gives nothing, except to who joined since.
    """
    incidents = Incident.objects.select_related("service").prefetch_related("services", "responders")
    incident = incidents.filter(pk=incident_id, status=IncidentStatus.RESOLVED).first()
    if incident is None:
        return 0
    shown = _people(incident)
    skills = _skills(incident)
    learners = Learner.objects.for_organization(incident.organization_id).filter(user_id__in=shown)
    told = 0
    for learner_id, user_id in learners.values_list("pk", "user_id") if skills else ():
        told += bool(
            evidence_record(
                organization_id=incident.organization_id,
                actor_id="",
                learner_id=learner_id,
                kind=EvidenceKind.INCIDENT_RESPONSE,
                values=dict.fromkeys(skills, shown[user_id]),
                observed_at=incident.resolved_at,
                source=f"incident #{incident.number}",
                identity=f"incident:{incident.pk}",
            )
        )
    return told


def _people(incident: Incident) -> dict[str, float]:
    """What those who responded have shown, by the id of their account."""
    others = (incident.assignee_id, incident.acknowledged_by_id, incident.resolved_by_id)
    people = {str(user_id): UNLISTED for user_id in others if user_id}
    for responder in incident.responders.all():
        if responder.role in SHOWN:
            people[responder.user_id] = SHOWN[ResponderRole(responder.role)]
    return people


def _skills(incident: Incident) -> list[UUID]:
    """The skills that stand for the incident's services, or for incidents of any."""
    names = {service.name for service in incident.services.all()}
    if incident.service is not None:
        names.add(incident.service.name)
    wanted = {ANY, *((SERVICE_SCHEME, name) for name in names)}
    rows = Skill.objects.for_organization(incident.organization_id).order_by("pk")
    return [pk for pk, references in rows.values_list("pk", "external_refs") if wanted & set(_references(references))]


def _references(references: Any) -> Iterable[tuple[str, str]]:
    """References as pairs; what an operator wrote in another form names nothing."""
    for each in references if isinstance(references, list) else ():
        if isinstance(each, dict):
            yield str(each.get("scheme", "")), str(each.get("identifier", ""))
