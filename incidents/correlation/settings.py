"""What correlation can be told: how much each kind of evidence counts, and how much is enough. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

# Fitted on the tuning storms of bench/storms.py alone. No part is enough by itself, time least of all.
WEIGHTS: Mapping[str, float] = MappingProxyType(
    {"time": 0.3, "service": 0.45, "graph": 0.35, "names": 0.45, "text": 0.3, "labels": 0.1}
)
THRESHOLD = 0.5
WINDOW_SECONDS = 900.0
HALVING_SECONDS = 120.0


class BadWeights(ValueError):
    """Weights that can't be used; the text says why."""


@dataclass(frozen=True, kw_only=True)
class CorrelationSettings:
    """``weights`` of the parts, and the ``threshold`` from which an alert joins.

    Incidents without an alert in the last ``window_seconds`` aren't compared. Closeness in time halves with every
    ``halving_seconds``.
    """

    weights: Mapping[str, float] = field(default_factory=lambda: WEIGHTS)
    threshold: float = THRESHOLD
    window_seconds: float = WINDOW_SECONDS
    halving_seconds: float = HALVING_SECONDS
    # By how much the clocks of two monitoring systems may differ.
    skew_seconds: float = 300.0


def weights_from(words: Sequence[str]) -> dict[str, float]:
    """The weights, some of them as ``["graph=0.3", …]`` says. Raises BadWeights.

    That of time stays below every threshold that is allowed (see ``settings_checked``).
    """
    weights = dict(WEIGHTS)
    for word in words:
        name, _, number = word.partition("=")
        if name.strip() not in WEIGHTS:
            raise BadWeights(f"{name.strip()!r} is no part of a score. Parts: {', '.join(WEIGHTS)}.")
        try:
            weights[name.strip()] = float(number)
        except ValueError as error:
            raise BadWeights(f"The weight of {name.strip()} must be a number, not {number!r}.") from error
    return weights


def settings_checked(settings: CorrelationSettings) -> CorrelationSettings:
    """The settings, if they make sense. Raises BadWeights."""
    for name, weight in settings.weights.items():
        if not 0 <= weight <= 1:
            raise BadWeights(f"The weight of {name} must be from 0 to 1, not {weight:g}.")
    if not 0 < settings.threshold <= 1:
        raise BadWeights(f"The threshold must be above 0 and at most 1, not {settings.threshold:g}.")
    if settings.weights["time"] >= settings.threshold:
        raise BadWeights("The weight of time must be below the threshold: time alone is no reason to join.")
    return settings
