"""Why an item is where it is, in plain words, and the numbers that this rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from learning.planner.layout import Review
from learning.planner.needs import name_of
from learning.planner.offers import Offer
from learning.planner.problem import Problem
from learning.planner.rules import UNIT
from learning.planner.types import PlanRequest
from learning.planner.works import Work

LEVELS = ("beginners", "the intermediate", "the advanced")
NAMED = 3


@dataclass(frozen=True, slots=True)
class Explanation:
    reason: str
    basis: Mapping[str, Any]


def explanations_of(request: PlanRequest, problem: Problem, works: Sequence[Work]) -> dict[int, Explanation]:
    """By the rank of each work."""
    gained = [0] * len(problem.needs)
    dependents = _dependents(problem, works)
    found: dict[int, Explanation] = {}
    for work in works:
        if work.offer is None:
            found[work.rank] = _of_milestone(request, work)
        else:
            offer = problem.offers[work.offer]
            found[work.rank] = _of_study(problem, offer, gained, dependents)
            for skill, brings in offer.gains:
                gained[skill] += brings
    return found


def _dependents(problem: Problem, works: Sequence[Work]) -> list[list[int]]:
    """For each skill those of the plan that build on it."""
    studied = {skill for work in works if work.offer is not None for skill, _ in problem.offers[work.offer].gains}
    dependents: list[list[int]] = [[] for _ in problem.needs]
    for skill in sorted(studied):
        for earlier in problem.before[skill]:
            dependents[earlier].append(skill)
    return dependents


def _of_study(problem: Problem, offer: Offer, gained: list[int], dependents: list[list[int]]) -> Explanation:
    skills = [skill for skill, _ in offer.gains]
    brings = dict(offer.gains)
    others = max(problem.alternatives[skill] for skill in skills) - 1
    later = sorted({later for skill in skills for later in dependents[skill]})
    sentences = [_where_it_stands(problem, skill, gained[skill], brings[skill]) for skill in skills[:NAMED]]
    sentences.append(_why_this(offer, others))
    if later:
        names, build = listed([problem.needs[one].name for one in later]), "builds" if len(later) == 1 else "build"
        sentences.append(f"It comes now because {names} {build} on it.")
    elif any(problem.before[skill] for skill in skills):
        sentences.append("It comes now because what it builds on is done by then.")
    basis = {
        "gap_before": {
            problem.needs[skill].skill: _value(max(0, problem.needs[skill].missing - gained[skill])) for skill in skills
        },
        "gain_expected": {problem.needs[skill].skill: _value(brings[skill]) for skill in skills},
        "prerequisite_of": [problem.needs[one].skill for one in later],
        "level_fit": offer.level_fit,
        "rating": offer.option.rating,
        "gain_per_hour": round(sum(brings.values()) / UNIT / offer.minutes * 60, 3),
        "chosen_over": others,
    }
    return Explanation(" ".join(sentences), basis)


def _where_it_stands(problem: Problem, skill: int, gained: int, brings: int) -> str:
    need = problem.needs[skill]
    now, aim = need.have + gained, need.have + need.missing
    after = min(UNIT, now + brings)
    change = f"this takes it from {_percent(now)} to {_percent(after)}"
    if need.goal:
        return f"The goal for {need.name} is {_percent(aim)}: {change}."
    return f"{need.name} has to be at {_percent(aim)} before what builds on it: {change}."


def _why_this(offer: Offer, others: int) -> str:
    level = LEVELS[min(2, max(0, offer.option.level))]
    fit = "which suits you" if offer.level_fit == 1 else "which is not quite your level"
    rated = f", rated {offer.option.rating:g} of 5" if offer.option.rating is not None else ""
    if not others:
        return f"It is the only resource for this, made for {level} ({fit}){rated}."
    than = "one other" if others == 1 else f"{others} others"
    return f"It was chosen over {than} for what it brings in {offer.minutes} minutes; it is made for {level} ({fit}){rated}."


def _of_milestone(request: PlanRequest, work: Work) -> Explanation:
    names = listed([name_of(request.skills, skill) for skill in work.skills])
    basis = {"skills": list(work.skills), "milestone": work.milestone}
    if work.kind == "project":
        return Explanation(f"Using {names} on something of your own shows whether what you studied holds.", basis)
    return Explanation(f"A short check of {names} ends this milestone and tells what to look at again.", basis)


def review_explanation(review: Review, name: str) -> Explanation:
    """Why a skill is looked at again."""
    basis = {"due_on": review.due_on.isoformat(), "review": review.number}
    if review.number == 0:
        return Explanation(f"{name} fades unless it is recalled; it is due again since {review.due_on}.", basis)
    when = "first" if review.number == 1 else "second"
    return Explanation(
        f"The {when} time that {name} is recalled after studying it: later, one time in ten it would be forgotten.",
        basis,
    )


def listed(names: Sequence[str], most: int = NAMED) -> str:
    """``A``, ``A and B``, ``A, B and 4 more``."""
    if len(names) > most:
        return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)


def _percent(value: int) -> str:
    return f"{value * 100 / UNIT:.0f} %"


def _value(value: int) -> float:
    return round(value / UNIT, 6)
