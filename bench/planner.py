"""How good and how quick plans are: ``python -m bench.planner [--cases N]``. No database is needed.

Against the best there is (OR-Tools' CP-SAT) on random goals: ``same rules`` solves what the planner solves, with the same
minutes for reviews, projects and checks; ``freely`` lets a resource count for all of its skills that can be in order,
not only for those of one step. Only goals that don't fit the time as a whole are hard; they are printed by themselves.
Then what it costs that more time must never close less, and the time that plans for large catalogues take.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from time import process_time

from bench.planner_cases import large_case, medium_case, small_case
from bench.planner_exact import best_gain, best_gain_freely
from learning.planner import KeptItem, PlanOutcome, PlanRequest, plan
from learning.planner.capacity import capacity_of
from learning.planner.choosing import chosen
from learning.planner.needs import needs_of
from learning.planner.problem import Problem, problem_of
from learning.planner.selection import Selection, with_more

CASES = 300
PLANS = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=CASES)
    cases = parser.parse_args().cases
    print("share of the best gain that plans have")
    small = [small_case(seed) for seed in range(cases)]
    _print_shares("small, same rules", small, lambda request: best_gain(_every_offer(request), _minutes(request)))
    _print_shares("small, freely", small, lambda request: best_gain_freely(request, _minutes(request)))
    medium = [medium_case(seed) for seed in range(cases // 5)]
    _print_shares("medium, same rules", medium, lambda request: best_gain(_every_offer(request), _minutes(request)))
    _print_cost_of_monotony([*small, *medium])
    print("\nmilliseconds of the processor, 60 days, 1,000 skills, 10,000 resources")
    for targets, minutes in ((20, 60), (40, 90), (40, 300), (100, 90)):
        _print_times(targets, minutes)


def _minutes(request: PlanRequest) -> int:
    return capacity_of(request).minutes


def _every_offer(request: PlanRequest) -> Problem:
    return problem_of(request, needs_of(request), every_offer=True)


def _print_shares(name: str, cases: Sequence[PlanRequest], best: Callable[[PlanRequest], int | None]) -> None:
    shares, tight, unsolved = [], [], 0
    for request in cases:
        most = best(request)
        if most is None:
            unsolved += 1
        elif most:
            outcome = plan(request)
            share = round(outcome.gain * 1_000_000) / most
            shares.append(share)
            if not outcome.verdict.feasible:
                tight.append(share)
    print(f"  {name:22}{_distribution(shares)}")
    print(f"  {'  goals that do not fit':22}{_distribution(tight)}" + (f"  {unsolved} not solved" if unsolved else ""))


def _distribution(shares: Iterable[float]) -> str:
    ordered = sorted(shares)
    optimal = sum(share > 1 - 1e-9 for share in ordered) / len(ordered)
    return (
        f"{len(ordered):5} cases  mean {statistics.fmean(ordered):.4f}  worst {ordered[0]:.4f}"
        f"  5th percentile {ordered[len(ordered) // 20]:.4f}  optimal {optimal:.1%}"
    )


def _print_cost_of_monotony(cases: Sequence[PlanRequest]) -> None:
    """What filling up the time that is left would add, which isn't done since it could lose with more time."""
    gains, filled = 0, 0
    for request in cases:
        problem = _every_offer(request)
        _, selection = chosen(problem, _minutes(request))
        gains += selection.gain
        filled += _filled_up(problem, selection, _minutes(request)).gain
    print(f"\nfilling up what is left of the time would close {filled / gains - 1:.3%} more")


def _filled_up(problem: Problem, selection: Selection, minutes: int) -> Selection:
    while True:
        longer = [
            with_more(problem, selection, [number])
            for number in range(len(problem.offers))
            if not selection.chosen & problem.rivals[number]
            and all(selection.gained[skill] >= level for skill, level in problem.locks[number])
        ]
        fitting = [one for one in longer if one.minutes <= minutes and one.gain > selection.gain]
        if not fitting:
            return selection
        selection = max(fitting, key=lambda one: (one.gain, -one.minutes, one.chosen))


def _print_times(targets: int, minutes: int) -> None:
    first, again = [], []
    for seed in range(PLANS):
        request = large_case(seed, targets=targets, minutes=minutes)
        begun = process_time()
        outcome = plan(request)
        first.append((process_time() - begun) * 1000)
        later = _after_a_week(request, outcome)
        begun = process_time()
        plan(later)
        again.append((process_time() - begun) * 1000)
    name = f"{targets} targets, {minutes} minutes a day"
    print(f"  {name:34} plan {_percentiles(first)}   replan after a missed week {_percentiles(again)}")


def _after_a_week(request: PlanRequest, outcome: PlanOutcome) -> PlanRequest:
    kept = [
        KeptItem(
            uid=str(number),
            date=item.date,
            minutes=item.minutes,
            kind=item.kind,
            title=item.title,
            resource=item.resource,
            skills=item.skills,
            gains=item.gains,
            part=item.part,
            parts=item.parts,
        )
        for number, item in enumerate(outcome.items)
    ]
    return replace(request, kept=kept, today=request.today + timedelta(days=7))


def _percentiles(times: list[float]) -> str:
    ordered = sorted(times)
    return f"p50 {statistics.median(ordered):4.0f}  p95 {ordered[len(ordered) * 95 // 100]:4.0f}"


if __name__ == "__main__":
    main()
