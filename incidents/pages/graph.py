"""The drawing of an incident's services and what they call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from incidents.models import Service


def graph_of(organization_id: object, services: Sequence[Service]) -> Any:
    """What the template draws; None where there is nothing to draw."""
    return None
