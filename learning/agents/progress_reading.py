"""Reads how the asking person is doing. Synchronous."""

from __future__ import annotations

from learning.agents.progress_text import ProgressFact
from learning.agents.reading import completions_of, own_learner
from learning.models import ItemState, PlanItem
from learning.selectors.progress import item_json, progress_of


def progress_fact(organization_id: str, actor_id: str) -> ProgressFact | None:
    """The progress of a person's own learner; None for who is none."""
    learner = own_learner(organization_id, actor_id)
    if learner is None:
        return None
    progress = progress_of(learner)
    items = PlanItem.objects.filter(plan=progress.plan, state=ItemState.PLANNED).select_related("resource")
    return ProgressFact(
        progress=progress.as_json(),
        open_items=[item_json(item) for item in items] if progress.plan else [],
        completed=completions_of(organization_id, str(learner.pk)),
    )
