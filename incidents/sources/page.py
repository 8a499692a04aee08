"""Writes ``docs/incidents/sources.md``: what each source reads, how it is signed, what it is asked to try again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from incidents.sources.base import Source
from incidents.sources.registry import sources

_FRAME = Path(__file__).with_name("page.md")


def document() -> str:
    """The page, in Markdown."""
    found = sources()
    filled = _FRAME.read_text().replace("{table}", _table(found))
    return filled.replace("{sections}", "".join(_section(each) for each in found))


def _table(found: Sequence[Source]) -> str:
    head = "| source | address | one for all | over the cap |\n|---|---|---|---|\n"
    rows = (
        f"| {each.title} | `/api/webhooks/{each.name}/…` | {'yes' if each.shares_identity else 'no'} "
        f"| {each.overload.status} |"
        for each in found
    )
    return head + "\n".join(rows)


def _section(source: Source) -> str:
    lines = [
        f"### {source.title}\n",
        *(f"{number}. {step}." for number, step in enumerate(source.setup, 1)),
        "",
        f"- **Read:** {source.reads}",
        f"- **Secret:** {source.secret_use}.",
    ]
    if source.template:
        lines.append(f"\nTemplate:\n\n```\n{source.template}\n```")
    return "\n".join(lines) + "\n\n"
