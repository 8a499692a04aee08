"""Where a learner stands with each skill, for the eye: mastered, in progress, next, later. Pure."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from typing import TypeVar

from learning.planner.rules import PREREQUISITE_LEVEL
from learning.planner.types import Belief

Key = TypeVar("Key", bound=Hashable)

# The level that counts as mastered where no role asks for another, and from which a skill is under way.
ENOUGH, BEGUN = 0.6, 0.2
STATE_WORDS = {"mastered": "Mastered", "progress": "In progress", "next": "Next", "later": "Later"}


def skill_states(
    skills: Collection[Key],
    *,
    prerequisites: Mapping[Key, Collection[Key]],
    mastery: Mapping[Key, Belief],
    targets: Mapping[Key, float],
    studied: Collection[Key] = (),
) -> dict[Key, str]:
    """The state of each skill. ``studied`` are those of which something was done already.

    Next is what isn't begun and whose prerequisites all carry it; later what waits for a prerequisite.
    """
    means = {skill: mastery[skill].mean if skill in mastery else 0.0 for skill in skills}
    mastered = {skill for skill in skills if means[skill] >= targets.get(skill, ENOUGH)}
    # A prerequisite carries what comes after it from the same level as in plans, whatever the role asks of it.
    carrying = mastered | {skill for skill in skills if means[skill] >= PREREQUISITE_LEVEL}
    states = {}
    for skill in skills:
        if skill in mastered:
            states[skill] = "mastered"
        elif skill in studied or means[skill] >= BEGUN:
            states[skill] = "progress"
        elif {each for each in prerequisites.get(skill, ()) if each in means} <= carrying:
            states[skill] = "next"
        else:
            states[skill] = "later"
    return states


def around(graph: Mapping[Key, Collection[Key]], start: Key) -> set[Key]:
    """A skill with all that come before it, and all that it opens, near or far."""
    opened: dict[Key, set[Key]] = {}
    for skill, needed in graph.items():
        for each in needed:
            opened.setdefault(each, set()).add(skill)
    return reached(graph, [start]) | reached(opened, [start])


def reached(graph: Mapping[Key, Collection[Key]], starts: Collection[Key]) -> set[Key]:
    """What can be reached from ``starts``, themselves included."""
    found, waiting = set(starts), list(starts)
    while waiting:
        for each in graph.get(waiting.pop(), ()):
            if each not in found:
                found.add(each)
                waiting.append(each)
    return found
