"""What narrows a search: a collection, a document or folder, and when the text is of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from agents.retrieval.errors import BadFilter

MAXIMUM_COLLECTION = 100
MAXIMUM_SOURCE = 1024
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

# Each is told of a table called chunk. A prefix needs no LIKE, so nothing has to be escaped.
_CONDITIONS = {
    "collection": "chunk.collection = %(collection)s",
    "source": "(chunk.path = %(source)s OR starts_with(chunk.path, %(folder)s))",
    "since": "chunk.dated >= %(since)s",
    "until": "chunk.dated <= %(until)s",
}


@dataclass(frozen=True)
class SearchFilters:
    """All that are given must hold. ``source`` is a document's path or a folder of it; both days are included, and a
    passage without a date is in no period."""

    collection: str | None = None
    source: str | None = None
    since: date | None = None
    until: date | None = None

    @property
    def condition(self) -> str:
        """The filters as SQL about a table ``chunk``, from fixed texts alone; ``parameters`` has the values."""
        return " AND ".join(text for name, text in _CONDITIONS.items() if getattr(self, name) is not None) or "true"

    @property
    def parameters(self) -> dict[str, Any]:
        """The values that ``condition`` names."""
        return {
            "collection": self.collection,
            "source": self.source,
            "folder": f"{self.source.rstrip('/')}/" if self.source else None,
            "since": self.since,
            "until": self.until,
        }


UNFILTERED = SearchFilters()


def filters_from(given: Mapping[str, str]) -> SearchFilters:
    """Filters as a caller wrote them; what is empty or missing doesn't narrow. Raises BadFilter."""
    since, until = _day(given, "since"), _day(given, "until")
    if since and until and since > until:
        raise BadFilter("since", f"Give a day that isn't after until ({until}).")
    return SearchFilters(
        collection=_text(given, "collection", MAXIMUM_COLLECTION),
        source=_text(given, "source", MAXIMUM_SOURCE),
        since=since,
        until=until,
    )


def _text(given: Mapping[str, str], name: str, maximum: int) -> str | None:
    value = given.get(name) or ""
    if len(value) > maximum or "\x00" in value:
        raise BadFilter(name, f"Give at most {maximum} characters, none of them NUL.")
    return value or None


def _day(given: Mapping[str, str], name: str) -> date | None:
    value = given.get(name) or ""
    if not value:
        return None
    try:
        # Python takes other ways of writing a day as well, weeks for one: those are mistakes here.
        if _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise BadFilter(name, "Give a day as YYYY-MM-DD, such as 2026-03-31.")
