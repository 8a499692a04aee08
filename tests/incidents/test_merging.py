"""Joining incidents and taking them apart again, in whatever order, loses nothing."""

import pytest
from django.db.models import F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.models import Record
from incidents.correlation.explained import alert_explanation
from incidents.errors import CannotMerge, IncidentIsMerged, UnknownIncident
from incidents.models import Alert, Correlation, Incident, Merge, TimelineEntry
from incidents.pages.alerts import STRATEGIES, shown_alerts
from incidents.services.merging import incident_merge, incident_unmerge
from tests.factories.accounts import organization_factory
from tests.factories.incidents import (
    FIRST,
    AlertFactory,
    CorrelationFactory,
    IncidentFactory,
    ServiceFactory,
    TimelineEntryFactory,
)

pytestmark = pytest.mark.django_db


def merge(source, target):
    return incident_merge(
        organization_id=source.organization_id, actor_id="user_a", source_id=source.pk, target_id=target.pk
    )


def unmerge(incident):
    return incident_unmerge(organization_id=incident.organization_id, actor_id="user_a", incident_id=incident.pk)


def of(organization, count=2, **fields):
    return [IncidentFactory(organization=organization, **fields) for _ in range(count)]


@pytest.fixture
def organization():
    return organization_factory()


def test_alerts_go_over_and_everything_else_stays(organization):
    source, target = of(organization, summary="Seen.", severity="low")
    web = ServiceFactory(organization=organization)
    own, came = (
        AlertFactory(incident=target, severity="medium"),
        AlertFactory(incident=source, service=web, severity="high"),
    )
    came_too = AlertFactory(incident=source, status="resolved")

    merge(source, target)

    source.refresh_from_db()
    target.refresh_from_db()
    assert set(target.alerts.all()) == {own, came, came_too}
    assert (source.status, source.merged_into, source.summary, source.alert_count) == ("merged", target, "Seen.", 0)
    assert (target.alert_count, target.firing_count, target.severity) == (3, 2, "high")
    assert list(target.services.all()) == [web]
    assert [(entry.incident, entry.kind, entry.text) for entry in TimelineEntry.objects.order_by("seq")] == [
        (source, "incident.merged", f"Merged into #{target.number}."),
        (target, "incident.merged", f"#{source.number} was merged into this."),
    ]
    why = Correlation.objects.filter(alert=came).last()
    assert (why.strategy, why.incident) == ("manual", target)
    assert f"#{source.number}" in why.parts[0]["reason"]


def test_what_came_goes_back_and_what_arrived_since_stays(organization):
    source, target = of(organization)
    came = AlertFactory(incident=source)
    reason = CorrelationFactory(alert=came, incident=source)
    merge(source, target)
    since = AlertFactory(incident=target)

    unmerge(source)

    source.refresh_from_db()
    target.refresh_from_db()
    assert (list(source.alerts.all()), list(target.alerts.all())) == ([came], [since])
    assert (source.status, source.merged_into) == ("investigating", None)
    assert (source.alert_count, target.alert_count) == (1, 1)
    assert Correlation.objects.filter(alert=came, incident=source).get() == reason
    (shown,) = shown_alerts([Alert.objects.get(pk=came.pk)], organization.pk)
    assert shown.why.words == STRATEGIES[reason.strategy]
    assert alert_explanation(organization_id=organization.pk, alert_id=came.pk).correlation == reason
    undone = Merge.objects.get()
    assert (undone.undone_by_id, undone.undone_at is not None) == ("user_a", True)


def test_a_resolved_incident_comes_back_with_its_time(organization):
    target = IncidentFactory(organization=organization)
    source = IncidentFactory(organization=organization, status="resolved", resolved_at=FIRST)
    AlertFactory(incident=source, status="resolved")

    merge(source, target)
    unmerge(source)

    source.refresh_from_db()
    assert (source.status, source.resolved_at) == ("resolved", FIRST)


def test_alerts_that_fire_open_a_resolved_target(organization):
    source = IncidentFactory(organization=organization)
    target = IncidentFactory(organization=organization, status="resolved", resolved_at=FIRST)
    AlertFactory(incident=source)

    merge(source, target)

    target.refresh_from_db()
    assert (target.status, target.resolved_at) == ("investigating", None)
    assert TimelineEntry.objects.last().kind == "incident.reopened"
    assert Record.objects.filter(event="incidents.incident_reopened").count() == 1


def test_what_can_not_be_merged_changes_nothing(organization):
    source, target, elsewhere = *of(organization), IncidentFactory()
    AlertFactory(incident=source)
    merge(source, target)
    before = list(Incident.objects.order_by("pk").values()), Merge.objects.count(), TimelineEntry.objects.count()
    other = IncidentFactory(organization=organization)
    before[0].append(Incident.objects.filter(pk=other.pk).values().get())

    with pytest.raises(CannotMerge):
        merge(target, target)
    with pytest.raises(IncidentIsMerged, match=f"#{target.number}") as refusal:
        merge(other, source)
    assert refusal.value.details == {"mergedIntoIncidentId": str(target.pk)}
    # It would close a circle.
    with pytest.raises(IncidentIsMerged):
        merge(target, source)
    with pytest.raises(IncidentIsMerged):
        merge(source, other)
    with pytest.raises(UnknownIncident):
        merge(other, elsewhere)
    with pytest.raises(CannotMerge):
        unmerge(other)

    after = list(Incident.objects.order_by("pk").values()), Merge.objects.count(), TimelineEntry.objects.count()
    assert sorted(after[0], key=str) == sorted(before[0], key=str)
    assert after[1:] == before[1:]


def test_the_timeline_of_a_merged_incident_stays(organization):
    source, target = of(organization)
    entry = TimelineEntryFactory(incident=source, seq=100)

    merge(source, target)

    assert entry in source.timeline.all()
    assert entry not in target.timeline.all()


COUNT = 5
STEP = st.one_of(
    st.tuples(st.just("merge"), st.integers(0, COUNT - 1), st.integers(0, COUNT - 1)),
    st.tuples(st.just("unmerge"), st.integers(0, COUNT - 1), st.just(0)),
    st.tuples(st.just("arrive"), st.integers(0, COUNT - 1), st.just(0)),
)


class Expected:
    """Each alert belongs where it arrived, and is found at the end of the chain from there."""

    def __init__(self, incidents):
        self.incidents = incidents
        self.into = {}
        self.home = {}

    def end(self, number):
        while number in self.into:
            number = self.into[number]
        return number

    def arrive(self, number):
        holder = self.end(number)
        self.home[AlertFactory(incident=self.incidents[holder]).pk] = holder
        Incident.objects.filter(pk=self.incidents[holder].pk).update(alert_count=F("alert_count") + 1)

    def merge(self, source, target):
        refused = source == target or source in self.into or target in self.into
        if not refused:
            self.into[source] = target
        return not refused

    def unmerge(self, number):
        return self.into.pop(number, None) is not None


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=4, max_size=10))
def test_merges_are_undone_in_any_order(db, steps):
    incidents = of(organization_factory(), COUNT)
    expected = Expected(incidents)
    for number in range(COUNT):
        expected.arrive(number)

    for step, first, second in steps:
        if step == "arrive":
            expected.arrive(first)
        elif step == "merge":
            attempted(merge, expected.merge(first, second), incidents[first], incidents[second])
        else:
            attempted(unmerge, expected.unmerge(first), incidents[first])

    found = dict(Alert.objects.filter(incident__in=incidents).values_list("pk", "incident_id"))
    assert found == {pk: incidents[expected.end(home)].pk for pk, home in expected.home.items()}
    for number, incident in enumerate(incidents):
        incident.refresh_from_db()
        assert (incident.status == "merged") == (number in expected.into)
        assert incident.alert_count == list(found.values()).count(incident.pk)


def attempted(change, succeeds, *incidents):
    if succeeds:
        change(*incidents)
        return
    with pytest.raises((CannotMerge, IncidentIsMerged)):
        change(*incidents)
