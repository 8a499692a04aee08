"""Sending the recorded storm as its vendors would: signed, over HTTP, to the addresses of integrations made for it."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import httpx2
from django.utils import timezone

from aurora_site.core.secret_text import unseal
from aurora_site.demo.services import services_ensure
from aurora_site.demo.storm.recording import Recorded, recorded
from incidents.models import Alert, Delivery, DeliveryState, Incident, Integration
from incidents.services.integrations import integration_address, integration_create
from incidents.sources import registry

Say = Callable[[str], None]

NAME = "Demo storm: {}"
SECRET_BYTES = 24
SEND_SECONDS = 30
MOST_TRIES = 5
PROCESS_SECONDS = 120
SHOW_EVERY = 10


class StormFailed(Exception):
    """The storm could not be sent; the text says why and what to do."""


@dataclass
class Outcome:
    """What came of a replay. ``answers`` counts statuses; ``incidents`` are those that its alerts are in, by number."""

    story: str
    sent: int = 0
    answers: Counter[int] = field(default_factory=Counter)
    incidents: list[Incident] = field(default_factory=list)


def storm_replay(*, organization_id: UUID, actor_id: str, speed: float = 60, say: Say = lambda text: None) -> Outcome:
    """Replay the storm, ``speed`` times as quickly as it was; its alerts tell of the minutes until now.

    Makes services and integrations that are missing. Each replay is a story of its own: nothing in it is a duplicate of an
    earlier one. Raises StormFailed.
    """
    services_ensure(organization_id)
    deliveries = recorded()
    senders = {name: _sender(organization_id, actor_id, name) for name in sorted({each.source for each in deliveries})}
    outcome = Outcome(story=secrets.token_hex(4))
    say(f"Replaying {len(deliveries)} deliveries of {deliveries[-1].at / 60:.0f} minutes, {speed:g} times as quickly")
    _send_all(deliveries, senders, speed, outcome, say)
    _wait_until_processed(organization_id, senders, say)
    outcome.incidents = _incidents(organization_id, outcome.story)
    return outcome


def _sender(organization_id: UUID, actor_id: str, source: str) -> Integration:
    """The integration that stands for the shop's monitoring system."""
    title = registry.source(source).title
    rows = Integration.objects.for_organization(organization_id).filter(name=NAME.format(title), source=source)
    integration = rows.first() or integration_create(
        organization_id=organization_id, actor_id=actor_id, source=source, name=NAME.format(title),
        secret=secrets.token_urlsafe(SECRET_BYTES),
    )  # fmt: skip
    if not integration.is_enabled:
        raise StormFailed(f"The integration “{integration.name}” is disabled. Enable it, then replay the storm again.")
    return integration


def _send_all(
    deliveries: Sequence[Recorded], senders: dict[str, Integration], speed: float, outcome: Outcome, say: Say
) -> None:
    started, clock = timezone.now(), time.monotonic()
    # The story ends when its last delivery leaves.
    began = started - timedelta(seconds=deliveries[-1].at * (1 - 1 / speed))
    with httpx2.Client(timeout=SEND_SECONDS) as client:
        for each in deliveries:
            time.sleep(max(each.at / speed - (time.monotonic() - clock), 0))
            outcome.answers[_send(client, senders[each.source], each, began, outcome.story)] += 1
            outcome.sent += 1
            if outcome.sent % SHOW_EVERY == 0 or outcome.sent == len(deliveries):
                say(f"Sent {outcome.sent} of {len(deliveries)}")


def _send(client: httpx2.Client, sender: Integration, each: Recorded, began: datetime, story: str) -> int:
    """Send a delivery until it is taken, a few times at most, as vendors do."""
    address, reason = integration_address(sender), ""
    for attempt in range(MOST_TRIES):
        time.sleep(attempt)
        request = each.request(began=began, story=story, now=timezone.now())
        request = registry.source(sender.source).signed(request, unseal(sender.secret_sealed))
        try:
            answer = client.post(address, content=request.body, headers=dict(request.headers))
        except httpx2.HTTPError as error:
            reason = f"{type(error).__name__}: {error}"
            continue
        if answer.is_success:
            return answer.status_code
        reason = f"it answered {answer.status_code}"
    where = address.partition("/api/")[0]
    raise StormFailed(f"{where} takes no deliveries ({reason}). Is Aurora running there, as AURORA_PUBLIC_URL says?")


def _wait_until_processed(organization_id: UUID, senders: dict[str, Integration], say: Say) -> None:
    rows = Delivery.objects.for_organization(organization_id).filter(
        integration__in=senders.values(), state=DeliveryState.PENDING
    )
    deadline = time.monotonic() + PROCESS_SECONDS
    while rows.exists():
        if time.monotonic() > deadline:
            say("Some deliveries are still waiting to be processed; the worker may be busy or away.")
            return
        time.sleep(0.2)


def _incidents(organization_id: UUID, story: str) -> list[Incident]:
    """The incidents with an alert of the story: its labels or its vendor's id name it."""
    rows = Alert.objects.for_organization(organization_id).filter(incident__isnull=False)
    recent = rows.order_by("-received_at").values_list("incident_id", "source_alert_id", "labels")[:500]
    ids = {incident for incident, vendor_id, labels in recent if story in vendor_id or labels.get("replay") == story}
    return list(Incident.objects.for_organization(organization_id).filter(pk__in=ids).order_by("number"))
