"""When what a learner masters is likely to have faded below what is asked for, if they don't practise it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

from learning.models import Learner
from learning.selectors.mastery import beliefs, observations_of

STEPS = tuple(timedelta(days=days) for days in (14, 30, 60, 90, 180, 365))


def fading(learner: Learner, levels: Mapping[UUID, float], at: datetime) -> dict[UUID, date]:
    """The first of the days looked at (two weeks to a year ahead) on which a skill that reaches its level now no longer
    does; skills that stay are left out."""
    seen = observations_of(learner, list(levels))
    now = beliefs(seen, at)
    waiting = {each for each, level in levels.items() if each in now and now[each].mean >= level}
    found: dict[UUID, date] = {}
    for step in STEPS:
        later = beliefs({each: seen[each] for each in waiting}, at + step)
        faded = {each for each in waiting if later[each].mean < levels[each]}
        found |= dict.fromkeys(faded, (at + step).date())
        waiting -= faded
    return found
