"""The thresholds that tell relevant from not, as an index version keeps them.

Fitted by ``python -m bench.calibration`` on the labelled questions about the demo documents and about two packages'
documentation. The signals are ratios and closenesses by token vectors, which are MiniLM's whatever embedder made the
index, so one calibration serves all; a version keeps the one that it was built with.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agents.retrieval.verdict import Calibration

FITTED: Mapping[str, Any] = {
    "fitted_on": "demo and tools, 2026-11",
    "weights": {
        "weakest": 5.819,
        "paraphrased": 6.871,
        "named": -3.143,
        "standing_out": 0.876,
        "identifier": 2.303,
        "unknown": -5.07,
        "length": 0.513,
    },
    "bias": -10.042,
    # Below zero, where both mistakes would weigh the same: a question declined although there is an answer is the worse
    # one, for the reader is shown the passages that a weak answer rests on.
    "answerable": -0.5,
    "relevant": -2.36,
}


def calibration_now() -> Mapping[str, Any]:
    """What a new index version stores as its ``calibration``."""
    return dict(FITTED)


def calibration_from(stored: Mapping[str, Any]) -> Calibration:
    """A version's calibration; the one of today for a version that was built before there was any."""
    return Calibration.from_json(stored or FITTED)
