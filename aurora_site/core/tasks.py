"""Periodic upkeep."""

from __future__ import annotations

from celery import shared_task
from django.core.cache import caches

from aurora_site.core.cache import PostgresCache


@shared_task(name="core.sweep_cache")
def sweep_cache() -> int:
    """Remove expired entries of the PostgreSQL cache; how many. Redis expires its own."""
    cache = caches["default"]
    return cache.sweep() if isinstance(cache, PostgresCache) else 0
