"""What generated storms are made of: alerts as several monitoring systems would tell them, failures that spread, noise."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bench.storm_landscape import Landscape
from bench.storm_words import FAULTS, NOISE, wordings
from incidents.correlation.facts import AlertFacts, Graph

BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTE = 60.0


@dataclass(frozen=True)
class StormAlert:
    """``received_at`` and ``ended_at`` are by our clock, the facts' ``started_at`` by the sender's.

    Noise has a story each.
    """

    facts: AlertFacts
    received_at: datetime
    ended_at: datetime
    story: str


@dataclass(frozen=True)
class Storm:
    """Alerts in the order of their arrival."""

    family: str
    graph: Graph
    alerts: tuple[StormAlert, ...]


@dataclass
class Maker:
    """A storm in the making. Times are seconds from its begin; ``blind`` is the share of alerts that name no service."""

    draw: random.Random
    split: str
    land: Landscape
    blind: float = 0.05
    skew: float = 5.0
    alerts: list[StormAlert] = field(default_factory=list)
    stories: int = 0
    failing: frozenset[str] = frozenset()
    clocks: dict[str, float] = field(default_factory=dict)

    def story(self) -> str:
        self.stories += 1
        return f"story {self.stories}"

    def services(self) -> list[str]:
        return sorted(self.land.graph)

    def say(
        self, service: str, text: str, story: str, at: float, until: float, *, source: str = "", host: str = ""
    ) -> None:
        """Add an alert about a service that started at a time; it arrives when its source has evaluated it."""
        place = self.land.places[service]
        source, host = source or place.sources[0], host or self.draw.choice(place.hosts)
        called = self.land.graph[service]
        callee = self.draw.choice(sorted(called & self.failing) or sorted(called) or [service])
        identity = f"{self.draw.getrandbits(24):06x}"
        title = text.format(service=service, callee=callee, host=host, id=identity, n=self.draw.randint(11, 98))
        labels = self._labels(service, text, source, host, identity)
        named = service
        if self.draw.random() < self.blind:
            named = ""
            labels = {
                name: value for name, value in labels.items() if name in ("alertname", "cluster", "severity", "host")
            }
        skew = self.clocks.setdefault(source, self.draw.uniform(-self.skew, self.skew))
        facts = AlertFacts(
            id=f"{story}/{len(self.alerts)}",
            title=title,
            service=named,
            severity=self.draw.choice(("critical", "high", "medium")),
            source=source,
            started_at=BEGIN + timedelta(seconds=at + skew),
            labels=labels,
        )
        received = BEGIN + timedelta(seconds=at + self.draw.uniform(2, 45))
        ended = max(BEGIN + timedelta(seconds=until), received + timedelta(seconds=20))
        self.alerts.append(StormAlert(facts, received, ended, story))

    def _labels(self, service: str, text: str, source: str, host: str, identity: str) -> dict[str, str]:
        place = self.land.places[service]
        name = "".join(word.title() for word in text.split() if word.isalpha()) or "Alert"
        if source == "alertmanager":
            labels = {"alertname": name, "service": service, "namespace": place.namespace, "cluster": place.cluster}
            labels |= {"pod": f"{service}-{identity}", "node": host, "severity": "critical"}
        elif source == "datadog":
            labels = {"monitor": name, "env": "prod", "host": host, "service": service, "region": place.region}
        elif source == "sentry":
            labels = {"environment": "production", "project": service, "level": "error", "release": identity}
        else:
            labels = {"AlarmName": f"{service}-{name}", "region": place.region, "account": "104512"}
        return {key: value for key, value in labels.items() if self.draw.random() > self.blind}

    def symptoms(
        self, service: str, kinds: tuple[str, ...], story: str, at: float, until: float, most: int = 3
    ) -> None:
        """Some of the kinds of alerts about a service, each from whoever watches it."""
        for kind in self.draw.sample(kinds, self.draw.randint(1, min(most, len(kinds)))):
            began = at + self.draw.uniform(0, 50)
            for source in self.land.places[service].sources:
                text = self.draw.choice(wordings(kind, self.split))
                self.say(service, text, story, began + self.draw.uniform(0, 40), until, source=source)

    def affected(self, cause: str, reach: float) -> dict[str, int]:
        """The cause and the callers that it takes along, with their distance."""
        found, ring = {cause: 0}, [cause]
        for steps in range(1, 4):
            callers = {caller for service in ring for caller in self.land.callers(service)} - found.keys()
            ring = [caller for caller in sorted(callers) if self.draw.random() < reach / steps**0.5]
            found |= dict.fromkeys(ring, steps)
        return found

    def cascade(self, hit: dict[str, int], at: float) -> None:
        """The cause's alerts first, then callers follow; one caller in seven is noticed before its cause."""
        story, until = self.story(), at + self.draw.uniform(10, 35) * MINUTE
        causes, victims = FAULTS[self.draw.choice(sorted(FAULTS))]
        self.failing = frozenset(hit)
        for service, steps in hit.items():
            delay = sum(self.draw.lognormvariate(3.5, 0.6) for _ in range(steps))
            if steps and self.draw.random() < 1 / 7:
                delay = -self.draw.uniform(5, 40)
            self.symptoms(service, victims if steps else causes, story, at + delay, until)
        self.failing = frozenset()

    def noise(self, count: int, span: float) -> None:
        for _ in range(count):
            at = self.draw.uniform(0, span)
            text = self.draw.choice(NOISE[self.split])
            self.say(self.draw.choice(self.services()), text, self.story(), at, at + self.draw.uniform(2, 30) * MINUTE)

    def apart(self, count: int, reach: float) -> list[dict[str, int]]:
        """Failures that share no service."""
        found: list[dict[str, int]] = []
        for cause in self.draw.sample(self.services(), len(self.services())):
            hit = self.affected(cause, reach)
            if len(found) < count and not any(hit.keys() & other.keys() for other in found):
                found.append(hit)
        return found
