"""Writes of silences and maintenance windows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from audit.services import record
from incidents.errors import SilenceOver, UnfitSilence, UnknownReference
from incidents.models import Repeat, Service, Silence, SilenceKind
from incidents.silences import PERIODS, match_everything, matchers_checked

LONGEST = timedelta(days=366)


def silence_create(
    *,
    organization_id: UUID,
    actor_id: str,
    kind: str,
    comment: str,
    matchers: Sequence[Mapping[str, Any]] = (),
    service_ids: Iterable[UUID] = (),
    starts_at: datetime | None = None,
    ends_at: datetime,
    repeat: str = Repeat.NEVER,
) -> Silence:
    """Keep alerts that match from opening incidents for a time; ``starts_at`` is now where it isn't given.

    Raises UnfitSilence naming the field, UnknownReference for a service of elsewhere.
    """
    now = timezone.now()
    wanted = set(service_ids)
    checked = matchers_checked(matchers)
    _check_times(kind, starts_at or now, ends_at, repeat, now)
    if match_everything(checked) and not wanted:
        raise UnfitSilence("Give at least one matcher or service: this would silence everything.", field="matchers")
    known = Service.objects.for_organization(organization_id).filter(pk__in=wanted)
    if missing := wanted - {service.pk for service in known}:
        raise UnknownReference(f"No service has id {', '.join(sorted(map(str, missing)))}.", field="serviceIds")
    with transaction.atomic():
        silence = Silence.objects.create(
            organization_id=organization_id,
            kind=kind,
            comment=comment,
            matchers=checked,
            starts_at=starts_at or now,
            ends_at=ends_at,
            repeat=repeat,
            created_by_id=actor_id,
        )
        silence.services.set(known)
        times = {"starts_at": silence.starts_at.isoformat(), "ends_at": ends_at.isoformat(), "repeat": repeat}
        _record("created", silence, actor_id, {"kind": kind, **times, "services": sorted(map(str, wanted))})
    return silence


def silence_end(*, organization_id: UUID, actor_id: str, silence_id: UUID) -> Silence:
    """End a silence now; what it kept quiet and still fires opens its incident soon. Raises UnknownReference, SilenceOver."""
    now = timezone.now()
    with transaction.atomic():
        rows = Silence.objects.for_organization(organization_id).select_for_update()
        silence = rows.filter(pk=silence_id).first()
        if silence is None:
            raise UnknownReference("There is no such silence.", field="silence")
        if is_over(silence, now):
            raise SilenceOver("This silence has ended already.")
        silence.ended_early_at = now
        silence.save(update_fields=["ended_early_at"])
        _record("ended", silence, actor_id, {"kind": silence.kind})
    return silence


def is_over(silence: Silence, now: datetime) -> bool:
    """Whether a silence will never hold again."""
    if silence.ended_early_at is not None and silence.ended_early_at <= now:
        return True
    return silence.repeat == Repeat.NEVER and silence.ends_at <= now


def _check_times(kind: str, starts_at: datetime, ends_at: datetime, repeat: str, now: datetime) -> None:
    if kind not in SilenceKind.values:
        raise UnfitSilence(f"Allowed values: {', '.join(SilenceKind.values)}.", field="kind")
    if repeat not in Repeat.values:
        raise UnfitSilence(f"Allowed values: {', '.join(Repeat.values)}.", field="repeat")
    if ends_at <= starts_at:
        raise UnfitSilence("It must end after it starts.", field="endsAt")
    if ends_at - starts_at > LONGEST:
        raise UnfitSilence(f"It may last {LONGEST.days} days at most.", field="endsAt")
    period = PERIODS.get(Repeat(repeat))
    if period is None and ends_at <= now:
        raise UnfitSilence("It would be over already.", field="endsAt")
    if period is not None and kind != SilenceKind.MAINTENANCE:
        raise UnfitSilence("Only a maintenance window repeats.", field="repeat")
    if period is not None and ends_at - starts_at >= period:
        raise UnfitSilence("It must be shorter than the time after which it repeats.", field="endsAt")


def _record(verb: str, silence: Silence, actor_id: str, data: Mapping[str, Any]) -> None:
    record(
        event=f"incidents.silence_{verb}",
        organization_id=silence.organization_id,
        actor_id=actor_id,
        subject=("silence", silence.pk),
        data=data,
        personal={"comment": silence.comment} if verb == "created" else None,
    )
