"""Work of the demo that runs in a worker."""

from __future__ import annotations

import logging
from uuid import UUID

from celery import shared_task
from django.core.cache import cache

from aurora_site.demo.storm import StormFailed, storm_replay

logger = logging.getLogger(__name__)

# From the page a storm takes about a minute.
PAGE_SPEED = 12.0
LONGEST_SECONDS = 300


def storm_key(organization_id: UUID) -> str:
    """The cache's entry that says that a storm of the organisation is under way."""
    return f"demo.storm.{organization_id}"


@shared_task(name="demo.replay_storm")
def replay_storm(organization_id: str, actor_id: str) -> None:
    """Replay the alert storm for a person who pressed the button."""
    organization = UUID(organization_id)
    try:
        storm_replay(organization_id=organization, actor_id=actor_id, speed=PAGE_SPEED)
    except StormFailed as error:
        logger.error("the storm could not be replayed: %s", error)
    finally:
        cache.delete(storm_key(organization))
