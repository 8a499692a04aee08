"""Every source that comes with Aurora."""

from __future__ import annotations

from incidents.sources.alertmanager import Alertmanager
from incidents.sources.base import Source
from incidents.sources.cloudwatch import CloudWatch
from incidents.sources.generic import Generic
from incidents.sources.registry import register

SOURCES: tuple[Source, ...] = (Alertmanager(), CloudWatch(), Generic())


def register_all() -> None:
    """Make them known by name; for ``AppConfig.ready()``, and harmless when done twice."""
    for source in SOURCES:
        register(source)
