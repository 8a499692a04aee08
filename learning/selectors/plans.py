"""Reads of plans. Every list takes a constant number of queries."""

from __future__ import annotations

from django.db.models import QuerySet

from learning.models import Plan


def with_items(plans: QuerySet[Plan]) -> QuerySet[Plan]:
    """Plans with their milestones and items, and what those refer to."""
    return plans.prefetch_related("milestones__skills", "items__skills", "items__resource")
