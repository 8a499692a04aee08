"""The best plans there are, by OR-Tools' CP-SAT: what ``bench.planner`` measures Aurora's against."""

from __future__ import annotations

from typing import Any

from learning.planner.problem import Problem
from learning.planner.rules import MINUTES_PER_SKILL


def solver() -> Any:
    """The module ``ortools.sat.python.cp_model``."""
    try:
        from ortools.sat.python import cp_model
    except ImportError:
        raise SystemExit("OR-Tools isn't installed: make install-dev") from None
    return cp_model


def best_gain(problem: Problem, minutes: int, *, seconds: float = 20.0) -> int:
    """The greatest gain, in millionths, that any set of resources has within the minutes, by the planner's own rules."""
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
    price = sum(offer.minutes * chosen[number] for number, offer in enumerate(problem.offers))
    model.add(price + MINUTES_PER_SKILL * sum(studied) <= minutes)
    model.maximize(sum(closed))
    return _solved(cp, model, seconds)


def _solved(cp: Any, model: Any, seconds: float) -> int:
    solver = cp.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    status = solver.solve(model)
    if status != cp.OPTIMAL:
        raise RuntimeError(f"not solved: {solver.status_name(status)}")
    return round(solver.objective_value)
