"""How kinds of things to take out are found, and what must hold for a finding to be one."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

# The mark that redaction leaves; what follows a name as one is taken out already.
MARK = re.compile(r"\[redacted-[a-z-]{3,20}\d{0,4}\]")
NOT_MARKED = rf"(?!{MARK.pattern})"


# Names what stands in place of a finding, by its kind and its text.
Mark = Callable[[str, str], str]


def plain_mark(kind: str, found: str) -> str:
    """The mark of a kind, the same for all its findings."""
    return f"[redacted-{kind}]"


@dataclass(frozen=True)
class Finding:
    """Something of a kind, if ``holds`` says so of its text."""

    kind: str
    holds: Callable[[str], bool] | None = None


@dataclass(frozen=True)
class Finder:
    """A pattern, and what its named groups find; ``""`` is for all other matches.

    A match's last group, where it is named, is what is taken out, else the whole; a group without a finding is let be.
    A text without any of ``triggers`` in it, in lower case, holds nothing of this.
    """

    pattern: re.Pattern[str]
    findings: Mapping[str, Finding]
    triggers: tuple[str, ...] = ()

    def taken_out(self, text: str, keep: Collection[str], counts: dict[str, int], mark: Mark = plain_mark) -> str:
        """The text with its findings replaced by marks, which ``counts`` counts; kinds in ``keep`` stay."""

        def replacement(match: re.Match[str]) -> str:
            group = match.lastgroup or ""
            finding = self.findings.get(group) or self.findings.get("" if group != KEPT else KEPT)
            if finding is None or finding.kind in keep or (finding.holds and not finding.holds(match[group or 0])):
                return match.group()
            counts[finding.kind] = counts.get(finding.kind, 0) + 1
            start, end = match.span(group or 0)
            said = mark(finding.kind, match[group or 0])
            return f"{text[match.start() : start]}{said}{text[end : match.end()]}"

        return self.pattern.sub(replacement, text)


def finder(kind: str, pattern: re.Pattern[str], *triggers: str) -> Finder:
    """A finder of one kind."""
    return Finder(pattern, {"": Finding(kind)}, triggers)


KEPT = "kept"
# Ids and days, which the pattern of numbers steps over.
IDENTIFIER = (
    rf"(?P<{KEPT}>[0-9A-Fa-f]{{8}}-(?:[0-9A-Fa-f]{{4}}-){{3}}[0-9A-Fa-f]{{12}}(?![0-9A-Fa-f])"
    r"|\d{4}-\d\d-\d\d(?!\d)(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?)?)"
)
