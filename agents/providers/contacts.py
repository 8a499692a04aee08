"""Keeps addresses and telephone numbers from a model's server, and puts them back into what the model answers.

A reader who asks whom to call gets the number that stands in the document; the server sees ``[redacted-phone-1]``.
Secrets, cards and numbers of people have marks without a number and don't come back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from aurora_site.core.redaction import plain_mark, redact, redact_data

_COME_BACK = frozenset({"email", "phone"})
_MARK = re.compile(r"\[redacted-(?:email|phone)-\d{1,4}\]")
_BEGINS = "[redacted-"
_LONGEST = len("[redacted-email-9999]")


class Contacts:
    """The contacts of one request and of its answer."""

    def __init__(self) -> None:
        self._marks: dict[tuple[str, str], str] = {}
        self._hidden: dict[str, str] = {}
        self._held = ""

    def hide(self, text: str) -> str:
        """The text as the server may see it; the same contact has the same mark wherever it stands."""
        return redact(text, mark=self._mark).text

    def hide_arguments(self, text: str) -> str:
        """A tool call's arguments, as JSON still where they were."""
        try:
            return json.dumps(redact_data(json.loads(text), mark=self._mark).data, ensure_ascii=False)
        except (ValueError, RecursionError):
            return self.hide(text)

    def hide_schema(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """A tool's schema, whose names say nothing of secrets."""
        hidden: dict[str, Any] = redact_data(dict(schema), by_name=False, mark=self._mark).data
        return hidden

    def _mark(self, kind: str, found: str) -> str:
        if kind not in _COME_BACK:
            return plain_mark(kind, found)
        mark = self._marks.setdefault((kind, found), f"[redacted-{kind}-{len(self._marks) + 1}]")
        self._hidden[mark] = found
        return mark

    def restored(self, text: str) -> str:
        """A whole text of the model with its contacts."""
        return _MARK.sub(lambda mark: self._hidden.get(mark.group(), mark.group()), text) if self._hidden else text

    def feed(self, text: str) -> str:
        """The next piece of the model's text; what may be the beginning of a mark is held back for the piece after."""
        if not self._hidden:
            return text
        text = self._held + text
        start = text.rfind("[", max(0, len(text) - _LONGEST))
        tail = text[start:] if start >= 0 else ""
        unfinished = bool(tail) and "]" not in tail and (tail.startswith(_BEGINS) or _BEGINS.startswith(tail))
        self._held = tail if unfinished else ""
        return self.restored(text[: len(text) - len(self._held)])

    def rest(self) -> str:
        """What was held back at the end."""
        held, self._held = self._held, ""
        return held
