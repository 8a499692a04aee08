"""An answer put together from the documents' own sentences. Pure; no model is involved and nothing is reworded."""

from __future__ import annotations

from collections.abc import Sequence

from agents.providers.base import Passage
from agents.providers.extraction_choosing import chosen
from agents.providers.extraction_question import Question
from agents.providers.extraction_units import sections_of
from agents.providers.extraction_writing import Composition, Segment, plainly, written
from aurora_site.core.text.markup import quoted

__all__ = ["Composition", "Segment", "compose"]


def compose(question: str, passages: Sequence[Passage], answerable: bool, searched: int) -> Composition:
    """Answers with the sentences, steps or table that best fit the question, or says that it doesn't know and whom to ask.

    The best sentence comes first, with what it can't be understood without. Steps begin with the first, a list has its
    introduction, a table its header, code is whole. Of passages that aren't relevant only what goes on with a relevant
    one is quoted. Where documents give different values for what is asked, it says so and shows them, newest first.
    """
    asked = Question.parse(question)
    excerpts, opening = chosen(asked, sections_of(passages)) if answerable else ([], "")
    return written(excerpts, opening) if excerpts else _unknown(passages, searched)


def _unknown(passages: Sequence[Passage], searched: int) -> Composition:
    """What was searched, what came nearest, and who looks after it."""
    if not searched:
        return plainly("I don't know: there are no indexed documents to search yet.", answered=False)
    count = "the only passage" if searched == 1 else f"{searched:,} passages"
    sentences = [f"I don't know. I searched {count} of your organisation's documents and found no answer to this."]
    nearest = {passage.title: passage for passage in reversed(passages[:3])}
    titles = [f"“{quoted(title)}”" for title in reversed(nearest)]
    if titles:
        sentences.append(f"The nearest I found: {_listed(titles)}.")
    owners = {nearest[title].owner: title for title in nearest if nearest[title].owner}
    if owners:
        people = [f"{owner} (“{quoted(title)}”)" for owner, title in reversed(owners.items())]
        sentences.append(f"You could ask {_listed(people)}.")
    return plainly(" ".join(sentences), answered=False)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
