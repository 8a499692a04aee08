"""Mastery over time, skill by skill: a small drawing of each, and the same as rows of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from learning.models import Learner, Skill
from learning.pages.drawings.mastery import MasteryDrawing, mastery_drawing
from learning.selectors.mastery import HISTORY_DAYS, MasteryPoint, mastery_history

# Of the points drawn, those that the table names.
ROWS = 8


@dataclass(frozen=True)
class MasteryChart:
    """Percentages are whole numbers; ``first`` is where the drawing begins."""

    skill: Skill
    drawing: MasteryDrawing
    percent: int
    low: int
    high: int
    target: int | None
    first: datetime
    rows: Sequence[tuple[datetime, int, int, int]]

    @property
    def words(self) -> str:
        asked = f", {self.target} % asked for" if self.target is not None else ""
        return f"{self.percent} % now, between {self.low} and {self.high} %{asked}"


def mastery_charts(
    learner: Learner, skills: Mapping[UUID, Skill], targets: Mapping[UUID, float]
) -> Sequence[MasteryChart]:
    """The charts of the skills of which anything was seen, in the order of ``skills``."""
    now = timezone.now()
    start = now - timedelta(days=HISTORY_DAYS)
    found = mastery_history(learner, list(skills), at=now)
    return [
        _chart(skill, found[skill_id], targets.get(skill_id), start, now)
        for skill_id, skill in skills.items()
        if found.get(skill_id)
    ]


def _chart(
    skill: Skill, points: Sequence[MasteryPoint], target: float | None, start: datetime, end: datetime
) -> MasteryChart:
    last, step = points[-1], max(len(points) // ROWS, 1)
    return MasteryChart(
        skill=skill,
        drawing=mastery_drawing(points, target=target, start=start, end=end),
        percent=_percent(last.mean),
        low=_percent(last.low),
        high=_percent(last.high),
        target=None if target is None else _percent(target),
        first=start,
        rows=[(each.at, _percent(each.mean), _percent(each.low), _percent(each.high)) for each in points[::-step]],
    )


def _percent(share: float) -> int:
    return round(100 * share)
