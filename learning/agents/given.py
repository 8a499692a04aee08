"""Reads what the fields of a request's ``input`` ask the skill navigator for. Pure; the fields come unchecked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from learning.agents.naming import meant
from learning.agents.wishes import Known, Wish

_ROLE_FIELDS = ("role", "target_role", "goal_role")
_LEVEL_FIELDS = ("levels", "current_skills")
# What somebody knows who lists a skill as known without a level: as much as "I know it" counts for.
LISTED_LEVEL = 0.6
MOST_SKILLS = 200
LONGEST_NAME = 200


class _Bad(ValueError):
    """A field that can't be used; the text names it and what to give."""


def wish_given(given: Mapping[str, Any], known: Known) -> Wish | None:
    """The plan that the fields ask for: ``role``, ``days``, ``weekly_hours``, ``starts_on``, ``levels`` (0 to 1 by skill) or
    ``current_skills`` (names). None where there are none of them; ``problem`` names a field that can't be used."""
    role_field = next((name for name in _ROLE_FIELDS if given.get(name) is not None), "")
    wanted = [name for name in ("days", "weekly_hours", "starts_on", *_LEVEL_FIELDS) if given.get(name) is not None]
    if not role_field and not wanted:
        return None
    try:
        role, unknown, choices = _role(given.get(role_field), role_field, known)
        return Wish(
            kind="make", role=role, unknown=unknown, choices=choices, days=_whole(given, "days"),
            weekly_hours=_hours(given), starts_on=_day(given, "starts_on"), levels=_levels(given, known),
        )  # fmt: skip
    except _Bad as bad:
        return Wish(kind="make", problem=str(bad))


def _role(value: Any, name: str, known: Known) -> tuple[str, str, tuple[str, ...]]:
    if value is None:
        return "", "", ()
    if not isinstance(value, str) or not value.strip():
        raise _Bad(f"{name}: give the name of a role as text.")
    found = meant(value[:LONGEST_NAME], known.roles)
    return (found.one, "", ()) if found.one else ("", value.strip()[:LONGEST_NAME], found.names)


def _whole(given: Mapping[str, Any], name: str) -> int | None:
    value = given.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise _Bad(f"{name}: give a whole number of days from 30 to 60.")
    return value


def _hours(given: Mapping[str, Any]) -> float | None:
    value = given.get("weekly_hours")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Bad("weekly_hours: give a number of hours.")
    try:
        return float(value)
    except OverflowError:
        raise _Bad("weekly_hours: give a number of hours.") from None


def _day(given: Mapping[str, Any], name: str) -> date | None:
    value = given.get(name)
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise _Bad(f"{name}: give a date like 2026-12-01.") from None


def _levels(given: Mapping[str, Any], known: Known) -> dict[str, float]:
    levels: dict[str, float] = {}
    for name in _LEVEL_FIELDS:
        value = given.get(name)
        if value is None:
            continue
        pairs = value if isinstance(value, Mapping) else dict.fromkeys(_texts(value, name), LISTED_LEVEL)
        for skill, level in list(pairs.items())[:MOST_SKILLS]:
            if isinstance(level, bool) or not isinstance(level, int | float) or not 0 <= level <= 1:
                raise _Bad(f"{name}: give a level from 0 to 1 for each skill.")
            found = meant(str(skill)[:LONGEST_NAME], known.skills).one
            if found is None:
                raise _Bad(f"{name}: there is no skill called {str(skill)[:LONGEST_NAME]!r} here.")
            levels[found] = float(level)
    return levels


def _texts(value: Any, name: str) -> list[str]:
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _Bad(f"{name}: give a list of skills, or a level from 0 to 1 for each.")
    return value
