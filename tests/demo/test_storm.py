"""The demo's alert storm: what is recorded, and what comes of it when it goes through the real addresses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from aurora_site.accounts.models import Membership, Role
from aurora_site.accounts.services.installation import organization_default_ensure
from aurora_site.demo import pages, tasks
from aurora_site.demo.services import SERVICES, services_ensure
from aurora_site.demo.storm import StormFailed, storm_replay
from aurora_site.demo.storm.recording import recorded
from incidents.models import Alert, Delivery, Incident, Integration, Service, ServiceDependency
from incidents.processing import deliveries_process
from incidents.sources import registry
from tests.factories.accounts import member_factory, session_of

BEGAN = datetime(2026, 3, 11, 14, 0, tzinfo=UTC)
AT_ONCE = 1e6


@pytest.fixture
def admin(db: None) -> Membership:
    return member_factory(role=Role.ADMIN)


@pytest.fixture
def wire(admin: Membership, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Requests reach the web application without a socket, and deliveries are processed as they come; the statuses."""
    answered: list[int] = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        headers = {name: value for name, value in request.headers.items() if name not in ("host", "content-length")}
        answer = Client().post(
            urlsplit(str(request.url)).path, request.content, content_type="application/json", headers=headers
        )
        answered.append(answer.status_code)
        deliveries_process(admin.organization_id)
        return httpx2.Response(answer.status_code, content=answer.content)

    client = httpx2.Client
    monkeypatch.setattr(httpx2, "Client", lambda **options: client(transport=httpx2.MockTransport(handle), **options))
    yield answered


def test_every_recorded_delivery_is_one_that_its_vendor_could_send() -> None:
    for each in recorded():
        source = registry.source(each.source)
        request = source.signed(each.request(began=BEGAN, story="0123abcd", now=datetime.now(UTC)), "secret")
        source.verify(request, ["secret"])
        assert b"{" + b"time" not in request.body
        assert b"{story}" not in request.body
        source.parse(request)


def test_two_stories_have_no_alert_in_common() -> None:
    def identities(story: str) -> set[Any]:
        requests = [(each.source, each.request(began=BEGAN, story=story, now=BEGAN)) for each in recorded()]
        return {
            (source, alert.identity)
            for source, request in requests
            for alert in registry.source(source).parse(request).alerts
        }

    one, other = identities("0123abcd"), identities("4567abcd")
    assert len(one) == len(other) > 20
    assert not one & other


def test_a_replay_makes_an_incident_of_the_cascade_and_others_of_what_else_is_wrong(
    admin: Membership, wire: list[int]
) -> None:
    said: list[str] = []
    outcome = storm_replay(organization_id=admin.organization_id, actor_id="", speed=AT_ONCE, say=said.append)
    assert set(wire) == {202}
    assert (
        len(wire)
        == outcome.sent
        == len(recorded())
        == Delivery.objects.count() + sum(Delivery.objects.values_list("duplicates", flat=True))
    )
    assert set(Delivery.objects.values_list("state", flat=True)) == {"processed", "ignored"}
    assert [(incident.number, incident.severity, incident.alert_count) for incident in outcome.incidents] == [
        (1, "critical", 18),
        (2, "medium", 1),
        (3, "critical", 5),
    ]
    assert [incident.service and incident.service.name for incident in outcome.incidents] == [
        "orders-db", None, "search-index",
    ]  # fmt: skip
    assert not Alert.objects.filter(status="firing").exists()
    assert said[-1] == f"Sent {len(wire)} of {len(wire)}"

    # A second one is a second story, through the same integrations: so soon after the first, of the same incidents.
    first = sorted(Alert.objects.values_list("title", "count"))
    storm_replay(organization_id=admin.organization_id, actor_id="", speed=AT_ONCE)
    assert sorted(Alert.objects.values_list("title", "count")) == sorted([*first, *first])
    assert (Integration.objects.count(), Service.objects.count()) == (5, len(SERVICES))


def test_the_service_graph_is_made_once_and_left_as_people_change_it(admin: Membership) -> None:
    assert services_ensure(admin.organization_id) == len(SERVICES) == 14
    Service.objects.filter(name="cache").update(description="ours")
    assert services_ensure(admin.organization_id) == 0
    assert Service.objects.get(name="cache").description == "ours"
    calls = ServiceDependency.objects.filter(caller__name="checkout-service").values_list("callee__name", flat=True)
    assert sorted(calls) == ["catalog-service", "message-queue", "orders-db", "payments-service"]


def test_a_web_address_that_does_not_answer_is_told(
    admin: Membership, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aurora_site.demo.storm.replay.MOST_TRIES", 1)
    settings.AURORA_PUBLIC_URL = "http://127.0.0.1:9"
    with pytest.raises(StormFailed, match=r"http://127\.0\.0\.1:9 takes no deliveries"):
        storm_replay(organization_id=admin.organization_id, actor_id="", speed=AT_ONCE)
    assert not Incident.objects.exists()


def test_the_command_names_what_it_was_given(db: None) -> None:
    organization_default_ensure()
    with pytest.raises(CommandError, match="There is no organisation nowhere"):
        call_command("replay_storm", organization="nowhere")
    with pytest.raises(CommandError, match="--speed must be above 0"):
        call_command("replay_storm", speed=0)


class TestButton:
    @pytest.fixture(autouse=True)
    def queued(self, monkeypatch: pytest.MonkeyPatch, settings: Any) -> list[tuple[str, str]]:
        settings.AURORA_DEMO = True
        cache.clear()
        queued: list[tuple[str, str]] = []
        monkeypatch.setattr(pages.replay_storm, "delay", lambda *given: queued.append(given))
        return queued

    def test_an_administrator_starts_one_storm_at_a_time(self, admin: Membership, queued: list[Any]) -> None:
        for _ in range(2):
            answer = session_of(admin.user).post("/incidents/demo-storm")
            assert (answer.status_code, answer["Location"]) == (302, "/incidents")
        assert queued == [(str(admin.organization_id), admin.user.pk)]

    def test_it_may_be_started_again_after_it_failed(
        self, admin: Membership, queued: list[Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        session_of(admin.user).post("/incidents/demo-storm")

        def fail(**_: Any) -> None:
            raise StormFailed("no")

        monkeypatch.setattr(tasks, "storm_replay", fail)
        tasks.replay_storm(*queued[0])
        session_of(admin.user).post("/incidents/demo-storm")
        assert len(queued) == 2

    def test_others_may_not(self, db: None, queued: list[Any]) -> None:
        assert session_of(member_factory(role=Role.EDITOR).user).post("/incidents/demo-storm").status_code == 403
        assert Client().post("/incidents/demo-storm").status_code in (302, 401, 403)
        assert queued == []

    def test_without_the_demo_there_is_none(self, admin: Membership, queued: list[Any], settings: Any) -> None:
        settings.AURORA_DEMO = False
        assert session_of(admin.user).post("/incidents/demo-storm").status_code == 404
        assert queued == []
