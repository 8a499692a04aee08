"""The tools that agents can be given. Upper layers register theirs when they start."""

from __future__ import annotations

from collections.abc import Iterable

from agents.providers.base import ToolSpec
from agents.tools.base import Tool


class UnknownTool(LookupError):
    """No tool has that name."""


_tools: dict[str, Tool] = {}


def register(tool: Tool) -> None:
    """Make a tool known; the same name again replaces it."""
    _tools[tool.name] = tool


def unregister(name: str) -> None:
    """Forget a tool, if it is known."""
    _tools.pop(name, None)


def tool_names() -> list[str]:
    """The names of all tools, sorted."""
    return sorted(_tools)


def tool_named(name: str) -> Tool:
    """The tool of that name. Raises UnknownTool."""
    if name not in _tools:
        raise UnknownTool(f"There is no tool called {name!r}. Tools here: {', '.join(tool_names())}.")
    return _tools[name]


def tools_named(names: Iterable[str]) -> list[Tool]:
    """The tools of those names that are known, in that order."""
    return [_tools[name] for name in names if name in _tools]


def wire_name(name: str) -> str:
    """A tool's name as models are told it: they allow no dots."""
    return name.replace(".", "_")


def tool_spec(tool: Tool) -> ToolSpec:
    """A tool as models are told of it."""
    return ToolSpec(wire_name(tool.name), tool.description, tool.parameters)
