"""What an environment variable is: its name, kind, default and meaning, and how its text becomes a value."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Kind = Literal["text", "integer", "number", "boolean", "list", "path"]
Value = str | int | float | bool | list[str] | None

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off", ""})


class InvalidVariable(ValueError):
    """An environment variable has a value that Aurora can't use; the message names it and says what is allowed."""


@dataclass(frozen=True, kw_only=True)
class Variable:
    """One environment variable. ``choices`` limits text values; ``secret`` keeps the value out of logs and pages."""

    name: str
    kind: Kind
    default: Value
    group: str
    help: str
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    secret: bool = False
    default_text: str = ""

    def parse(self, raw: str) -> Value:
        """Turn the raw text into a value. Raises InvalidVariable."""
        raw = raw.strip()
        try:
            value = _PARSERS[self.kind](raw)
        except ValueError as error:
            raise InvalidVariable(f"{self.name} must be {_EXPECTED[self.kind]}, not {self._shown(raw)}.") from error
        if self.choices and value not in self.choices:
            raise InvalidVariable(f"{self.name} must be one of {', '.join(self.choices)}, not {self._shown(raw)}.")
        if self.minimum is not None and isinstance(value, int | float) and value < self.minimum:
            raise InvalidVariable(f"{self.name} must be at least {self.minimum:g}, not {self._shown(raw)}.")
        return value

    def _shown(self, raw: str) -> str:
        return "the given value" if self.secret else repr(raw[:80])


def _boolean(raw: str) -> bool:
    word = raw.lower()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise ValueError(raw)


def _list(raw: str) -> list[str]:
    return [part.strip() for part in raw.split(",") if part.strip()]


_PARSERS: dict[str, Any] = {
    "text": str,
    "path": str,
    "integer": int,
    "number": float,
    "boolean": _boolean,
    "list": _list,
}
_EXPECTED = {
    "text": "text",
    "path": "a path",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "1 or 0 (true, yes, on, false, no and off are understood too)",
    "list": "a comma-separated list",
}


def raw_value(variable: Variable, environ: Mapping[str, str] | None = None) -> str | None:
    """The text set for a variable, from the environment or the file named by ``<NAME>_FILE``; None if unset.

    Raises InvalidVariable when the file can't be read.
    """
    environ = os.environ if environ is None else environ
    if environ.get(variable.name, "") != "":
        return environ[variable.name]
    file_name = environ.get(f"{variable.name}_FILE", "")
    if not file_name:
        return None
    try:
        return Path(file_name).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidVariable(f"{variable.name}_FILE names a file that can't be read: {error}") from error
