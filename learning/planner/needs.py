"""What is to be learned: the gap of the role and the prerequisites without which it can't be closed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

from learning.planner.rules import PREREQUISITE_LEVEL, units
from learning.planner.types import Belief, PlanRequest, SkillNode


@dataclass(frozen=True, slots=True)
class Need:
    """A skill that is not where it has to be, in millionths of mastery.

    ``goal`` is what the role misses of it, 0 for a mere prerequisite; ``unlock`` what those that build on it miss.
    ``step`` is its place in the prerequisite order: greater than that of every needed skill before it. ``before`` are
    the direct prerequisites that are needed themselves; ``after`` are all needed skills that come before it, directly
    or not.
    """

    skill: str
    name: str
    have: int
    goal: int
    unlock: int
    step: int
    before: frozenset[str]
    after: frozenset[str] = frozenset()

    @property
    def missing(self) -> int:
        return max(self.goal, self.unlock)


def needs_of(request: PlanRequest) -> dict[str, Need]:
    """The needed skills, in an order in which each comes after its prerequisites."""
    goals = {
        skill: units(level)
        for skill, level in request.targets.items()
        if skill not in request.dropped and units(level) > have(request.mastery, skill)
    }
    order = _order(request.skills, goals)
    unlocks = _unlocks(request, goals, order)
    needed = goals.keys() | unlocks.keys()
    steps, after = _steps(request.skills, order, needed)
    found: dict[str, Need] = {}
    for skill in sorted(needed, key=lambda skill: (steps[skill], name_of(request.skills, skill), skill)):
        known = have(request.mastery, skill)
        found[skill] = Need(
            skill=skill,
            name=name_of(request.skills, skill),
            have=known,
            goal=max(0, goals.get(skill, 0) - known),
            unlock=max(0, unlocks.get(skill, 0) - known),
            step=steps[skill],
            before=frozenset(
                name for name in _prerequisites(request.skills, skill) & needed if steps[name] < steps[skill]
            ),
            after=after[skill],
        )
    return found


def have(mastery: Mapping[str, Belief], skill: str) -> int:
    """What is known of a skill; nothing where nothing was shown."""
    belief = mastery.get(skill)
    return units(min(1.0, max(0.0, belief.mean))) if belief else 0


def _unlocks(request: PlanRequest, goals: Mapping[str, int], order: list[str]) -> dict[str, int]:
    """The unmastered prerequisites of what is to be learned, and the level that they need."""
    threshold = units(PREREQUISITE_LEVEL)
    unlocks: dict[str, int] = {}
    for skill in reversed(order):
        if skill in goals or skill in unlocks:
            for prerequisite in _prerequisites(request.skills, skill):
                if have(request.mastery, prerequisite) < threshold:
                    unlocks[prerequisite] = threshold
    return unlocks


def _order(skills: Mapping[str, SkillNode], starts: Iterable[str]) -> list[str]:
    """The skills and all that comes before them, prerequisites first; a cycle is cut where it is first closed."""
    order: list[str] = []
    state: dict[str, bool] = {}
    for start in sorted(starts):
        pending = [(start, False)]
        while pending:
            skill, left = pending.pop()
            if left:
                state[skill] = True
                order.append(skill)
            elif skill not in state:
                state[skill] = False
                pending.append((skill, True))
                before = _prerequisites(skills, skill)
                pending.extend((name, False) for name in sorted(before, reverse=True) if name not in state)
    return order


def _steps(
    skills: Mapping[str, SkillNode], order: list[str], needed: Set[str]
) -> tuple[dict[str, int], dict[str, frozenset[str]]]:
    """For each skill the longest chain of needed ones before it, and all of these."""
    steps: dict[str, int] = {}
    after: dict[str, frozenset[str]] = {}
    for skill in order:
        before = [name for name in _prerequisites(skills, skill) if name in steps]
        steps[skill] = max((steps[name] + (name in needed) for name in before), default=0)
        after[skill] = frozenset(before).intersection(needed).union(*(after[name] for name in before))
    return steps, after


def _prerequisites(skills: Mapping[str, SkillNode], skill: str) -> Set[str]:
    node = skills.get(skill)
    return node.prerequisites - {skill} if node else frozenset()


def name_of(skills: Mapping[str, SkillNode], skill: str) -> str:
    """The name of a skill, or its id where it isn't known."""
    node = skills.get(skill)
    return node.name if node else skill
