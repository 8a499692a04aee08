"""The incidents that an alert is compared with, and what is kept of a decision."""

from datetime import timedelta

import pytest
from django.core.checks import run_checks
from django.utils import timezone

from incidents.correlation.candidates import correlation_store, decision_for
from incidents.correlation.facts import Considered, Decision, Part
from incidents.correlation.graph import graph_of
from incidents.correlation.settings import BadWeights
from incidents.journal import journal
from incidents.models import Correlation, Service, ServiceDependency
from tests.factories.accounts import member_factory, organization_factory
from tests.factories.incidents import AlertFactory, IncidentFactory, ServiceFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def alert_of(organization, service, *, ago=0, incident=None, **fields):
    at = NOW - timedelta(seconds=ago)
    return AlertFactory(
        organization=organization,
        incident=incident,
        service=service,
        started_at=at,
        received_at=at,
        last_received_at=at,
        **fields,
    )


def incident_with(organization, service, *, ago=30, title="Slow", **fields):
    incident = IncidentFactory(
        organization=organization, last_alert_at=NOW - timedelta(seconds=ago), alert_count=1, **fields
    )
    alert_of(organization, service, ago=ago, incident=incident, title=title)
    return incident


def decided(alert):
    with journal(alert.organization_id) as log:
        return decision_for(log, alert)


@pytest.fixture
def organization():
    return organization_factory()


@pytest.fixture
def web(organization):
    return ServiceFactory(organization=organization, name="web")


def test_an_alert_joins_the_incident_of_its_service(organization, web):
    there = incident_with(organization, web)
    alert = alert_of(organization, web, title="Errors")

    decision = decided(alert)

    assert decision.incident_id == str(there.pk)
    alert.refresh_from_db()
    assert alert.incident is None


def test_another_organisations_incidents_are_not_compared(organization, web):
    other = organization_factory()
    incident_with(other, ServiceFactory(organization=other, name="web"))

    decision = decided(alert_of(organization, web))

    assert (decision.incident_id, decision.parts, decision.considered) == (None, [], [])


@pytest.mark.parametrize(
    ("fields", "joins"),
    [
        ({"ago": 901}, False),
        ({"status": "resolved", "resolved_at": NOW - timedelta(seconds=10)}, True),
        ({"status": "resolved", "resolved_at": NOW - timedelta(seconds=901)}, False),
        ({"status": "analyzed"}, True),
    ],
)
def test_only_what_is_open_or_just_ended_and_recent_is_compared(organization, web, fields, joins):
    incident_with(organization, web, **fields)

    assert bool(decided(alert_of(organization, web)).parts) is joins


def test_a_merged_incident_is_not_compared(organization, web):
    target = IncidentFactory(organization=organization)
    incident_with(organization, web, status="merged", merged_into=target)

    assert decided(alert_of(organization, web)).parts == []


def test_the_number_of_queries_does_not_grow(organization, web, django_assert_max_num_queries):
    for _ in range(12):
        incident = incident_with(organization, web)
        for ago in range(3):
            alert_of(organization, web, ago=ago, incident=incident)
    alert = alert_of(organization, web)

    with journal(organization.pk) as log:
        with django_assert_max_num_queries(6):
            decision_for(log, alert)
        with django_assert_max_num_queries(2):
            decision_for(log, alert)


def test_of_many_alerts_the_first_and_the_newest_are_compared(organization, web):
    incident = IncidentFactory(organization=organization, last_alert_at=NOW, alert_count=25)
    for number in range(25):
        alert_of(
            organization,
            web,
            ago=100 - number,
            incident=incident,
            title=f"Number {'abcdefghijklmnopqrstuvwxy'[number]}",
        )

    def shares_a_word(letter):
        decision = decided(alert_of(organization, None, title=letter))
        return next(part.value for part in decision.parts if part.name == "text") > 0

    assert [letter for letter in "bdefgjkxy" if shares_a_word(letter)] == ["b", "d", "e", "k", "x", "y"]


def test_an_incident_that_got_an_alert_is_read_anew(organization, web):
    incident = incident_with(organization, web, title="Slow")
    assert decided(alert_of(organization, None, title="Zebra escaped")).incident_id is None

    alert_of(organization, None, incident=incident, title="Zebra escaped")
    incident.alert_count = 2
    incident.save()

    assert decided(alert_of(organization, None, title="Zebra escaped")).incident_id == str(incident.pk)


def test_the_graph_is_read_anew_after_a_change(organization, web):
    with journal(organization.pk):
        pass
    shop = ServiceFactory(organization=organization, name="shop")
    ServiceFactory(name="elsewhere")
    assert graph_of(organization.pk) == {"web": frozenset(), "shop": frozenset()}

    link = ServiceDependency.objects.create(caller=web, callee=shop)
    assert graph_of(organization.pk) == {"web": frozenset({"shop"}), "shop": frozenset()}

    Service.objects.get(pk=shop.pk).delete()
    assert graph_of(organization.pk) == {"web": frozenset()}
    web.name = "site"
    web.save()
    assert graph_of(organization.pk) == {"site": frozenset()}
    assert not ServiceDependency.objects.filter(pk=link.pk).exists()


def test_a_graph_that_did_not_change_is_not_read_again(organization, web, django_assert_num_queries):
    with journal(organization.pk):
        pass
    graph_of(organization.pk)

    with django_assert_num_queries(1):
        graph_of(organization.pk)


def test_settings_are_honoured(organization, web, settings):
    incident_with(organization, web)
    settings.AURORA_CORRELATION_THRESHOLD = 0.99

    assert decided(alert_of(organization, web, title="Errors")).incident_id is None


def test_settings_without_sense_are_found_at_the_start(settings):
    settings.AURORA_CORRELATION_WEIGHTS = ["gravity=1"]

    assert [error.id for error in run_checks() if error.id.startswith("incidents")] == ["incidents.E001"]
    with pytest.raises(BadWeights):
        decided(AlertFactory())


def stored(alert, considered=()):
    part = Part(name="service", value=1.0, weight=0.45, reason="both about web")
    named = [Considered(incident_id=str(one.pk), score=score, reason="both about web") for one, score in considered]
    decision = Decision(incident_id=str(alert.incident_id), score=0.75, threshold=0.5, parts=[part], considered=named)
    return correlation_store(alert, alert.incident, decision, "correlated", at=NOW)


def test_the_rest_api_explains_why_an_alert_is_where_it_is(client_of):
    viewer = member_factory()
    alert = AlertFactory(incident__organization=viewer.organization)
    close, far = IncidentFactory(organization=viewer.organization), IncidentFactory(organization=viewer.organization)
    stored(alert, [(close, 0.6), (far, 0.2), (IncidentFactory(), 0.1)])

    answer = client_of(viewer).get(f"/api/v1/alerts/{alert.pk}/correlation")

    assert answer.status_code == 200
    assert answer.json() == {
        "alertId": str(alert.pk),
        "incidentId": str(alert.incident_id),
        "strategy": "correlated",
        "score": 0.75,
        "threshold": 0.5,
        "parts": [{"name": "service", "value": 1.0, "weight": 0.45, "reason": "both about web"}],
        "considered": [
            {
                "incidentId": str(one.pk),
                "number": one.number,
                "title": one.title,
                "status": "investigating",
                "score": score,
                "reason": "both about web",
                "wouldJoin": joins,
            }
            for one, score, joins in ((close, 0.6, True), (far, 0.2, False))
        ],
        "decidedAt": NOW.isoformat().replace("+00:00", "Z"),
    }


def test_the_newest_decision_holds(client_of):
    viewer = member_factory()
    alert = AlertFactory(incident__organization=viewer.organization)
    correlation_store(alert, alert.incident, None, "manual", at=NOW + timedelta(seconds=1))
    stored(alert)

    answer = client_of(viewer).get(f"/api/v1/alerts/{alert.pk}/correlation").json()

    assert (answer["strategy"], answer["score"], answer["parts"]) == ("manual", None, [])


def test_an_alert_without_a_decision_and_one_of_elsewhere(client_of):
    viewer = member_factory()
    silenced = AlertFactory(organization=viewer.organization, incident=None)
    elsewhere = AlertFactory()
    stored(elsewhere)
    client = client_of(viewer)

    assert client.get(f"/api/v1/alerts/{silenced.pk}/correlation").json()["strategy"] is None
    refused = client.get(f"/api/v1/alerts/{elsewhere.pk}/correlation")
    assert (refused.status_code, refused.json()["code"]) == (404, "NOT_FOUND")
    assert Correlation.objects.count() == 1
