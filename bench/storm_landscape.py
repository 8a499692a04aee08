"""Generated landscapes: services, which call which, where they run, and who watches them."""

from __future__ import annotations

import random
from dataclasses import dataclass

from bench.storm_words import AREAS, ROLES, STORES
from incidents.correlation.facts import Graph

SOURCES = ("alertmanager", "datadog", "sentry", "cloudwatch")


@dataclass(frozen=True)
class Place:
    """Where a service runs, and which systems watch it: the first always, others sometimes."""

    namespace: str
    cluster: str
    region: str
    hosts: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Landscape:
    graph: Graph
    places: dict[str, Place]

    def callers(self, service: str) -> list[str]:
        return sorted(caller for caller, callees in self.graph.items() if service in callees)

    def near(self, service: str) -> set[str]:
        """The service, those it calls and those that call it."""
        return {service, *self.graph[service], *self.callers(service)}


def landscape(draw: random.Random, split: str) -> Landscape:
    """Three layers: two to four doors, services of several areas, their stores; and one service that many call."""
    areas = draw.sample(AREAS[split], draw.randint(5, 8))
    inner = [f"{area}-{role}" for area in areas for role in draw.sample(ROLES[split], draw.randint(2, 4))]
    stores = [f"{area}-{draw.choice(STORES[split])}" for area in areas]
    doors = [f"{name}-{draw.choice(ROLES[split])}" for name in draw.sample(("web", "mobile", "partner", "admin"), 3)]
    hub = f"auth-{draw.choice(ROLES[split])}"
    graph = {name: frozenset(_callees(draw, name, inner, stores, hub)) for name in inner}
    graph |= {name: frozenset([*draw.sample(inner, draw.randint(3, 6)), hub]) for name in doors}
    graph |= {name: frozenset[str]() for name in (*stores, hub)}
    return Landscape(graph, _places(draw, sorted(graph)))


def _callees(draw: random.Random, name: str, inner: list[str], stores: list[str], hub: str) -> list[str]:
    """An area's services call its store, some later service (so that there are no circles), and often the hub."""
    area = name.split("-", maxsplit=1)[0]
    later = inner[inner.index(name) + 1 :]
    found = [store for store in stores if store.startswith(area) and draw.random() < 0.7]
    own = [other for other in later if other.startswith(area)]
    found += draw.sample(own, min(len(own), draw.randint(0, 2)))
    found += draw.sample(later, min(len(later), draw.randint(0, 1)))
    return [*found, hub] if draw.random() < 0.3 else found


def _places(draw: random.Random, names: list[str]) -> dict[str, Place]:
    clusters = [f"{stage}-{number}" for stage, number in (("prod", 1), ("prod", 2))][: draw.randint(1, 2)]
    region = draw.choice(("eu-west-1", "us-east-2"))
    hosts = [f"node-{draw.randint(10, 99)}-{number}" for number in range(draw.randint(8, 14))]
    watchers = draw.sample(SOURCES, draw.randint(2, 3))
    return {
        name: Place(
            namespace=name.split("-")[0],
            cluster=draw.choice(clusters),
            region=region,
            hosts=tuple(draw.sample(hosts, 2)),
            sources=tuple(draw.sample(watchers, 2 if draw.random() < 0.4 else 1)),
        )
        for name in names
    }
