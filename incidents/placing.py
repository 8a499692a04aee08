"""Putting alerts into incidents, and opening, reopening and resolving those as their alerts fire and end."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from incidents.correlation.candidates import Candidates, correlation_store
from incidents.journal import Journal
from incidents.lifecycle import Cause, check
from incidents.models import Alert, AlertStatus, Incident, IncidentStatus, Merge, Silence
from incidents.services.assigning import incident_record
from incidents.services.counting import incidents_recount, incidents_settle
from incidents.services.incidents import status_set
from incidents.services.rosters import on_call_assign
from incidents.silencing import silence_of, silences_since

OPENED, CORRELATED, REFIRED, UNSILENCED = "opened", "correlated", "refired", "unsilenced"


class Placer:
    """The incidents that a batch of alerts is about. What changes is stored by ``close``, but for new rows."""

    def __init__(self, log: Journal) -> None:
        self.log = log
        self._known: dict[UUID, Incident] = {}
        self._touched: dict[UUID, Incident] = {}
        self._ending: dict[UUID, Incident] = {}
        self._silences: list[Silence] | None = None
        self._candidates = Candidates(log)

    def load(self, alerts: Iterable[Alert]) -> None:
        """Have the incidents of these alerts at hand, and count their alerts anew at the end."""
        alerts = list(alerts)
        self._fetch({alert.incident_id for alert in alerts if alert.incident_id})
        for alert in alerts:
            if (incident := self.incident_of(alert)) is not None:
                self._touched[incident.pk] = incident

    def incident_of(self, alert: Alert) -> Incident | None:
        """The incident of an alert, or the one that it was merged into."""
        incident = self._known.get(alert.incident_id) if alert.incident_id else None
        while incident is not None and incident.merged_into_id:
            incident = self._known[incident.merged_into_id]
        return incident

    def place(self, alert: Alert, strategy: str = "", *, at: datetime | None = None) -> None:
        """Store an alert that is in no incident in the one where it belongs, a new one perhaps; in none while it is
        silenced. ``strategy`` is what brought it here, where that isn't that it is new."""
        alert.silence = self._silence(alert, at or alert.last_received_at)
        if alert.silence is not None:
            alert.save()
            return
        decision = self._candidates.decision_for(alert)
        incident = self._by_id(UUID(decision.incident_id)) if decision.incident_id else None
        if incident is None:
            incident = self._open(alert)
        else:
            self._join(alert, incident)
        correlation_store(
            alert, incident, decision, strategy or (CORRELATED if decision.incident_id else OPENED), at=self.log.now
        )
        if alert.status == AlertStatus.RESOLVED:
            self._ending[incident.pk] = incident
            self.close()

    def ended(self, alert: Alert, *, is_flapping: bool = False) -> None:
        """An alert ended."""
        incident = self.incident_of(alert)
        if incident is None:
            return
        self._ending[incident.pk] = incident
        if not is_flapping:
            self.note(alert, "alert.resolved", "It ended.")

    def refired(self, alert: Alert, *, is_flapping: bool = False) -> None:
        """An alert fires again, soon after its end. A silence keeps its incident as it is, and so does flapping."""
        incident = self.incident_of(alert)
        if incident is None:
            self.place(alert)
            return
        silence = self._silence(alert, alert.last_received_at)
        if silence is not None:
            alert.silence = silence
            alert.save(update_fields=["silence"])
            self.note(alert, "alert.silenced", "It fires again while it is silenced.")
        elif not is_flapping:
            self.note(alert, "alert.refired", "It fires again.")
            self._reopen(incident, alert)

    def settled(self, alert: Alert) -> None:
        """An alert that flapped is quiet: its incident becomes what the alert is."""
        self.note(alert, "alert.settled", f"It stopped flapping and is {alert.status}.")
        incident = self.incident_of(alert)
        if incident is None:
            return
        if alert.status == AlertStatus.FIRING:
            self._reopen(incident, alert)
        else:
            self._ending[incident.pk] = incident

    def is_silenced(self, alert: Alert) -> bool:
        """Whether a silence matches an alert now."""
        return self._silence(alert, self.log.now) is not None

    def unsilence(self, alert: Alert) -> None:
        """Open or reopen the incident of an alert that fires and that no silence matches any more."""
        incident = self.incident_of(alert)
        if incident is None:
            self.place(alert, UNSILENCED, at=self.log.now)
            return
        alert.silence = None
        alert.save(update_fields=["silence"])
        self._reopen(incident, alert)

    def absorb(self, gone: Alert, survivor: Alert) -> None:
        """Remove an alert that a late event showed to be the same as another. An incident that was its alone goes into the
        other's."""
        incident, target = self.incident_of(gone), self.incident_of(survivor)
        gone.delete()
        if incident is None or incident is target:
            return
        if target is None:
            survivor.incident = incident
            survivor.save(update_fields=["incident"])
        elif not incident.alerts.exists():
            self._merge(incident, target)

    def note(self, alert: Alert, kind: str, text: str) -> None:
        """Add to the timeline of an alert's incident, if it has one."""
        incident = self.incident_of(alert)
        if incident is not None:
            self.log.add(incident, kind, text=text, data=alert_data(alert))

    def close(self) -> None:
        """Count the alerts of what was touched, and resolve what has ended; what is placed afterwards finds it so."""
        self._touched |= self._ending
        if self._touched:
            sums = incidents_recount(self.log, self._touched.values())
            incidents_settle(self.log, self._ending.values(), sums)
        self._touched, self._ending = {}, {}

    def _open(self, alert: Alert) -> Incident:
        incident = Incident.objects.create(
            organization_id=self.log.organization_id,
            number=self.log.next_number(),
            title=alert.title,
            service=alert.service,
            severity=alert.severity,
            source_type=alert.source_type,
            source_alert_id=alert.source_alert_id,
            source_url=alert.source_url,
            started_at=alert.started_at,
            alert_count=1,
            firing_count=int(alert.status == AlertStatus.FIRING),
            last_alert_at=alert.last_received_at,
        )
        self._known[incident.pk] = self._touched[incident.pk] = incident
        alert.incident = incident
        alert.save()
        self._candidates.joined(alert, incident, is_new=True)
        data = {"severity": incident.severity, "service": alert.service.name if alert.service else None}
        text = f"An alert of {alert.source_type} opened it."
        self.log.add(incident, "incident.opened", text=text, data=data | alert_data(alert))
        incident_record("opened", incident, "", data | {"number": incident.number, "source": alert.source_type})
        # Nobody is called for what was over when it was first heard of.
        if alert.status == AlertStatus.FIRING:
            on_call_assign(self.log, incident)
        return incident

    def _join(self, alert: Alert, incident: Incident) -> None:
        self._touched[incident.pk] = incident
        alert.incident = incident
        alert.save()
        self._candidates.joined(alert, incident)
        # Correlation of the next alert looks at these before they are counted.
        incident.alert_count += 1
        incident.firing_count += int(alert.status == AlertStatus.FIRING)
        incident.last_alert_at = max(incident.last_alert_at or alert.last_received_at, alert.last_received_at)
        incident.save(update_fields=["alert_count", "firing_count", "last_alert_at", "updated_at"])
        self.note(alert, "alert.joined", "An alert joined.")
        self._reopen(incident, alert)

    def _reopen(self, incident: Incident, alert: Alert) -> None:
        if incident.status != IncidentStatus.RESOLVED or alert.status != AlertStatus.FIRING:
            return
        status_set(self.log, incident, IncidentStatus.INVESTIGATING, Cause.ALERTS)
        incident.save(update_fields=["status", "resolved_at", "resolved_by_id", "updated_at"])
        data = {"status": {"from": IncidentStatus.RESOLVED, "to": incident.status}}
        self.log.add(incident, "incident.reopened", text="One of its alerts fires.", data=data | alert_data(alert))
        incident_record("reopened", incident, "", data)

    def _merge(self, source: Incident, target: Incident) -> None:
        self._candidates.forget(source, target)
        before = source.status
        check(before, IncidentStatus.MERGED, Cause.MERGE)
        source.status, source.merged_into = IncidentStatus.MERGED, target
        source.save(update_fields=["status", "merged_into", "updated_at"])
        self._touched[target.pk] = target
        self._ending.pop(source.pk, None)
        Merge.objects.create(source=source, target=target, source_status=before, at=self.log.now)
        data = {"source": {"id": str(source.pk), "number": source.number}}
        data |= {"target": {"id": str(target.pk), "number": target.number}}
        for incident in (source, target):
            text = "A late delivery showed that their alert is the same."
            self.log.add(incident, "incident.merged", text=text, data=data)
        incident_record("merged", source, "", {"target": str(target.pk), "alerts": 0})

    def _silence(self, alert: Alert, at: datetime) -> Silence | None:
        if self._silences is None:
            self._silences = silences_since(self.log.organization_id, min(at, self.log.now))
        return silence_of(self._silences, alert, at)

    def _by_id(self, incident_id: UUID) -> Incident | None:
        self._fetch({incident_id})
        return self._known.get(incident_id)

    def _fetch(self, ids: set[UUID]) -> None:
        """Read incidents, and those that they were merged into."""
        while missing := ids - self._known.keys():
            rows = Incident.objects.for_organization(self.log.organization_id).filter(pk__in=missing)
            found = {row.pk: row for row in rows.select_related("service")}
            self._known |= found
            ids = {row.merged_into_id for row in found.values() if row.merged_into_id}


def alert_data(alert: Alert) -> dict[str, Any]:
    """What an entry of the timeline says of an alert."""
    return {
        "alert": {
            "id": str(alert.pk),
            "title": alert.title,
            "service": alert.service.name if alert.service else None,
            "severity": alert.severity,
        }
    }
