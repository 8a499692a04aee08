"""Which incident an alert joins, and the reasons given: pure."""

from datetime import UTC, datetime, timedelta
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.correlation.facts import AlertFacts, IncidentFacts
from incidents.correlation.scoring import decide
from incidents.correlation.settings import BadWeights, CorrelationSettings, settings_checked, weights_from

NOON = datetime(2026, 1, 6, 12, tzinfo=UTC)
GRAPH = {
    "web": frozenset({"checkout"}),
    "checkout": frozenset({"payments"}),
    "payments": frozenset({"ledger-db"}),
    "ledger-db": frozenset(),
    "reports": frozenset(),
}
DEFAULTS = CorrelationSettings()


def alert(title="Disk full", service="", seconds=0, *, name="new", source="grafana", labels=None, received=None):
    return AlertFacts(
        id=name,
        title=title,
        service=service,
        severity="high",
        source=source,
        started_at=NOON + timedelta(seconds=seconds),
        received_at=None if received is None else NOON + timedelta(seconds=received),
        labels=labels or {},
    )


def incident(*alerts, name="one", is_open=True):
    return IncidentFacts(id=name, alerts=alerts, is_open=is_open)


def decided(new, *incidents, graph=GRAPH, settings=DEFAULTS):
    return decide(new, incidents, graph, settings)


def parts(decision):
    return {part.name: (part.value, part.reason) for part in decision.parts}


def test_every_part_has_its_value_weight_and_reason():
    there = alert("Connection refused by ledger-db", "payments", name="there", labels={"cluster": "blue"})
    new = alert(
        "payments: connection refused (attempt 3)", "checkout", 240, labels={"cluster": "blue", "host": "node-1"}
    )

    decision = decided(new, incident(there))

    assert decision.incident_id == "one"
    assert decision.score == round(0.075 + 0.35 + 0.45 + 0.3 * (2 / 7) * (2 / 4) + 0.1 * 0.1, 4)
    assert parts(decision) == {
        "time": (0.25, "started 4 min after"),
        "service": (0.0, "checkout isn't payments"),
        "graph": (1.0, "checkout calls payments, 1 step"),
        "names": (1.0, "a title names payments"),
        "text": (round(2 / 7 / 2, 4), "both say 'connection', 'refused'"),
        "labels": (0.1, "same cluster blue"),
    }
    assert [part.weight for part in decision.parts] == [0.3, 0.45, 0.35, 0.45, 0.3, 0.1]


def test_without_incidents_a_new_one_is_opened():
    decision = decided(alert())

    assert (decision.incident_id, decision.score, decision.parts, decision.considered) == (None, 0.0, [], [])


def test_an_identical_alert_a_second_later_joins_though_the_graph_is_away():
    decision = decided(alert("High CPU", "web", 1), incident(alert("High CPU", "web", name="there")), graph={})

    assert decision.incident_id == "one"
    assert parts(decision)["graph"] == (None, "the same service: no way to go")


@pytest.mark.parametrize("seconds", [0, 1, 30])
def test_two_unrelated_alerts_of_unknown_service_stay_apart(seconds):
    there = alert("Certificate expires soon", name="there")

    decision = decided(alert("Disk full", seconds=seconds), incident(there))

    assert decision.incident_id is None
    assert parts(decision)["service"] == (None, "service unknown: not compared")
    assert parts(decision)["graph"] == (None, "service unknown: not compared")


def test_an_unknown_service_is_not_that_of_a_known_one():
    decision = decided(alert("Disk full"), incident(alert("High load", "web", name="there")))

    assert decision.incident_id is None
    assert parts(decision)["service"][0] is None


def test_the_same_service_with_another_title_joins_after_100_seconds():
    decision = decided(alert("Disk full", "web", 100), incident(alert("High CPU", "web", name="there")))

    assert decision.incident_id == "one"


def test_the_same_title_of_services_without_a_way_between_them_stays_apart():
    decision = decided(alert("High CPU", "reports", 1), incident(alert("High CPU", "web", name="there")))

    assert decision.incident_id is None
    assert parts(decision)["graph"] == (0.0, "no calls lead from reports to web or back")


def test_time_alone_never_joins():
    decision = decided(alert("Disk full", "reports"), incident(alert("Login failed", "web", name="there")))

    assert decision.incident_id is None
    assert decision.score == 0.3


@pytest.mark.parametrize(("first", "second"), [(0, 40), (40, 0)])
def test_an_alert_that_started_before_the_incidents_counts_as_one_after(first, second):
    decision = decided(alert("Down", "checkout", first), incident(alert("Slow", "payments", second, name="there")))

    assert decision.incident_id == "one"
    order = "before" if first < second else "after"
    assert parts(decision)["time"] == (round(0.5 ** (40 / 120), 4), f"started 40 s {order}")


def test_clocks_of_two_systems_may_differ():
    there = alert("Slow", "payments", 0, name="there", source="datadog", received=10)
    skewed = alert("Down", "checkout", 200, received=30)
    same_system = alert("Slow", "payments", 0, name="there", received=10)

    assert parts(decided(skewed, incident(there)))["time"] == (
        round(0.5 ** (20 / 120), 4),
        "started 3 min after by their own clocks, arrived 20 s apart",
    )
    assert parts(decided(skewed, incident(same_system)))["time"][0] == round(0.5 ** (200 / 120), 4)


def test_skew_is_forgiven_up_to_a_limit():
    """What an outage held back arrives all at once and isn't simultaneous."""
    there = alert("Slow", "payments", 0, name="there", source="datadog", received=7200)

    decision = decided(alert("Down", "checkout", 3600, received=7201), incident(there))

    assert parts(decision)["time"][0] == round(0.5 ** (3300 / 120), 4)


@pytest.mark.parametrize(
    ("service", "value", "reason"),
    [
        ("web", 0.5, "web calls payments, 2 steps"),
        ("checkout", 1.0, "checkout calls payments, 1 step"),
        ("ledger-db", 0.8, "payments calls ledger-db, 1 step"),
        ("reports", 0.0, "no calls lead from reports to payments or back"),
        ("elsewhere", None, "elsewhere isn't in the service graph: not compared"),
    ],
)
def test_the_graph_counts_calls_and_their_direction(service, value, reason):
    decision = decided(alert("Down", service), incident(alert("Slow", "payments", name="there")))

    assert parts(decision)["graph"] == (value, reason)


def test_a_circle_of_calls_is_no_trouble():
    graph = {"a-one": frozenset({"b-two"}), "b-two": frozenset({"a-one"})}

    decision = decided(alert("Down", "a-one"), incident(alert("Slow", "b-two", name="there")), graph=graph)

    assert parts(decision)["graph"] == (1.0, "a-one calls b-two, 1 step")


def test_a_title_that_names_the_service_joins_though_its_own_is_unknown():
    there = alert("Slow", "ledger-db", name="there")

    decision = decided(alert("FATAL: ledger-db-0 refused", seconds=60), incident(there))

    assert decision.incident_id == "one"
    assert parts(decision)["names"] == (1.0, "a title names ledger-db")


def test_numbers_and_ids_in_titles_do_not_matter():
    there = alert("Replica 17 of shard 5f3a9c2e lags", name="there")

    decision = decided(alert("Replica 42 of shard 00ff12ab lags"), incident(there))

    assert parts(decision)["text"] == (1.0, "both say 'lags', 'replica', 'shard', 'of'")


def test_the_better_of_two_incidents_is_joined_and_the_other_named():
    near = incident(alert("Slow", "payments", name="near"), name="near")
    far = incident(alert("Slow", "checkout", name="far"), name="far")

    decision = decided(alert("Slow", "payments", 20), far, near)

    assert decision.incident_id == "near"
    assert [(one.incident_id, one.score >= decision.threshold) for one in decision.considered] == [("far", True)]
    assert decision.considered[0].reason == "checkout calls payments, 1 step; started 20 s after; both say 'slow'"


def test_among_equals_the_open_then_the_older_incident_is_joined():
    older = incident(alert("Slow", "payments", 0, name="x"), alert("Slow", "payments", 60, name="y"), name="older")
    newer = incident(alert("Slow", "payments", 60, name="z"), name="newer")
    closed = incident(*older.alerts, name="a-closed", is_open=False)

    assert decided(alert("Slow", "payments", 60), newer, older, closed).incident_id == "older"
    assert decided(alert("Slow", "payments", 60), newer, closed).incident_id == "newer"


def test_weights_and_threshold_are_honoured():
    there, new = incident(alert("Slow", "payments", name="there")), alert("Down", "checkout")

    assert decided(new, there).incident_id == "one"
    assert decided(new, there, settings=CorrelationSettings(threshold=0.7)).incident_id is None
    without = CorrelationSettings(weights=weights_from(["graph=0"]))
    assert decided(new, there, settings=without).incident_id is None


@pytest.mark.parametrize(
    ("words", "threshold", "text"),
    [
        (["gravity=1"], 0.5, "'gravity' is no part of a score."),
        (["graph=much"], 0.5, "The weight of graph must be a number"),
        (["graph=2"], 0.5, "The weight of graph must be from 0 to 1"),
        (["graph=nan"], 0.5, "The weight of graph must be from 0 to 1"),
        (["time=0.5"], 0.5, "time alone is no reason to join"),
        ([], 0.0, "The threshold must be above 0"),
    ],
)
def test_settings_without_sense_are_refused(words, threshold, text):
    with pytest.raises(BadWeights, match=text):
        settings_checked(CorrelationSettings(weights=weights_from(words), threshold=threshold))


some_alerts = st.builds(
    alert,
    title=st.sampled_from(["High CPU", "Disk full", "payments refused", "Timeout calling ledger-db", "", "17"]),
    service=st.sampled_from(["", "web", "checkout", "payments", "elsewhere"]),
    seconds=st.integers(-900, 900),
    name=st.uuids().map(str),
    source=st.sampled_from(["grafana", "datadog"]),
    labels=st.dictionaries(st.sampled_from(["host", "node", "cluster", "zone", "team"]), st.sampled_from("ab")),
    received=st.none() | st.integers(0, 900),
)
some_incidents = st.lists(
    st.builds(incident, some_alerts, some_alerts, name=st.uuids().map(str)), max_size=4, unique_by=lambda one: one.id
)


@given(some_alerts, some_incidents)
def test_scores_and_values_are_shares(new, incidents):
    decision = decided(new, *incidents)

    assert all(0 <= score <= 1 for score in (decision.score, *(one.score for one in decision.considered)))
    assert all(part.value is None or 0 <= part.value <= 1 for part in decision.parts)
    assert all(part.reason for part in decision.parts)


@given(some_alerts, some_incidents)
def test_the_order_of_incidents_and_labels_does_not_matter(new, incidents):
    turned = AlertFacts(**{**vars(new), "labels": dict(reversed(new.labels.items()))})

    assert decided(turned, *reversed(incidents)) == decided(new, *incidents)


@given(some_alerts, some_incidents)
def test_an_unrelated_incident_changes_no_choice(new, incidents):
    unrelated = incident(alert("Zebra crossing", "zoo", 90_000, name="zebra"), name="unrelated")

    assert decided(new, *incidents, unrelated).incident_id == decided(new, *incidents).incident_id


@given(some_alerts, some_alerts)
def test_two_alerts_are_as_alike_in_either_order_but_for_the_direction_of_calls(one, other):
    there, back = parts(decided(one, incident(other))), parts(decided(other, incident(one)))

    for name in ("time", "service", "names", "text", "labels"):
        assert there[name][0] == back[name][0]
    assert (there["graph"][0] is None) == (back["graph"][0] is None)


def test_fifty_incidents_of_twenty_alerts_take_milliseconds():
    incidents = [
        incident(
            *(alert(f"{word} of service-{row} at {row} %", f"service-{row}", name=f"{row} {word}", labels={"host": "a"})
              for word in map(str, range(20))),
            name=str(row),
        )
        for row in range(50)
    ]  # fmt: skip
    graph = {f"service-{row}": frozenset({f"service-{row + 1}"}) for row in range(50)} | {"service-50": frozenset()}
    new = alert("Errors of service-7", "service-7", labels={"host": "a"})

    took = []
    for _ in range(5):
        begun = process_time()
        assert decided(new, *incidents, graph=graph).incident_id == "7"
        took.append(process_time() - begun)

    # Five on a quiet machine (docs/incidents/correlation.md); this only keeps it from becoming something else.
    assert min(took) < 0.1
