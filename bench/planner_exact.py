"""The best plans there are, by OR-Tools' CP-SAT: what ``bench.planner`` measures Aurora's against."""

from __future__ import annotations

from typing import Any

from learning.planner.needs import Need, needs_of
from learning.planner.offers import usable_options
from learning.planner.problem import Problem
from learning.planner.rules import MINUTES_PER_SKILL, units
from learning.planner.types import PlanRequest

SECONDS = 30.0


def solver() -> Any:
    """The module ``ortools.sat.python.cp_model``."""
    try:
        from ortools.sat.python import cp_model
    except ImportError:
        raise SystemExit("OR-Tools isn't installed: make install-dev") from None
    return cp_model


def best_gain(problem: Problem, minutes: int) -> int | None:
    """The greatest gain, in millionths, that any set of resources has within the minutes, by the planner's own rules.

    Days needn't be in it: what takes no more minutes than there are can always be laid out, since resources are split at
    any minute. None where the solver can't prove its solution in time.
    """
    cp = solver()
    model = cp.CpModel()
    chosen = [model.new_bool_var(f"offer {number}") for number in range(len(problem.offers))]
    studied = [model.new_bool_var(f"skill {number}") for number in range(len(problem.needs))]
    closed = []
    for skill, numbers in enumerate(problem.teaching):
        brings = sum(gain * chosen[number] for number, gain in numbers)
        for number, _ in numbers:
            model.add(studied[skill] >= chosen[number])
            for earlier in problem.before[skill]:
                learned = sum(gain * chosen[one] for one, gain in problem.teaching[earlier])
                model.add(learned >= problem.unlock[earlier] * chosen[number])
        gain = model.new_int_var(0, problem.goal[skill], f"gain {skill}")
        model.add(gain <= brings)
        closed.append(gain)
    for rivals in set(problem.rivals):
        model.add_at_most_one(one for number, one in enumerate(chosen) if rivals >> number & 1)
    price = sum(offer.minutes * chosen[number] for number, offer in enumerate(problem.offers))
    model.add(price + MINUTES_PER_SKILL * sum(studied) <= minutes)
    model.maximize(sum(closed))
    return _solved(cp, model)


def best_gain_freely(request: PlanRequest, minutes: int) -> int | None:
    """The same where each resource may count for any of its skills that can be in order: a rule less than the planner has,
    to which a resource counts for the skills of one step at a time."""
    cp = solver()
    model = cp.CpModel()
    needs = needs_of(request)
    options = list(usable_options(request, needs).values())
    chosen = {option.id: model.new_bool_var(option.id) for option in options}
    place = {option.id: model.new_int_var(0, len(options), f"place {option.id}") for option in options}
    counts = {
        (option.id, skill): model.new_bool_var(f"{option.id} for {skill}")
        for option in options
        for skill, gain in option.gains.items()
        if skill in needs and units(gain) > 0
    }
    gains = {(option.id, skill): units(option.gains[skill]) for option in options for skill in option.gains}
    studied = {skill: model.new_bool_var(skill) for skill in needs}
    for (resource, skill), counted in counts.items():
        model.add(counted <= chosen[resource])
        model.add(counted <= studied[skill])
    _in_order(model, needs, counts, gains, place)
    closed = []
    for skill, need in needs.items():
        gain = model.new_int_var(0, need.goal, f"gain {skill}")
        model.add(gain <= sum(gains[key] * counted for key, counted in counts.items() if key[1] == skill))
        closed.append(gain)
    price = sum(option.minutes * chosen[option.id] for option in options)
    model.add(price + MINUTES_PER_SKILL * sum(studied.values()) <= minutes)
    model.maximize(sum(closed))
    return _solved(cp, model)


def _in_order(model: Any, needs: dict[str, Need], counts: Any, gains: Any, place: Any) -> None:
    """What counts for a skill comes after all that counts for one before it, which is learned as far as is needed."""
    ancestors: dict[str, set[str]] = {}
    for skill, need in needs.items():
        ancestors[skill] = set(need.after).union(*(ancestors[earlier] for earlier in need.after))
    for (resource, skill), counted in counts.items():
        for earlier in needs[skill].before:
            teaching = [key for key in counts if key[1] == earlier]
            level = min(needs[earlier].unlock, sum(gains[key] for key in teaching))
            model.add(sum(gains[key] * counts[key] for key in teaching) >= (level or needs[earlier].unlock) * counted)
        for (other, before), counted_too in counts.items():
            if before in ancestors[skill]:
                both = [counted.negated(), counted_too.negated()]
                if other == resource:
                    model.add_bool_or(both)
                else:
                    model.add(place[other] < place[resource]).only_enforce_if(counted, counted_too)


def _solved(cp: Any, model: Any) -> int | None:
    solver = cp.CpSolver()
    solver.parameters.max_time_in_seconds = SECONDS
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    return round(solver.objective_value) if solver.solve(model) == cp.OPTIMAL else None
