"""What can't be used of a file: every line with its field and how to mend it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from learning.errors import UnreadableImport

MOST_REFUSALS = 100


@dataclass(frozen=True)
class Refusal:
    """``line`` is counted from 1; in JSON it is the number of the entry."""

    line: int
    field: str
    reason: str

    def as_json(self) -> dict[str, object]:
        return {"line": self.line, "field": self.field, "reason": self.reason}


@dataclass
class Refusals:
    """The first hundred are kept, all are counted. ``word`` is what a number counts: a line, or an entry of JSON."""

    word: str = "line"
    kept: list[Refusal] = field(default_factory=list)
    count: int = 0
    _places: set[tuple[int, str]] = field(default_factory=set)

    def add(self, line: int, name: str, reason: str) -> None:
        """Refuse a field of a line; what was said of it first stands."""
        if (line, name) in self._places:
            return
        self._places.add((line, name))
        self.count += 1
        if len(self.kept) < MOST_REFUSALS:
            self.kept.append(Refusal(line, name, reason))

    def settle(self) -> None:
        """Raises UnreadableImport with all that was refused, if anything was."""
        if not self.count:
            return
        self.kept.sort(key=lambda refusal: refusal.line)
        first = self.kept[0]
        rest = _rest(self.count - 1)
        where = f"{self.word} {first.line}, {first.field}" if first.field else f"{self.word} {first.line}"
        raise UnreadableImport(
            f"Nothing was imported. {where[0].upper()}{where[1:]}: {first.reason}{rest}",
            rows=[refusal.as_json() for refusal in self.kept],
            count=self.count,
        )


def _rest(others: int) -> str:
    if others < 1:
        return ""
    return " There is 1 more problem." if others == 1 else f" There are {others:,} more problems."
