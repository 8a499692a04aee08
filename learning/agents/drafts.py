"""What an agent is about to say: the part that a model may put in other words, and what stays as it is. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from learning.agents.checking import Facts


@dataclass(frozen=True, kw_only=True)
class Draft:
    """``explanation`` may be put in other words, ``lead`` before it and ``body`` behind it stay. ``notes`` are further facts
    that those words may speak of, ``links`` titles by address, ``titles`` what items and skills are called."""

    lead: str = ""
    explanation: str = ""
    body: str = ""
    notes: tuple[str, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    titles: tuple[str, ...] = ()
    answered: bool = True

    def text(self, explanation: str = "") -> str:
        """The whole text, with another wording of its explanation if one is given."""
        return "\n\n".join(part for part in (self.lead, explanation or self.explanation, self.body) if part)

    @property
    def facts(self) -> Facts:
        """What another wording may say."""
        texts = tuple(text for text in (self.lead, self.explanation, self.body, *self.notes) if text)
        return Facts(texts, self.links, self.titles)
