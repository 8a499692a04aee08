"""What tables of properties are made of: checks that note every problem with its path. Pure."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

MOST_PROBLEMS = 20
NESTED_MOST = 40


@dataclass
class Problems:
    """What is wrong, by the path of the property, as in ``object.definition.choices[1].id``; the first twenty."""

    by_path: dict[str, list[str]] = field(default_factory=dict)
    count: int = 0

    def add(self, path: str, text: str) -> None:
        self.count += 1
        if self.count <= MOST_PROBLEMS:
            self.by_path.setdefault(path or "body", []).append(text)


Check = Callable[[Any, str, Problems], None]
# A rule over a whole object whose properties are fine each by itself.
Rule = Callable[[Mapping[str, Any], str, Problems], None]


def inside(path: str, name: str) -> str:
    """The path of a property of what is at ``path``."""
    return f"{path}.{name}" if path else name


def text_that(test: Callable[[str], bool], wanted: str) -> Check:
    """A text that passes a test; ``wanted`` completes "Give …"."""

    def check(value: Any, path: str, problems: Problems) -> None:
        if not isinstance(value, str):
            problems.add(path, "Give text.")
        elif not test(value):
            problems.add(path, f"Give {wanted}.")

    return check


def one_of(*allowed: str) -> Check:
    """One of some words, in their exact case."""
    return text_that(
        lambda text: text in allowed, " or ".join(allowed) if len(allowed) < 4 else "one of " + ", ".join(allowed)
    )


def boolean(value: Any, path: str, problems: Problems) -> None:
    if not isinstance(value, bool):
        problems.add(path, "Give true or false.")


def number(value: Any, path: str, problems: Problems) -> None:
    if isinstance(value, bool) or not (isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))):
        problems.add(path, "Give a number.")


def size(value: Any, path: str, problems: Problems) -> None:
    if type(value) is not int or not 0 <= value < 2**63:
        problems.add(path, "Give a whole number, 0 or more.")


def shape(properties: Mapping[str, Check], *, required: Collection[str] = (), rules: Collection[Rule] = ()) -> Check:
    """An object with these properties and no other, none of them null. Rules are looked at when it is sound so far."""

    def check(value: Any, path: str, problems: Problems) -> None:
        if not isinstance(value, dict):
            problems.add(path, "Give an object.")
            return
        before = problems.count
        for name in required:
            if name not in value:
                problems.add(inside(path, name), "This is missing.")
        for name, part in value.items():
            _property(properties, name, part, inside(path, name), problems)
        if problems.count == before:
            for rule in rules:
                rule(value, path, problems)

    return check


def _property(properties: Mapping[str, Check], name: str, part: Any, path: str, problems: Problems) -> None:
    check = properties.get(name)
    if check is None:
        problems.add(path, "The standard has no such property here.")
    elif part is None:
        problems.add(path, "Leave it out; null isn't allowed.")
    else:
        check(part, path, problems)


def listing(item: Check, *, minimum: int = 0) -> Check:
    """A list of what passes a check."""

    def check(value: Any, path: str, problems: Problems) -> None:
        if not isinstance(value, list):
            problems.add(path, "Give a list.")
            return
        if len(value) < minimum:
            problems.add(path, f"Give at least {minimum}.")
        for index, part in enumerate(value):
            item(part, f"{path}[{index}]", problems)
            if problems.count > MOST_PROBLEMS:
                return

    return check


def keyed(test: Callable[[str], bool], wanted: str, part: Check | None = None) -> Check:
    """An object whose keys pass a test; so do its values, where ``part`` is given."""

    def check(value: Any, path: str, problems: Problems) -> None:
        if not isinstance(value, dict):
            problems.add(path, "Give an object.")
            return
        for key, inner in value.items():
            if not test(key):
                problems.add(inside(path, key[:100]), f"The key is to be {wanted}.")
            elif part is not None:
                part(inner, inside(path, key), problems)

    return check


def by_type(default: str, checks: Mapping[str, Check]) -> Check:
    """Whichever check ``objectType`` names."""

    def check(value: Any, path: str, problems: Problems) -> None:
        if not isinstance(value, dict):
            problems.add(path, "Give an object.")
            return
        kind = value.get("objectType", default)
        chosen = checks.get(kind) if isinstance(kind, str) else None
        if chosen is None:
            problems.add(inside(path, "objectType"), f"Give one of {', '.join(checks)}.")
        else:
            chosen(value, path, problems)

    return check


def unstorable(value: Any) -> str:
    """Why a JSON value can't be kept: nesting beyond ``NESTED_MOST``, a number beyond what JSON readers take; else empty."""
    waiting = [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        if isinstance(item, int | float) and not abs(item) <= sys.float_info.max:
            return "A number in it is too large."
        parts = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
        if parts and depth > NESTED_MOST:
            return f"Nest objects and lists at most {NESTED_MOST} deep."
        waiting.extend((part, depth + 1) for part in parts)
    return ""
