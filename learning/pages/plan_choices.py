"""What a learner whose goal doesn't fit the time can choose, from the plan's verdict. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from learning.models import Plan
from learning.models.plans import MAXIMUM_DAYS
from learning.pages.forms import MINUTES
from learning.validators import MINUTES_PER_DAY, default_minutes_per_weekday

# More than half a working week beside the work, or a goal without much of it, is no way out.
MOST_HOURS_OFFERED = 20
MOST_TO_DROP = 3


@dataclass(frozen=True)
class Choice:
    """One way out: the words of its button, and the fields that it sends to be replanned with."""

    words: str
    fields: tuple[tuple[str, str], ...]


def choices_of(plan: Plan) -> list[Choice]:
    """The ways out of a plan that doesn't fit; none where it does."""
    verdict = plan.verdict
    if verdict.get("feasible", True):
        return []
    choices = []
    more = verdict.get("extend_days")
    if isinstance(more, int) and 0 < more <= MAXIMUM_DAYS - plan.days:
        choices.append(Choice(f"Take {more} more day{'s' if more != 1 else ''}", (("days", str(plan.days + more)),)))
    needed = verdict.get("needed_weekly_hours")
    if isinstance(needed, int | float) and verdict.get("weekly_hours", 0) < needed <= MOST_HOURS_OFFERED:
        hours = f"{needed:g}"
        choices.append(Choice(f"Learn {hours} hours a week", (("weekly_hours", hours),)))
    drop = [str(skill) for skill in verdict.get("drop") or []]
    if 0 < len(drop) <= MOST_TO_DROP:
        words = "Drop one skill" if len(drop) == 1 else f"Drop {len(drop)} skills"
        every = sorted({*drop, *dropped_of(plan)})
        choices.append(Choice(words, (("drops", "yes"), *(("drop", skill) for skill in every))))
    return choices


def dropped_of(plan: Plan) -> frozenset[str]:
    """The ids of the skills that the learner gave up in this plan."""
    return frozenset(map(str, plan.summary.get("asked", {}).get("drop", ())))


def widened(minutes: Sequence[int], weekly_hours: float) -> list[int] | None:
    """The minutes of each weekday that come to so many hours a week, in the proportions of before; None where they do
    already. Without any, they are spread from Monday to Friday."""
    wanted = weekly_hours * MINUTES
    if sum(minutes) >= wanted:
        return None
    shares = minutes if sum(minutes) else default_minutes_per_weekday()
    return [min(ceil(wanted * share / sum(shares)), MINUTES_PER_DAY) for share in shares]
