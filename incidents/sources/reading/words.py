"""Vendors' words for how bad it is and for what it is about, in ours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from incidents.sources.reading.bounds import MAX_SERVICE, line

UNKNOWN = "unknown"
_SEVERITIES = {
    "critical": "critical crit fatal emergency emerg alert disaster blocker page p0 p1 sev0 sev1 s1",
    "high": "high error err major severe urgent p2 sev2 s2",
    "medium": "medium moderate average warning warn p3 sev3 s3",
    "low": "low minor p4 sev4 s4",
    "info": "info informational information notice debug none trivial p5 sev5 s5",
}
SEVERITY_OF = {word: severity for severity, words in _SEVERITIES.items() for word in words.split()}
# In order: what names the service, before what is only often named like it.
_SERVICE_LABELS = (
    "service",
    "service_name",
    "service.name",
    "servicename",
    "app",
    "application",
    "app_kubernetes_io_name",
    "app.kubernetes.io/name",
    "label_app_kubernetes_io_name",
    "k8s_app",
    "component",
    "deployment",
    "job",
)
_NO_SERVICE = frozenset({"", "unknown", "n/a", "na", "-", "--", "none", "null", "nil", "undefined", "default", "*"})


def severity(word: Any, own: Mapping[str, str] | None = None) -> str:
    """Our word for a vendor's, ``unknown`` where nobody knows it; ``own`` are words that this vendor uses otherwise."""
    told = line(word, 100).lower()
    plain = re.sub(r"[\s_-]+", "", told)
    for words in (own or {}), SEVERITY_OF:
        if found := words.get(told) or words.get(plain):
            return found
    return UNKNOWN


def service(value: Any) -> str:
    """The name of a service; empty for what only says that there is none."""
    name = line(value, MAX_SERVICE)
    return "" if name.lower() in _NO_SERVICE else name


def service_of(labels: Mapping[str, str]) -> str:
    """The service that labels name, Prometheus's ``job`` only where nothing better does; else empty."""
    named = {name.lower(): value for name, value in labels.items()}
    return next((found for name in _SERVICE_LABELS if (found := service(named.get(name)))), "")
