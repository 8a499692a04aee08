"""Sources that are files: what each reads from a payload that looks like its vendor's."""

from datetime import UTC, datetime

import pytest

from incidents.sources.base import ParsedAlert, UnreadablePayload
from incidents.sources.preset import FOLDER, BadPreset, preset_from
from incidents.sources.registry import source
from tests.incidents.sources.requests import NOW, delivery, only, parsed

STARTED = datetime(2026, 5, 20, 13, 50, tzinfo=UTC)
ENDED = datetime(2026, 5, 20, 13, 55, tzinfo=UTC)

OPSGENIE = {
    "source": {"name": "web", "type": "API"},
    "alert": {
        "updatedAt": 1779285000166002000,
        "tags": ["service:auth", "OverwriteQuietHours"],
        "teams": ["team1"],
        "message": "Sign-in fails",
        "username": "someone@example.org",
        "alertId": "052652ac-5d1c-464a-812a-7dd18bbfba8c",
        "alias": "sign-in",
        "tinyId": "23",
        "createdAt": 1779285000000,
        "entity": "auth-1",
        "description": "Half of them.",
        "priority": "P1",
        "details": {"region": "eu-1"},
    },
    "action": "Create",
    "integrationId": "37c8f316-17c6-49d7-899b-9c7e540c048d",
    "integrationName": "Aurora",
}
NEWRELIC = {
    "id": "d1b1f3fd-995a-4066-88ab-8ce4f6960654",
    "issueUrl": "https://radar-api.service.newrelic.com/accounts/1/issues/0ea2df1c",
    "title": "Memory Used % > 90 for at least 2 minutes on 'checkout'",
    "priority": "CRITICAL",
    "impactedEntities": ["checkout"],
    "state": "ACTIVATED",
    "createdAt": 1779285000000,
    "updatedAt": 1779285300000,
    "alertPolicyNames": ["Golden signals"],
    "alertConditionNames": ["Memory high"],
    "workflowName": "Aurora",
}
NETDATA = {
    "message": "ram_available on web-1 is critical",
    "alert": "ram_available",
    "info": "percentage of available memory",
    "chart": "mem.available",
    "context": "mem.available",
    "space": "Shop",
    "Rooms": {"All": "https://app.netdata.cloud/x"},
    "family": "ram",
    "class": "Utilization",
    "severity": "critical",
    "date": "2026-05-20T13:50:00Z",
    "duration": "1 minute",
    "alert_url": "https://app.netdata.cloud/spaces/shop/alerts/1",
}
SPLUNK = {
    "result": {"sourcetype": "mongod", "count": "8", "service": "orders", "severity": "5", "_raw": "x" * 3000},
    "sid": "scheduler_admin_search_W2_at_14232356_132",
    "results_link": "http://web.example.local:8000/app/search/@go?sid=scheduler_admin_search_W2_at_14232356_132",
    "search_name": "Errors of orders",
    "owner": "admin",
    "app": "search",
}
DYNATRACE = {
    "State": "OPEN",
    "PID": "-1234567890123456789_1779285000000V2",
    "ProblemID": "P-240712",
    "ProblemTitle": "High failure rate on payment-service",
    "ProblemSeverity": "ERROR",
    "ProblemImpact": "SERVICE",
    "ProblemURL": "https://example.live.dynatrace.com/#problems/problemdetails;pid=1",
    "ImpactedEntities": [{"type": "SERVICE", "name": "payment-service", "entity": "SERVICE-1"}],
    "Tags": "env:prod, [Kubernetes]app:payments",
    "ProblemDetailsJSONv2": {"startTime": 1779285000000, "endTime": -1},
}
BIGPANDA = {
    "id": "5c81849ce3b1f70001d05c8c",
    "status": "critical",
    "severity": "critical",
    "active": True,
    "description": "Queue of orders",
    "startedOn": 1779285000,
    "changedOn": 1779285060,
    "endedOn": None,
    "alerts": [{"status": "critical", "check": "depth", "tags": {"service": "orders", "host": "mq-1"}}],
}
INCIDENT = {
    "id": "01HZ0000000000000000000002",
    "reference": "INC-456",
    "name": "Auth service degraded",
    "permalink": "https://app.incident.io/incidents/456",
    "mode": "standard",
    "incident_status": {"id": "01HZL", "name": "Investigating", "category": "live", "rank": 10},
    "severity": {"id": "01HZS", "name": "Major", "rank": 100},
    "created_at": "2026-05-20T13:50:00Z",
    "updated_at": "2026-05-20T13:50:00Z",
}


def incidentio(kind, content):
    return {"event_type": kind, kind: content}


def changed(category, **values):
    content = {"incident": INCIDENT | values, "new_status": {"name": "x", "category": category}, "message": "So it is"}
    return incidentio("public_incident.incident_status_updated_v2", content)


def test_opsgenie():
    assert only("opsgenie", OPSGENIE) == ParsedAlert(
        title="Sign-in fails",
        status="firing",
        identity=(("alias", "sign-in"),),
        severity="critical",
        service="auth",
        occurred_at=STARTED,
        started_at=STARTED,
        labels={
            "service": "auth",
            "OverwriteQuietHours": "true",
            "region": "eu-1",
            "entity": "auth-1",
            "priority": "P1",
            "alias": "sign-in",
        },
        annotations={"description": "Half of them."},
        source_alert_id="052652ac-5d1c-464a-812a-7dd18bbfba8c",
        payload=OPSGENIE,
    )


@pytest.mark.parametrize(("action", "nanoseconds"), [("Close", 1779285300166002000), ("Delete", 1779285300166002000)])
def test_opsgenie_closes_by_alias(action, nanoseconds):
    alert = {"updatedAt": nanoseconds, "alias": "sign-in", "alertId": "other", "createdAt": 1779285000000}
    found = only("opsgenie", OPSGENIE | {"action": action, "alert": alert})

    assert (found.status, found.identity) == ("resolved", (("alias", "sign-in"),))
    assert found.occurred_at.replace(microsecond=0) == ENDED


@pytest.mark.parametrize("action", ["Acknowledge", "AddNote", "UnAcknowledge", "EscalateToNext", None])
def test_other_actions_of_opsgenie_change_nothing(action):
    found = parsed("opsgenie", OPSGENIE | {"action": action})

    assert found.alerts == ()
    assert found.note == f"action: {str(action or 'missing').lower()} neither opens nor closes an alert."


def test_new_relic():
    assert only("newrelic", NEWRELIC) == ParsedAlert(
        title="Memory Used % > 90 for at least 2 minutes on 'checkout'",
        status="firing",
        identity=(("issue", "d1b1f3fd-995a-4066-88ab-8ce4f6960654"),),
        severity="critical",
        service="checkout",
        occurred_at=STARTED,
        started_at=STARTED,
        labels={
            "policy": "Golden signals",
            "condition": "Memory high",
            "entity": "checkout",
            "workflow": "Aurora",
        },
        source_alert_id="d1b1f3fd-995a-4066-88ab-8ce4f6960654",
        source_url="https://radar-api.service.newrelic.com/accounts/1/issues/0ea2df1c",
        payload=NEWRELIC,
    )


def test_new_relic_needs_no_sources_and_guesses_no_service_among_several():
    found = only("newrelic", NEWRELIC | {"state": "CLOSED", "impactedEntities": ["checkout", "web"]})

    assert (found.status, found.occurred_at, found.service) == ("resolved", ENDED, "")
    assert found.identity == only("newrelic", NEWRELIC | {"sources": ["newrelic"]}).identity
    assert parsed("newrelic", NEWRELIC | {"state": "ACKNOWLEDGED"}).alerts == ()


def test_netdata():
    assert only("netdata", NETDATA) == ParsedAlert(
        title="ram_available on web-1 is critical",
        status="firing",
        identity=(
            ("alert", "ram_available"),
            ("chart", "mem.available"),
            ("context", "mem.available"),
            ("space", "Shop"),
        ),
        severity="critical",
        occurred_at=STARTED,
        labels={
            "alert": "ram_available",
            "chart": "mem.available",
            "context": "mem.available",
            "space": "Shop",
            "class": "Utilization",
        },
        annotations={"info": "percentage of available memory", "duration": "1 minute"},
        source_url="https://app.netdata.cloud/spaces/shop/alerts/1",
        payload=NETDATA,
    )


def test_netdata_that_is_clear_resolves_and_opens_nothing():
    found = only("netdata", NETDATA | {"severity": "CLEAR", "message": "ram_available on web-1 recovered"})

    assert (found.status, found.identity) == ("resolved", only("netdata", NETDATA).identity)
    assert only("netdata", NETDATA | {"severity": "warning"}).severity == "medium"
    assert parsed("netdata", NETDATA | {"severity": "removed"}).alerts == ()
    assert parsed("netdata", {"token": "123", "message": "Test"}).note == (
        "status.text: missing neither opens nor closes an alert."
    )


def test_nodes_of_netdata_that_are_unreachable():
    body = {
        "message": "web-1 is unreachable",
        "url": "https://app.netdata.cloud/spaces/shop/nodes/1",
        "host": "web-1",
        "severity": "critical",
        "status": {"reachable": False, "text": "unreachable"},
    }
    down = only("netdata", body)
    up = only("netdata", body | {"severity": "info", "status": {"reachable": True, "text": "reachable"}})

    assert (down.status, down.severity, down.identity) == ("firing", "critical", (("node", "web-1"),))
    assert (up.status, up.identity) == ("resolved", down.identity)


def test_splunk():
    found = only("splunk", SPLUNK)

    assert (found.title, found.status, found.severity, found.service) == (
        "Errors of orders",
        "firing",
        "high",
        "orders",
    )
    assert found.identity == (("app", "search"), ("search", "Errors of orders"))
    assert found.labels == {
        "sourcetype": "mongod",
        "count": "8",
        "service": "orders",
        "severity": "5",
        "search": "Errors of orders",
        "app": "search",
        "owner": "admin",
    }
    assert (found.occurred_at, found.source_alert_id) == (None, SPLUNK["sid"])
    assert found.source_url == SPLUNK["results_link"]


def test_a_search_of_splunk_says_what_it_is_about_and_when_it_is_over():
    keyed = only("splunk", SPLUNK | {"result": {"aurora_key": "eu-1"}})
    over = only("splunk", SPLUNK | {"result": {"aurora_key": "eu-1", "aurora_status": "resolved"}})
    unnamed = [only("splunk", SPLUNK | {"search_name": None, "sid": sid}).identity for sid in ("a", "b")]

    assert keyed.identity != only("splunk", SPLUNK).identity
    assert (over.status, over.identity) == ("resolved", keyed.identity)
    assert unnamed[0] != unnamed[1]


def test_dynatrace():
    found = only("dynatrace", DYNATRACE)

    assert (found.title, found.status) == ("High failure rate on payment-service", "firing")
    assert (found.severity, found.service) == ("high", "payment-service")
    assert found.identity == (("problem", "-1234567890123456789_1779285000000V2"),)
    assert (found.started_at, found.occurred_at) == (STARTED, NOW)
    assert found.labels == {
        "env": "prod",
        "app": "payments",
        "problem": "P-240712",
        "impact": "SERVICE",
        "entity": "payment-service",
        "severity_level": "ERROR",
    }


@pytest.mark.parametrize("state", ["RESOLVED", "MERGED"])
def test_a_problem_that_is_over(state):
    details = {"startTime": 1779285000000, "endTime": 1779285300000}
    found = only("dynatrace", DYNATRACE | {"State": state, "ProblemDetailsJSONv2": details})

    assert (found.status, found.occurred_at) == ("resolved", ENDED)
    assert found.identity == only("dynatrace", DYNATRACE).identity
    assert source("dynatrace").has_time is False


def test_bigpanda():
    found = only("bigpanda", BIGPANDA)

    assert (found.title, found.status, found.severity) == ("Queue of orders", "firing", "critical")
    assert (found.service, found.labels["host"], found.labels["check"]) == ("orders", "mq-1", "depth")
    assert found.identity == (("incident", "5c81849ce3b1f70001d05c8c"),)
    assert (found.started_at, found.occurred_at) == (STARTED, datetime(2026, 5, 20, 13, 51, tzinfo=UTC))


def test_bigpanda_that_a_person_resolved_is_over_although_its_alerts_are_not():
    found = only("bigpanda", {"incident": BIGPANDA | {"active": False, "endedOn": 1779285300}})

    assert (found.status, found.occurred_at) == ("resolved", ENDED)
    assert found.identity == only("bigpanda", BIGPANDA).identity
    assert only("bigpanda", {"id": "1", "status": "ok"}).status == "resolved"
    assert parsed("bigpanda", {"id": "1", "status": "acknowledged"}).alerts == ()


def test_incident_io():
    found = only("incidentio", incidentio("public_incident.incident_created_v2", INCIDENT))

    assert (found.title, found.status, found.severity) == ("Auth service degraded", "firing", "high")
    assert found.identity == (("key", "01HZ0000000000000000000002"),)
    assert (found.occurred_at, found.source_alert_id) == (STARTED, "INC-456")
    assert found.source_url == "https://app.incident.io/incidents/456"
    assert found.labels == {"reference": "INC-456", "mode": "standard", "status": "Investigating"}


@pytest.mark.parametrize(
    ("category", "status"),
    [
        ("live", "firing"),
        ("triage", "firing"),
        ("learning", "resolved"),
        ("closed", "resolved"),
        ("declined", "resolved"),
    ],
)
def test_a_change_of_status_at_incident_io(category, status):
    found = only("incidentio", changed(category, updated_at="2026-05-20T13:55:00Z"))

    assert (found.status, found.occurred_at) == (status, ENDED)
    assert found.identity == (("key", "01HZ0000000000000000000002"),)


@pytest.mark.parametrize(
    ("body", "note"),
    [
        (changed("paused"), "new_status.category: paused neither opens nor closes an alert."),
        (
            incidentio("private_incident.incident_created_v2", {"id": "01HZ"}),
            "new_status.category: missing neither opens nor closes an alert.",
        ),
        (
            incidentio("public_incident.follow_up_created_v1", {"id": "01HZ", "status": "outstanding"}),
            "new_status.category: outstanding neither opens nor closes an alert.",
        ),
    ],
)
def test_other_events_of_incident_io_change_nothing(body, note):
    assert (parsed("incidentio", body).alerts, parsed("incidentio", body).note) == ((), note)


@pytest.mark.parametrize("body", [{}, {"event_type": "a"}, {"event_type": "a", "a": []}, {"event_type": ["a"]}])
def test_an_event_of_incident_io_without_content_is_refused(body):
    with pytest.raises(UnreadablePayload, match="and the body has no such object"):
        parsed("incidentio", body)


def test_deliveries_of_incident_io_are_named_by_svix():
    assert source("incidentio").delivery_id(delivery({}, webhook_id="msg_1")) == "msg_1"
    assert source("incidentio").delivery_id(delivery({}, svix_id="msg_2")) == "msg_2"
    assert source("opsgenie").delivery_id(delivery({}, webhook_id="msg_1")) == ""


VALID = (FOLDER / "opsgenie.toml").read_text()


@pytest.mark.parametrize(
    ("found", "put", "says"),
    [
        ('name = "opsgenie"', "", "name"),
        ('name = "opsgenie"', 'nmae = "opsgenie"', "nmae"),
        ("[status]", "[state]", "paths"),
        ('paths = "action"', "", "paths"),
        ("overload = 503", 'overload = 503\nsignature = "md5"', "signature: there is no scheme md5."),
        ("[status]", '[severities]\na = "worst"\n[status]', "severities: worst is none of ours"),
        ("[status]", "[status", "Expected"),
    ],
)
def test_a_preset_that_can_not_be_read_says_which_field(found, put, says):
    preset_from(VALID)
    with pytest.raises(BadPreset, match=says):
        preset_from(VALID.replace(found, put))
