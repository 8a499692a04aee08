"""An answer put together from the documents' own sentences. Pure; no model is involved and nothing is reworded."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agents.providers.base import Passage
from agents.providers.extraction_scoring import Question, Scored, is_step, scored_sentences
from aurora_site.core.text.markup import quoted
from aurora_site.core.text.terms import terms

MAX_SENTENCES = 5
MAX_LIST_ITEMS = 10
# A table is shown whole up to this size; of a larger one the best rows.
MAX_TABLE_ROWS = 8
BEST_ROWS = 4
# A further sentence must come this near to the best one's score, and say something of its own.
NEAR_BEST = 0.82
# A table mostly says it all.
NEAR_TABLE = 0.92
# One that has no word of the question must come this near to the best one's meaning.
NEAR_MEANING = 0.65
# One that stands before the best in the same passage would open the answer, so it must be almost as good.
OPENING = 0.9
SAME_WORDS = 0.6
_LINES = ("item", "row")
_BLOCKS = ("code", "table")
_LIST_MARKER = re.compile(r"^(?:- |\d+\. )")
# Sentences that open so can't be understood without the one before.
_DEPENDENT = frozenset([
    "it", "its", "they", "their", "them", "this", "that", "these", "those", "then", "otherwise", "also", "however",
    "instead", "both", "either", "neither", "he", "she",
])  # fmt: skip
# Sentences that have one of these among their first words go on with the one before.
_REFERRING = frozenset(["it", "its", "they", "them", "this", "these", "such"])


@dataclass(frozen=True)
class Segment:
    """A piece of the answer, quoted from the passage of that number; None for Aurora's own words."""

    text: str
    passage_number: int | None


@dataclass(frozen=True)
class Composition:
    """``text`` is the answer in Markdown with a ``[n]`` after each quoted piece, ``n`` being the passage's number."""

    text: str
    segments: list[Segment]
    answered: bool


def compose(question: str, passages: Sequence[Passage], answerable: bool, searched: int) -> Composition:
    """Answers with the sentences, steps or table that best fit the question, or says that it doesn't know and whom to ask.

    The best sentence comes first, the others in the order of their documents. A list is given with its introduction,
    a table with its header, a block of code whole and only when a command or the way to do something was asked for;
    steps are then given before what else is said.
    """
    asked = Question.parse(question)
    scored = scored_sentences(asked, [passage for passage in passages if passage.relevant]) if answerable else []
    if not scored:
        return _unknown(passages, searched)
    chosen = _chosen(asked, scored)
    pieces: list[_Piece] = []
    for sentence in _ordered(chosen, asked.wants_steps):
        pieces += _pieces(sentence, asked)
        if not asked.wants_fact:
            pieces += _continuation(sentence)
    return _written(_once(pieces))


def _chosen(asked: Question, scored: Sequence[Scored]) -> list[Scored]:
    """The best sentence, then by score those that are near it, not alike, and within the limit."""
    ranked = sorted(scored, key=lambda sentence: -sentence.score)
    chosen = [ranked[0]]
    near = NEAR_TABLE if ranked[0].siblings[ranked[0].index].table else NEAR_BEST
    for sentence in ranked[1:]:
        if len(chosen) == MAX_SENTENCES - 2 or sentence.score < near * ranked[0].score:
            break
        if (
            _strays(asked, sentence, chosen[0])
            or _leads_back(sentence, chosen)
            or any(_alike(sentence, other) for other in chosen)
        ):
            continue
        chosen.append(sentence)
    return chosen


def _strays(asked: Question, sentence: Scored, best: Scored) -> bool:
    """Whether it is about something else than the question, or no step where the best sentence is one."""
    if asked.wants_steps and is_step(best.siblings, best.index):
        return not is_step(sentence.siblings, sentence.index)
    shared = asked.terms & {term.text for term in terms(sentence.text)}
    return not shared and sentence.cosine < NEAR_MEANING * best.cosine


def _leads_back(sentence: Scored, chosen: Sequence[Scored]) -> bool:
    """Whether it would come before the best sentence without being as good, or is in a list or table chosen already."""
    best = chosen[0]
    if any(sentence.group == other.group is not None for other in chosen):
        return True
    same = sentence.passage.number == best.passage.number
    return same and sentence.index < best.index and sentence.score < OPENING * best.score


def _alike(one: Scored, other: Scored) -> bool:
    first, second = ({term.text for term in terms(sentence.text)} for sentence in (one, other))
    return len(first & second) > SAME_WORDS * min(len(first), len(second))


def _ordered(chosen: Sequence[Scored], steps: bool) -> list[Scored]:
    """Passage by passage, each in its own order, the passage of the best sentence first; steps document by document."""
    passages: dict[int, int] = {}
    documents: dict[str, int] = {}
    for sentence in chosen:
        passages.setdefault(sentence.passage.number, len(passages))
        documents.setdefault(sentence.passage.document_id, len(documents))

    def position(sentence: Scored) -> tuple[int, int, int]:
        passage = sentence.passage
        if steps:
            return documents[passage.document_id], passage.start, sentence.index
        return 0, passages[passage.number], sentence.index

    return sorted(chosen, key=position)


@dataclass(frozen=True)
class _Piece:
    passage: Passage
    index: int
    text: str
    form: str
    introduces: bool


def _pieces(sentence: Scored, asked: Question) -> list[_Piece]:
    """The sentence with what it needs: the one before, its list, or the code that follows."""
    siblings = sentence.siblings
    if siblings[sentence.index].table:
        return [_table(sentence)]
    indexes = [sentence.index] if sentence.list_start is None else _list_indexes(sentence, asked)
    first = indexes[0]
    all_prose = first > 0 and siblings[first - 1].kind == siblings[first].kind == "prose"
    if all_prose and _depends(siblings[first].text):
        indexes.insert(0, first - 1)
    if asked.wants_steps:
        following = indexes[-1] + 1
        if following < len(siblings) and siblings[following].kind == "code":
            indexes.append(following)
    return [
        _Piece(sentence.passage, index, siblings[index].shown, siblings[index].kind, siblings[index].introduces)
        for index in indexes
    ]


def _continuation(sentence: Scored) -> list[_Piece]:
    """The prose after a sentence of prose, if its first words refer back to it."""
    pair = sentence.siblings[sentence.index : sentence.index + 2]
    if [sibling.kind for sibling in pair] != ["prose", "prose"] or pair[0].introduces or pair[1].introduces:
        return []
    opening = {word.strip("*_`,.").lower() for word in pair[1].text.split()[:5]}
    leans = not opening.isdisjoint(_REFERRING)
    return [_Piece(sentence.passage, sentence.index + 1, pair[1].shown, "prose", introduces=False)] if leans else []


def _table(sentence: Scored) -> _Piece:
    """The header and the rows as they stand in the passage: all of a small table, the best ones of a larger one."""
    siblings = sentence.siblings
    rows = [index for index, sibling in enumerate(siblings) if sibling.table == siblings[sentence.index].table]
    first = rows[0]
    if len(rows) > MAX_TABLE_ROWS:
        best = sorted(rows, key=lambda index: -sentence.scores[index])[:BEST_ROWS]
        least = NEAR_BEST * sentence.scores[best[0]]
        rows = sorted(index for index in best if sentence.scores[index] >= least)
    text = "\n".join([siblings[first].table, *(siblings[index].line for index in rows)])
    return _Piece(sentence.passage, first, text, "table", introduces=False)


def _list_indexes(sentence: Scored, asked: Question) -> list[int]:
    """The introduction and the item; all items when the introduction itself or the whole way was asked for."""
    siblings = sentence.siblings
    start = sentence.list_start or 0
    introduced = siblings[start].introduces
    end = first = start + introduced
    while end < len(siblings) and siblings[end].kind == "item":
        end += 1
    if introduced and end == first:
        return [start, first]
    whole = asked.wants_list if introduced else False
    whole = whole or (introduced and sentence.index == start) or (asked.wants_steps and sentence.index >= first)
    if whole and end - first <= MAX_LIST_ITEMS:
        return list(range(start, end))
    return sorted({start, sentence.index}) if introduced else [sentence.index]


def _depends(text: str) -> bool:
    words = [word.strip("*_`,").lower() for word in text.split()[:2]]
    return not _DEPENDENT.isdisjoint(words if words[:1] == ["if"] else words[:1])


def _once(pieces: Sequence[_Piece]) -> list[_Piece]:
    unique = {(piece.passage.number, piece.index): piece for piece in pieces}
    return list(unique.values())


def _written(pieces: Sequence[_Piece]) -> Composition:
    """The pieces in Markdown: sentences run on, items and rows have lines of their own, code has its fences."""
    segments: list[Segment] = []
    text = ""
    for before, piece, after in zip([None, *pieces], pieces, [*pieces[1:], None], strict=False):
        in_list = piece.form in _LINES and any(_adjoins(piece, other) for other in (before, after))
        shown = piece.text if in_list or piece.form in _BLOCKS else _LIST_MARKER.sub("", piece.text)
        if before is not None:
            text += _separator(before, piece)
        text += shown + ("\n" if piece.form in _BLOCKS else " ") + f"[{piece.passage.number}]"
        segments.append(Segment(shown, piece.passage.number))
    return Composition(text, segments, answered=True)


def _adjoins(piece: _Piece, other: _Piece | None) -> bool:
    return other is not None and (other.form == piece.form or other.introduces)


def _separator(before: _Piece, piece: _Piece) -> str:
    if piece.form in _LINES:
        return "\n" if before.form == piece.form else "\n\n"
    return "\n\n" if piece.form in _BLOCKS or before.form in (*_BLOCKS, *_LINES) else " "


def _unknown(passages: Sequence[Passage], searched: int) -> Composition:
    """What was searched, what came nearest, and who looks after it."""
    if not searched:
        text = "I don't know: there are no indexed documents to search yet."
        return Composition(text, [Segment(text, None)], answered=False)
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
    text = " ".join(sentences)
    return Composition(text, [Segment(text, None)], answered=False)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
