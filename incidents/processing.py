"""Working through the deliveries that were taken in: in order of receipt, many in one transaction.

A delivery that can't be processed doesn't hold up or lose the others: then each is tried by itself.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from uuid import UUID

from celery import current_app
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from aurora_site.accounts.models import Organization
from incidents.alerts import observations_apply
from incidents.journal import Journal, journal
from incidents.models import Delivery, DeliveryState
from incidents.observations import Reading, delivery_read
from incidents.sources.base import UnreadablePayload

logger = logging.getLogger(__name__)

# Fewer would not be faster: what a batch costs whatever is in it, twenty repetitions cost too.
FEWEST_AT_ONCE, MOST_AT_ONCE = 20, 100
# Others wait for the organisation's journal meanwhile: people who change incidents.
BATCH_SECONDS = 0.15
# While alerts stream in, so long is waited between looks: that makes a few batches of many of many batches of a few.
COLLECT_SECONDS = 0.1
MOST_ATTEMPTS = 5
# What nobody was told of, or what failed before, is looked for after so long.
FORGOTTEN = timedelta(seconds=3)
OUTAGES = (OperationalError, InterfaceError)
_OUTCOME = ("state", "reason", "attempts", "processed_at", "alert_count")

_draining: dict[UUID, threading.Lock] = {}
_wanted: set[UUID] = set()
_guard = threading.Lock()


def deliveries_process(organization_id: UUID, ending: threading.Event | None = None) -> None:
    """Process what an organisation's senders delivered, until nothing waits. What fails waits for the sweep. With
    ``ending``, which says that the process ends, also what comes within a moment.

    One thread of a process does so for an organisation; another that is asked to leaves it to that one.
    """
    with _guard:
        _wanted.add(organization_id)
        lock = _draining.setdefault(organization_id, threading.Lock())
    while organization_id in _wanted and lock.acquire(blocking=False):
        try:
            _wanted.discard(organization_id)
            _drain(organization_id, ending)
        finally:
            lock.release()


def organizations_waiting() -> list[UUID]:
    """Organisations with deliveries that wait for longer than the queue takes."""
    forgotten = Delivery.objects.filter(
        organization=OuterRef("pk"), state=DeliveryState.PENDING, received_at__lt=timezone.now() - FORGOTTEN
    )
    # Each organisation is a look-up in an index; over all of them at once it would read every delivery there is.
    return list(Organization.objects.filter(Exists(forgotten)).values_list("pk", flat=True))


def _drain(organization_id: UUID, ending: threading.Event | None = None) -> None:
    failed: set[UUID] = set()
    size = FEWEST_AT_ONCE
    while not (ending and ending.is_set()) and _waiting(organization_id, failed).exists():
        began = time.monotonic()
        done = _batch(organization_id, failed, size)
        took = time.monotonic() - began
        if ending and done < size:
            ending.wait(max(COLLECT_SECONDS - took, 0))
        size = _next_size(done, took) if done else size


def _waiting(organization_id: UUID, failed: set[UUID]) -> QuerySet[Delivery]:
    rows = Delivery.objects.for_organization(organization_id).filter(state=DeliveryState.PENDING)
    return rows.exclude(pk__in=failed) if failed else rows


def _next_size(done: int, seconds: float) -> int:
    """How many deliveries take about as long as a batch may."""
    wanted = int(done * BATCH_SECONDS / max(seconds, 0.001))
    return min(max(wanted, FEWEST_AT_ONCE), MOST_AT_ONCE)


def _batch(organization_id: UUID, failed: set[UUID], size: int) -> int:
    """Process the next deliveries but those that failed just now; how many."""
    with journal(organization_id) as log:
        rows = _waiting(organization_id, failed)
        deliveries = list(rows.select_related("integration").order_by("received_at", "id")[:size])
        if deliveries:
            _process(log, deliveries)
        failed |= {delivery.pk for delivery in deliveries if delivery.state == DeliveryState.PENDING}
    return len(deliveries)


def _process(log: Journal, deliveries: Sequence[Delivery]) -> None:
    readings = [reading for delivery in deliveries if (reading := _read(delivery)) is not None]
    try:
        with log.attempt():
            observations_apply(log, [each for reading in readings for each in reading.observations])
    except OUTAGES:
        raise
    except Exception as error:  # noqa: BLE001 each is tried by itself, which tells whose it is
        logger.warning("a batch of %d deliveries is processed one by one: %r", len(readings), error)
        readings = [reading for reading in readings if _applied_alone(log, reading)]
    for reading in readings:
        _finish(reading)
    _save(log, deliveries)


def _save(log: Journal, deliveries: Sequence[Delivery]) -> None:
    """Most deliveries end alike: one plain statement for all of them costs less than one that names each one's values."""
    alike: dict[tuple[object, ...], list[UUID]] = {}
    # The journal's time may be before the newest of them came.
    now = timezone.now()
    for delivery in deliveries:
        delivery.processed_at = None if delivery.state == DeliveryState.PENDING else now
        alike.setdefault(tuple(getattr(delivery, name) for name in _OUTCOME), []).append(delivery.pk)
    rows = Delivery.objects.for_organization(log.organization_id)
    for values, ids in alike.items():
        rows.filter(pk__in=ids).update(**dict(zip(_OUTCOME, values, strict=True)))


def _read(delivery: Delivery) -> Reading | None:
    try:
        return delivery_read(delivery)
    except UnreadablePayload as error:
        delivery.state, delivery.reason = DeliveryState.UNREADABLE, str(error)[:500]
    except Exception as error:  # noqa: BLE001 whatever it is, it is of this delivery
        _failed(delivery, error)
    return None


def _applied_alone(log: Journal, reading: Reading) -> bool:
    try:
        with log.attempt():
            observations_apply(log, reading.observations)
    except OUTAGES:
        raise
    except Exception as error:  # noqa: BLE001 whatever it is, it is of this delivery
        _failed(reading.delivery, error)
        return False
    return True


def _finish(reading: Reading) -> None:
    delivery = reading.delivery
    delivery.state = DeliveryState.PROCESSED if reading.observations else DeliveryState.IGNORED
    delivery.alert_count = len(reading.observations)
    delivery.reason = reading.note[:500]
    if reading.follow_up:
        follow = partial(current_app.send_task, reading.follow_up, [str(delivery.pk)])
        transaction.on_commit(follow, robust=True)


def _failed(delivery: Delivery, error: Exception) -> None:
    logger.error("delivery %s can't be processed", delivery.pk, exc_info=error)
    delivery.attempts += 1
    delivery.reason = f"{type(error).__name__}: {error}"[:500]
    if delivery.attempts >= MOST_ATTEMPTS:
        delivery.state = DeliveryState.FAILED
