"""Joins incidents that are one, and takes them apart again without a loss.

An alert belongs to the incident that it arrived at and is found at the end of the chain of merges from there. Each merge
remembers the alerts that came with it, so undoing merges in whatever order puts each back where it belongs.
"""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from incidents import lifecycle
from incidents.errors import CannotMerge
from incidents.journal import Journal, journal
from incidents.lifecycle import Cause
from incidents.models import Alert, Correlation, Incident, IncidentStatus, Merge
from incidents.services.assigning import incident_record
from incidents.services.counting import incident_recount
from incidents.services.incidents import incident_locked, incident_unmerged, status_set

# Rows per statement.
BATCH = 500


def incident_merge(*, organization_id: UUID, actor_id: str, source_id: UUID, target_id: UUID) -> Incident:
    """Bring the source's alerts to the target and mark the source as merged; the target.

    What was written at the source stays there. A target that was resolved is open again if alerts come that fire.
    Raises UnknownIncident; CannotMerge for an incident and itself; IncidentIsMerged, which names where it went, when either
    is merged already. Nothing is changed then.
    """
    with journal(organization_id) as log:
        target, source = incident_unmerged(log, target_id), incident_unmerged(log, source_id)
        if source.pk == target.pk:
            raise CannotMerge("An incident can't be merged into itself.", details={"incidentId": str(source.pk)})
        lifecycle.check(source.status, IncidentStatus.MERGED, Cause.MERGE)
        alert_ids = _alerts_at(log, source)
        merge = Merge.objects.create(
            source=source, target=target, source_status=source.status, actor_id=actor_id, at=log.now
        )
        _remember(merge, alert_ids)
        # Its time of resolution stays, for when it comes back.
        source.status, source.merged_into, source.snoozed_until = IncidentStatus.MERGED, target, None
        source.save(update_fields=["status", "merged_into", "snoozed_until", "updated_at"])
        _move(log, alert_ids, source, target, f"#{source.number} was merged into this incident by a person.")
        _told(log, "merged", source, target, actor_id, len(alert_ids))
        _reopened_by_alerts(log, target)
    return target


def incident_unmerge(*, organization_id: UUID, actor_id: str, incident_id: UUID) -> Incident:
    """Take a merged incident out again, with the alerts that came with it and in its state before; the incident.

    Alerts that arrived since stay at the target. If it was resolved and alerts that come with it fire, it is open.
    Raises UnknownIncident, and CannotMerge for one that isn't merged.
    """
    with journal(organization_id) as log:
        source = incident_locked(log, incident_id)
        merge = Merge.objects.filter(source=source, undone_at=None).select_related("target").last()
        if merge is None or source.status != IncidentStatus.MERGED:
            raise CannotMerge("This incident isn't merged into another.", details={"incidentId": str(source.pk)})
        lifecycle.check(source.status, merge.source_status, Cause.MERGE)
        chain = _chain(log, merge.target)
        holder = chain[-1]
        moved = _still_there(merge, holder)
        # They belong no longer to what the target brought along when it was merged itself.
        onward = Merge.objects.filter(source__in=chain, undone_at=None)
        _forget(onward, moved)
        merge.undone_at, merge.undone_by_id = log.now, actor_id
        merge.save(update_fields=["undone_at", "undone_by_id"])
        source.status, source.merged_into = merge.source_status, None
        source.save(update_fields=["status", "merged_into", "updated_at"])
        _move(log, moved, holder, source, "")
        _told(log, "unmerged", source, merge.target, actor_id, len(moved))
        _reopened_by_alerts(log, source)
    return source


def _alerts_at(log: Journal, incident: Incident) -> list[UUID]:
    alerts = Alert.objects.for_organization(log.organization_id).filter(incident=incident)
    return list(alerts.order_by("received_at", "id").values_list("pk", flat=True))


def _remember(merge: Merge, alert_ids: list[UUID]) -> None:
    links = Merge.alerts.through
    links.objects.bulk_create([links(merge_id=merge.pk, alert_id=each) for each in alert_ids], batch_size=BATCH)


def _chain(log: Journal, incident: Incident) -> list[Incident]:
    """The incident, the one that it was merged into, and so on: the last one holds the alerts of all."""
    chain = [incident]
    while chain[-1].merged_into_id is not None:
        chain.append(incident_locked(log, chain[-1].merged_into_id))
    return chain


def _still_there(merge: Merge, holder: Incident) -> list[UUID]:
    alerts = merge.alerts.filter(incident=holder).order_by("received_at", "id")
    return list(alerts.values_list("pk", flat=True))


def _forget(merges: QuerySet[Merge], alert_ids: list[UUID]) -> None:
    links = Merge.alerts.through.objects.filter(merge__in=merges)
    for start in range(0, len(alert_ids), BATCH):
        links.filter(alert__in=alert_ids[start : start + BATCH]).delete()


def _move(log: Journal, alert_ids: list[UUID], before: Incident, after: Incident, reason: str) -> None:
    """Hand alerts on; with a reason, it is what explains why they are there."""
    alerts = Alert.objects.for_organization(log.organization_id)
    for start in range(0, len(alert_ids), BATCH):
        alerts.filter(pk__in=alert_ids[start : start + BATCH]).update(incident=after)
    if reason:
        part = {"name": "merge", "value": None, "weight": 0, "reason": reason}
        rows = [
            Correlation(alert_id=each, incident=after, strategy="manual", parts=[part], at=log.now)
            for each in alert_ids
        ]
        Correlation.objects.bulk_create(rows, batch_size=BATCH)
    incident_recount(log, before)
    incident_recount(log, after)


def _told(log: Journal, verb: str, source: Incident, target: Incident, actor_id: str, alerts: int) -> None:
    """On both timelines, and in the ledger."""
    at_source = f"Merged into #{target.number}." if verb == "merged" else f"Taken out of #{target.number} again."
    at_target = (
        f"#{source.number} was merged into this." if verb == "merged" else f"#{source.number} was taken out again."
    )
    data = {"source": _named(source), "target": _named(target), "alerts": alerts}
    log.add(source, f"incident.{verb}", actor_id=actor_id, text=at_source, data=data)
    log.add(target, f"incident.{verb}", actor_id=actor_id, text=at_target, data=data)
    incident_record(verb, source, actor_id, {"target": str(target.pk), "alerts": alerts})


def _named(incident: Incident) -> dict[str, object]:
    return {"id": str(incident.pk), "number": incident.number, "title": incident.title}


def _reopened_by_alerts(log: Journal, incident: Incident) -> None:
    """What has alerts that fire isn't resolved, whatever it was before they came."""
    if incident.status != IncidentStatus.RESOLVED or not incident.firing_count:
        return
    status_set(log, incident, IncidentStatus.INVESTIGATING, Cause.ALERTS)
    incident.save(update_fields=["status", "resolved_at", "resolved_by_id", "snoozed_until", "updated_at"])
    data = {"status": {"from": IncidentStatus.RESOLVED, "to": IncidentStatus.INVESTIGATING}}
    log.add(incident, "incident.reopened", text="Reopened by alerts that fire.", data=data)
    incident_record("reopened", incident, "", data)
