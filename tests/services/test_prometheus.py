"""A real Prometheus and real Alertmanagers that watch a shop whose faults are made here, and a whole Aurora that they tell.

One story is one incident, in the right state, whatever is sent twice and whoever was away meanwhile.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.alerting import BARE, Console, Sender, until
from tests.conftest import IN_CI
from tests.live import LiveAurora, launch, stop, temporary_home, wait_until_ready
from tests.services.monitoring import Alertmanager, Shop, alertmanagers, prometheus

pytestmark = [pytest.mark.prometheus, pytest.mark.xdist_group("prometheus"), pytest.mark.timeout(240)]

DB, GATEWAY = "orders-db", "web-gateway"


@pytest.fixture(scope="module")
def running() -> Iterator[list[LiveAurora]]:
    """An installation; a test that starts it again puts the new process at the end."""
    for program in ("prometheus", "prometheus-alertmanager"):
        if shutil.which(program) is None:
            if IN_CI:
                pytest.fail(f"{program} is required in CI.")
            pytest.skip(f"{program} is not here.")
    with temporary_home("aurora-prometheus-") as home:
        started = [launch(home, extra=BARE)]
        try:
            wait_until_ready(started[-1])
            yield started
        finally:
            stop(started[-1])


class Story:
    """A watched shop, and the organisation that is told of it."""

    def __init__(self, console: Console, sender: Sender, shop: Shop, managers: list[Alertmanager]) -> None:
        self.console, self.sender, self.shop, self.managers = console, sender, shop, managers

    def states(self) -> dict[str, tuple[str, list[str]]]:
        """For each service the incident's state and those of its alerts. A second incident of a service is an error."""
        rows = self.console.incidents()
        services = [row["alert"]["service"] for row in rows]
        assert len(set(services)) == len(services), f"two incidents of one story: {services}"
        return {
            row["alert"]["service"]: (row["status"], sorted(each["status"] for each in self.console.alerts(row["id"])))
            for row in rows
        }

    def reaches(self, **wanted: tuple[str, list[str]]) -> None:
        expected = {name.replace("_", "-"): value for name, value in wanted.items()}
        until(lambda: self.states() == expected, lambda: f"{expected} (it is {self.states()})")

    def deliveries(self) -> list[tuple[str, int, int]]:
        """State, how many, and how often they came again."""
        statement = (
            "SELECT state, count(*), sum(duplicates) FROM incidents_delivery WHERE integration_id = %s GROUP BY state"
        )
        return self.console.query(statement, self.sender.id)


@pytest.fixture
def story(request: pytest.FixtureRequest, running: list[LiveAurora], tmp_path: Path) -> Iterator[Story]:
    """With as many Alertmanagers as the test asks for."""
    console = Console(running[-1])
    sender = console.integration("alertmanager", request.node.name)
    shop = Shop()
    with ExitStack() as stack:
        stack.callback(shop.server.shutdown)
        managers = stack.enter_context(alertmanagers(tmp_path, [sender.address] * getattr(request, "param", 1)))
        stack.enter_context(prometheus(tmp_path, shop, managers))
        yield Story(console, sender, shop, managers)


def unique_and_processed(story: Story) -> None:
    """Nothing waits or failed, and no fingerprint has two alerts that began at once."""
    until(lambda: {state for state, _, _ in story.deliveries()} == {"processed"}, "every delivery is processed")
    twice = story.console.query(
        "SELECT organization_id, fingerprint, started_at FROM incidents_alert GROUP BY 1, 2, 3 HAVING count(*) > 1"
    )
    assert twice == []


def test_alerts_fire_group_resolve_and_fire_again(story: Story) -> None:
    story.shop.break_(DB, "a")
    story.reaches(orders_db=("investigating", ["firing"]))
    # The second comes in the group of the first, which Alertmanager sends again as a whole.
    story.shop.break_(DB, "b")
    story.reaches(orders_db=("investigating", ["firing", "firing"]))
    story.shop.break_(GATEWAY, "a")
    story.reaches(orders_db=("investigating", ["firing", "firing"]), web_gateway=("investigating", ["firing"]))
    story.shop.mend(DB, "a")
    story.reaches(orders_db=("investigating", ["firing", "resolved"]), web_gateway=("investigating", ["firing"]))
    story.shop.mend(DB, "b")
    story.reaches(orders_db=("resolved", ["resolved", "resolved"]), web_gateway=("investigating", ["firing"]))
    opened = {row["id"] for row in story.console.incidents()}
    # Soon after its end it is the same story.
    story.shop.break_(DB, "a")
    story.reaches(orders_db=("investigating", ["firing", "resolved"]), web_gateway=("investigating", ["firing"]))
    story.shop.mend(DB, "a")
    story.shop.mend(GATEWAY, "a")
    story.reaches(orders_db=("resolved", ["resolved", "resolved"]), web_gateway=("resolved", ["resolved"]))
    assert {row["id"] for row in story.console.incidents()} == opened
    unique_and_processed(story)


@pytest.mark.parametrize("story", [2], indirect=True)
def test_two_alertmanagers_that_send_everything_twice_make_one_of_it(story: Story) -> None:
    until(lambda: [manager.members() for manager in story.managers] == [2, 2], "the cluster is whole")
    story.shop.break_(DB, "a")
    story.shop.break_(DB, "b")
    story.reaches(orders_db=("investigating", ["firing", "firing"]))
    until(lambda: all(manager.sent() for manager in story.managers), "both told of it")
    story.shop.mend(DB, "a")
    story.reaches(orders_db=("investigating", ["firing", "resolved"]))
    story.shop.mend(DB, "b")
    story.reaches(orders_db=("resolved", ["resolved", "resolved"]))
    unique_and_processed(story)


@pytest.mark.parametrize("story", [2], indirect=True)
def test_nothing_is_lost_while_aurora_is_away(story: Story, running: list[LiveAurora]) -> None:
    story.shop.break_(DB, "a")
    story.reaches(orders_db=("investigating", ["firing"]))
    stop(running[-1])
    story.shop.mend(DB, "a")
    story.shop.break_(GATEWAY, "a")
    # Both Alertmanagers meet the closed door before it opens again.
    until(lambda: all(manager.failed_attempts() for manager in story.managers), "sending fails")
    running.append(launch(running[-1].home, extra=BARE, port=running[-1].port))
    wait_until_ready(running[-1])
    story.reaches(orders_db=("resolved", ["resolved"]), web_gateway=("investigating", ["firing"]))
    story.shop.mend(GATEWAY, "a")
    story.reaches(orders_db=("resolved", ["resolved"]), web_gateway=("resolved", ["resolved"]))
    unique_and_processed(story)
