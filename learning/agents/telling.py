"""What calls of the learning tools would do, in one line for the person who is asked. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from learning.agents.phrases import hours_text, listed


def making(arguments: Mapping[str, Any]) -> str:
    """Of ``learning.plan_make``."""
    towards = f" towards {arguments['role']}" if arguments.get("role") else ""
    hours = f" with {hours_text(arguments['weekly_hours'])} a week" if arguments.get("weekly_hours") else ""
    return f"Make a learning plan of {arguments['days']} days{towards}{hours}, in place of the one there is"


def changing(arguments: Mapping[str, Any]) -> str:
    """Of ``learning.plan_change``."""
    parts = []
    if arguments.get("weekly_hours"):
        parts.append(f"with {hours_text(arguments['weekly_hours'])} a week")
    if arguments.get("days"):
        parts.append(f"for {arguments['days']} days")
    if arguments.get("role"):
        parts.append(f"towards {arguments['role']}")
    if arguments.get("drop"):
        parts.append(f"without {listed(arguments['drop'])}")
    if arguments.get("away_from"):
        parts.append(
            f"with nothing from {arguments['away_from']} to {arguments.get('away_until') or arguments['away_from']}"
        )
    return f"Compute the learning plan anew{' ' if parts else ''}{listed(parts)}"


def assessing(arguments: Mapping[str, Any]) -> str:
    """Of ``learning.assess``."""
    levels = listed(f"{name} at {level:g}" for name, level in list(arguments["levels"].items())[:10])
    return f"Note what you know: {levels}"
