"""Every source that comes with Aurora."""

from __future__ import annotations

from incidents.sources.alertmanager import Alertmanager
from incidents.sources.base import Source
from incidents.sources.cloudwatch import CloudWatch
from incidents.sources.datadog import Datadog
from incidents.sources.generic import Generic
from incidents.sources.grafana import Grafana
from incidents.sources.pagerduty import PagerDuty
from incidents.sources.preset import presets
from incidents.sources.registry import register
from incidents.sources.sentry import Sentry

SOURCES: tuple[Source, ...] = (
    *presets(),
    Alertmanager(),
    CloudWatch(),
    Datadog(),
    Generic(),
    Grafana(),
    PagerDuty(),
    Sentry(),
)


def register_all() -> None:
    """Make them known by name; for ``AppConfig.ready()``, and harmless when done twice."""
    for source in SOURCES:
        register(source)
