"""System checks: correlation's settings make sense."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, register

from incidents.correlation.candidates import correlation_settings
from incidents.correlation.settings import BadWeights


@register()
def check_correlation(**_: Any) -> list[CheckMessage]:
    """An error for weights or a threshold by which nothing sensible could be decided."""
    try:
        correlation_settings()
    except BadWeights as error:
        hint = "See AURORA_CORRELATION_WEIGHTS and AURORA_CORRELATION_THRESHOLD in docs/configuration.md."
        return [Error(str(error), hint=hint, id="incidents.E001")]
    return []
