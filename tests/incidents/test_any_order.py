"""Deliveries in any order, twice, and at once: the same alerts and incidents come of them."""

import random
import threading

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents import placing, processing
from incidents.correlation.facts import Decision
from incidents.models import Alert, Delivery, Incident
from incidents.processing import deliveries_process
from tests.factories.accounts import organization_factory
from tests.incidents.engine import deliver, outcome, said, sender

TELLINGS = st.lists(
    st.tuples(
        st.sampled_from(["disk", "payments-latency", "queue"]),
        st.sampled_from([0, 1, 2, 5, 9, 14, 16, 21, 30, 33, 47, 60, 200]),
        st.sampled_from(["firing", "resolved"]),
    ),
    min_size=1,
    max_size=12,
    unique=True,
)


def process(tellings, batches):
    """Deliver to an organisation of its own; ``batches`` says after how many deliveries each they are processed."""
    organization = organization_factory()
    integration = sender(organization)
    for number, (name, minute, status) in enumerate(tellings, start=1):
        deliver(integration, said(status, minute, id=name, title=f"{name} has trouble"))
        if number % batches == 0:
            deliveries_process(organization.pk)
    deliveries_process(organization.pk)
    return outcome(organization)


def orders(tellings, seed):
    """The same deliveries shuffled, some of them twice; and in order of time."""
    chance = random.Random(seed)
    shuffled = [*tellings, *chance.sample(tellings, len(tellings) // 2)]
    chance.shuffle(shuffled)
    return shuffled, sorted(tellings, key=lambda each: (each[1], each[2] == "resolved"))


def opens_its_own(candidates, alert):
    return Decision(incident_id=None, score=0.0, threshold=1.0, parts=[], considered=[])


@pytest.mark.django_db
@settings(max_examples=5)
@given(TELLINGS, st.integers(0, 1000), st.integers(1, 12))
def test_shuffled_and_repeated_deliveries_end_as_in_order(tellings, seed, batches):
    shuffled, in_order = orders(tellings, seed)
    # Whether an alert joins an incident depends on which are open when it comes, by its nature; all else doesn't.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(placing.Candidates, "decision_for", opens_its_own)
        assert process(shuffled, batches) == process(in_order, 1)


@pytest.mark.django_db
def test_ends_that_come_before_their_beginnings_wait_for_them():
    tellings = [("disk", 0, "resolved"), ("disk", 1, "resolved"), ("disk", 2, "firing"), ("disk", 1, "firing")]
    assert process([*tellings, ("disk", 0, "firing")], 1) == process([("disk", 0, "firing"), *tellings], 12)


@pytest.mark.django_db
@settings(max_examples=5)
@given(TELLINGS, st.integers(0, 1000), st.integers(1, 12))
def test_correlated_or_not_the_alerts_are_the_same(tellings, seed, batches):
    shuffled, in_order = orders(tellings, seed)
    found, wanted = process(shuffled, batches), process(in_order, 1)
    assert [row[:-1] for row in found] == [row[:-1] for row in wanted]
    firing = {row[0] for row in wanted if row[3] == "firing"}
    assert {row[0] for row in found if row[3] == "firing" and row[-1] == "investigating"} == firing


@pytest.mark.django_db(transaction=True)
def test_two_hundred_first_alerts_at_once_are_one():
    organization = organization_factory()
    integration = sender(organization)
    barrier = threading.Barrier(10)

    def send():
        try:
            barrier.wait(timeout=20)
            for _ in range(20):
                deliver(integration, {"title": "Disk is full", "service": "database"})
                deliveries_process(organization.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    deliveries_process(organization.pk)

    assert Delivery.objects.filter(state="processed").count() == 200
    alert = Alert.objects.get()
    assert (alert.status, alert.count) == ("firing", 200)
    incident = Incident.objects.get()
    assert (incident.status, incident.alert_count, incident.firing_count) == ("investigating", 1, 1)


@pytest.mark.django_db(transaction=True)
def test_two_correlated_first_alerts_at_once_are_one_incident():
    organization = organization_factory()
    senders = [sender(organization, name=name) for name in ("one", "two")]
    barrier = threading.Barrier(2)

    def send(integration, name):
        try:
            deliver(integration, {"id": name, "title": "Checkout is failing", "service": "checkout"})
            barrier.wait(timeout=20)
            # As in two worker processes: neither knows that the other is at it.
            processing._drain(organization.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=pair) for pair in zip(senders, "ab", strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert Alert.objects.count() == 2
    incident = Incident.objects.get()
    assert incident.alert_count == 2
    assert sorted(Alert.objects.values_list("correlations__strategy", flat=True)) == ["correlated", "opened"]
