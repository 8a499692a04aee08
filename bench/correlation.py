"""How well alerts are sorted into incidents: ``python -m bench.correlation``, beside grouping by labels, by time and others.

Labelled storms of ``bench/storms.py``. What can be set was chosen on the tuning storms, of Aurora and of each peer; the
figures are of held-out ones. Pairs of alerts of a storm: precision is the share of those put together that belong
together, recall the share of those that belong together that were put together. Intervals hold 95 of 100 resamplings
of storms. No database is needed.
"""

from __future__ import annotations

import random
import statistics
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from time import process_time

from bench.correlation_peers import Peer, peers
from bench.correlation_replay import Pairs, Strategy, pairs_of, sorted_into
from bench.storms import Storm, storms
from incidents.correlation.distance import ServiceGraph
from incidents.correlation.facts import AlertFacts, Graph, IncidentFacts
from incidents.correlation.scoring import decide
from incidents.correlation.settings import CorrelationSettings

TUNING_EACH, HELD_OUT_EACH = 20, 60
RESAMPLINGS = 1000
Results = Sequence[tuple[str, Pairs]]


def main() -> None:
    chosen = _best_peers(list(storms("tuning", TUNING_EACH)))
    held_out = [replace(storm, graph=ServiceGraph(storm.graph)) for storm in storms("held-out", HELD_OUT_EACH)]
    window = CorrelationSettings().window_seconds
    strategies = {
        "Aurora": (_aurora, window),
        "Aurora without a service graph": (_without_graph, window),
        **{f"{peer.kind}: {peer.setting}": (peer.strategy, peer.window) for peer in chosen},
    }
    results = {name: _results(held_out, strategy, most) for name, (strategy, most) in strategies.items()}
    alerts = sum(len(storm.alerts) for storm in held_out)
    print(f"{len(held_out)} held-out storms, {alerts} alerts, {HELD_OUT_EACH} storms of each family\n")
    _print_all(results)
    _print_differences(results)
    _print_families(results)
    _print_speed()


def _aurora(alert: AlertFacts, incidents: Sequence[IncidentFacts], graph: Graph) -> str | None:
    return decide(alert, incidents, graph, CorrelationSettings()).incident_id


def _without_graph(alert: AlertFacts, incidents: Sequence[IncidentFacts], graph: Graph) -> str | None:
    return decide(alert, incidents, {}, CorrelationSettings()).incident_id


def _best_peers(tuning: Sequence[Storm]) -> list[Peer]:
    """Of each kind the setting with the best F1 over all pairs and families, half each."""
    best: dict[str, tuple[float, Peer]] = {}
    for peer in peers():
        results = _results(tuning, peer.strategy, peer.window)
        merit = (_total(results).f1 + _mean_f1(results)) / 2
        if peer.kind not in best or merit > best[peer.kind][0]:
            best[peer.kind] = merit, peer
    return [peer for _, peer in best.values()]


def _results(played: Sequence[Storm], strategy: Strategy, window: float) -> Results:
    return [(storm.family, pairs_of(storm, sorted_into(storm, strategy, window=window))) for storm in played]


def _total(results: Results) -> Pairs:
    return sum((pairs for _, pairs in results), Pairs())


def _families(results: Results) -> dict[str, Pairs]:
    found: dict[str, Pairs] = defaultdict(Pairs)
    for family, pairs in results:
        found[family] += pairs
    return found


def _mean_f1(results: Results) -> float:
    return statistics.fmean(pairs.f1 for pairs in _families(results).values())


def _interval(samples: Sequence[float]) -> str:
    ordered = sorted(samples)
    return f"[{ordered[len(ordered) // 40]:.3f}, {ordered[-len(ordered) // 40]:.3f}]"


def _resampled(results: Mapping[str, Results], measure: Callable[[str, Results], float]) -> dict[str, list[float]]:
    """The measure of each strategy on the same resamplings of storms, family by family."""
    draw = random.Random("resamplings")
    any_results = next(iter(results.values()))
    by_family: dict[str, list[int]] = defaultdict(list)
    for number, (family, _) in enumerate(any_results):
        by_family[family].append(number)
    samples: dict[str, list[float]] = defaultdict(list)
    for _ in range(RESAMPLINGS):
        picked = [number for numbers in by_family.values() for number in draw.choices(numbers, k=len(numbers))]
        for name, own in results.items():
            samples[name].append(measure(name, [own[number] for number in picked]))
    return samples


def _print_all(results: Mapping[str, Results]) -> None:
    measures: dict[str, Callable[[Results], float]] = {
        "precision": lambda own: _total(own).precision,
        "recall": lambda own: _total(own).recall,
        "F1": lambda own: _total(own).f1,
        "mean F1 of families": _mean_f1,
    }
    print(f"{'all pairs':50}" + "".join(f"{name:>24}" for name in measures))
    samples = {
        name: _resampled(results, lambda _, own, measure=measure: measure(own))  # type: ignore[misc]
        for name, measure in measures.items()
    }
    for strategy, own in results.items():
        cells = [f"{measure(own):.3f} {_interval(samples[name][strategy])}" for name, measure in measures.items()]
        print(f"{strategy:50}" + "".join(f"{cell:>24}" for cell in cells))


def _print_differences(results: Mapping[str, Results]) -> None:
    print("\nAurora's F1 less that of")
    samples = _resampled(results, lambda _, own: _total(own).f1)
    ours = samples.pop("Aurora")
    for name, theirs in samples.items():
        apart = [one - other for one, other in zip(ours, theirs, strict=True)]
        print(f"{name:50} {_total(results['Aurora']).f1 - _total(results[name]).f1:+.3f} {_interval(apart)}")


def _print_families(results: Mapping[str, Results]) -> None:
    print("\nprecision / recall / F1 by family (the last three families were never tuned on)")
    families = {name: _families(own) for name, own in results.items()}
    for family in families["Aurora"]:
        print(family)
        for name, own in families.items():
            pairs = own[family]
            print(f"  {name:50} {pairs.precision:.3f} / {pairs.recall:.3f} / {pairs.f1:.3f}")


def _print_speed() -> None:
    """50 incidents of 20 alerts each, every title another one; seconds of the processor, not of the clock."""
    storm = next(storm for storm in storms("tuning", 1) if storm.family == "noisy")
    facts = [alert.facts for alert in storm.alerts]

    def one(number: int, place: int) -> AlertFacts:
        like = facts[(number * 7 + place) % len(facts)]
        return replace(like, id=f"{number}/{place}", title=f"{number} {like.title}")

    incidents = [
        IncidentFacts(id=str(number), alerts=[one(number, place) for place in range(20)]) for number in range(50)
    ]
    graph, took = ServiceGraph(storm.graph), []
    for number in range(200):
        begun = process_time()
        decide(facts[number % len(facts)], incidents, graph, CorrelationSettings())
        took.append((process_time() - begun) * 1000)
    median, most = statistics.median(took[1:]), sorted(took[1:])[188]
    print(f"\none decision over 50 incidents of 20 alerts: {took[0]:.1f} ms the first time, then {median:.1f} ms (median), "
          f"{most:.1f} ms (p95)")  # fmt: skip


if __name__ == "__main__":
    main()
