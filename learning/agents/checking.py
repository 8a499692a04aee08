"""Checks what a model wrote about a plan or progress against the facts it was given, before anybody reads it. Pure.

The check is made to refuse too much rather than too little, for the text that it guards against is replaced by one that
is right. A text passes if every date, number (with what it counts), link, title, name and statement of where things stand
that it holds stands in the facts; and if it is plain text of the facts' own words and ordinary English ones.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from learning.agents.amounts import Amount, Day, amounts_in, take_dates
from learning.agents.words import (
    AMOUNTS,
    COMMON,
    NEGATIONS,
    OPENERS,
    RELATIVE_DAYS,
    STANDING,
    WEEKDAYS,
)

LONGEST_FACTOR, LONGEST_EXTRA = 2, 600
# At least this share of a text's words is of the facts or among the commonest: else it is in another language, or noise.
FAMILIAR_SHARE = 0.5
NEGATED_WITHIN = 3

_TYPOGRAPHIC = frozenset("‘’“”–—…•·×\u00a0\n\t")
_MARKDOWN_LINK = re.compile(r"\[([^\]\n]*)\]\(\s*<?([^)\s>]*)>?[^)]*\)")
_URL = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://|www\.|(?:mailto|javascript|data|tel|file|ftp|vbscript):)[^\s<>)\]\"'“”]*", re.IGNORECASE
)
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_TAG = re.compile(r"<\s*[/!a-zA-Z][^>\n]*>?|!\[|^\s{0,3}\[[^\]]+\]:", re.MULTILINE)
_QUOTED = re.compile(
    r"“([^”\n]+)”|\"([^\"\n]+)\"|`([^`\n]+)`|\*\*([^*\n]+)\*\*|(?<!\*)\*([^*\n]+)\*(?!\*)|\b_([^_\n]+)_\b"
)
_SENTENCE = re.compile(r"(?<=[.!?:;])[\"”’)*_]*\s+|\n+|\s[–—-]\s")
_WORD = re.compile(r"[^\W_]+(?:['’./+#&-]+[^\W_]+)*[+#]*")
_BULLET = re.compile(r"^\s*(?:[-*+•]|\d{1,2}[.)])\s+", re.MULTILINE)


@dataclass(frozen=True)
class Facts:
    """What a text may say: ``texts`` are facts in words, line by line; ``links`` the title of every address; ``titles`` what
    items are called. A date or time that a text gives an item must stand in one line with its title."""

    texts: tuple[str, ...]
    links: Mapping[str, str] = field(default_factory=dict)
    titles: tuple[str, ...] = ()

    @cached_property
    def plain(self) -> str:
        return _normal("\n".join([*self.texts, *self.links.values(), *self.links]))

    @cached_property
    def bare(self) -> tuple[list[Day], str]:
        """The dates, and the facts without dates and addresses."""
        return take_dates(_URL.sub(" ", self.plain))

    @cached_property
    def amounts(self) -> frozenset[Amount]:
        return frozenset(amounts_in(self.bare[1]))

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(_parts(_words(self.plain)))

    @cached_property
    def lines(self) -> list[tuple[str, list[Day], list[Amount]]]:
        """The lines of the facts that name a title: comparable text, dates, amounts."""
        return [_line(line) for line in _normal("\n".join(self.texts)).splitlines()]

    @cached_property
    def title_keys(self) -> list[str]:
        return [key for key in map(_key, self.titles) if key]

    @cached_property
    def standing(self) -> frozenset[tuple[str, bool]]:
        return frozenset(_standing(self.plain))


def faults(text: str, facts: Facts, *, instead_of: str) -> list[str]:
    """What in a text stands in the way of showing it ``instead_of`` the text that is known to be right; empty for none.

    Each fault is a few words for a person. Never raises.
    """
    if not text.strip():
        return ["it is empty"]
    if len(text) > LONGEST_FACTOR * len(instead_of) + LONGEST_EXTRA:
        return ["it is too long"]
    checks = (_characters, _links, _dates, _amounts, _pairs, _quotes, _names, _standings, _language)
    found = [fault for check in checks for fault in check(_normal(text) if check is not _characters else text, facts)]
    return list(dict.fromkeys(found))


def _normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace("’", "'").replace("‘", "'")


def _characters(text: str, facts: Facts) -> Iterator[str]:
    known = _TYPOGRAPHIC.union(*facts.texts, *facts.links.values())
    if any(not (" " <= character <= "~" or character in known) for character in text):
        yield "it has characters that the facts don't have"


def _links(text: str, facts: Facts) -> Iterator[str]:
    if _TAG.search(text):
        yield "it has markup"
    titles = {_normal(url): _key(title) for url, title in facts.links.items()}
    for label, url in _MARKDOWN_LINK.findall(text):
        if titles.get(url) != _key(label):
            yield f"the link {url[:80]!r} isn't one of the facts"
    rest = _MARKDOWN_LINK.sub(" ", text)
    for url in [*_URL.findall(rest), *_ADDRESS.findall(rest)]:
        if url.rstrip(".,;:!?") not in titles:
            yield f"the address {url[:80]!r} isn't one of the facts"


def _dates(text: str, facts: Facts) -> Iterator[str]:
    known, _ = facts.bare
    for day in take_dates(_unlinked(text))[0]:
        if not any(_same_day(day, other) for other in known):
            yield f"it names a date that isn't in the facts ({day.day}.{day.month}.)"
    said = {word for word in _lower(text) if word in WEEKDAYS or word in RELATIVE_DAYS}
    for word in sorted(said - facts.words):
        yield f"it says {word!r}, which the facts don't"


def _same_day(day: Day, known: Day) -> bool:
    return (day.month, day.day) == (known.month, known.day) and (day.year is None or day.year == known.year)


def _amounts(text: str, facts: Facts) -> Iterator[str]:
    bare = _BULLET.sub("", take_dates(_unlinked(text))[1])
    values = {amount.value for amount in facts.amounts}
    for amount in amounts_in(bare):
        if amount not in facts.amounts if amount.unit else amount.value not in values:
            yield f"it says {amount.value:g} {amount.unit}".rstrip() + ", which the facts don't"
    for word in _words(bare):
        # Digits inside of words, as in "k8s" or "3x".
        if any(character.isdigit() for character in word) and not amounts_in(word) and word.lower() not in facts.words:
            yield f"it says {word!r}, which the facts don't"
    for word in sorted({word for word in _lower(bare) if word in AMOUNTS} - facts.words):
        yield f"it says {word!r}, which the facts don't"


def _pairs(text: str, facts: Facts) -> Iterator[str]:
    """Dates and minutes beside a title that aren't that item's."""
    for sentence in _SENTENCE.split(_unlinked(text)):
        key, days, amounts = _line(sentence)
        minutes = [amount for amount in amounts if amount.unit == "minute"]
        titles = [title for title in facts.title_keys if title in key] if days or minutes else []
        if not titles:
            continue
        lines = [line for line in facts.lines if any(title in line[0] for title in titles)]
        wrong_day = any(not any(_same_day(day, known) for line in lines for known in line[1]) for day in days)
        if wrong_day or any(not any(amount in line[2] for line in lines) for amount in minutes):
            yield f"it gives {titles[0][:80]!r} a date or time that isn't its own"


def _line(text: str) -> tuple[str, list[Day], list[Amount]]:
    days, rest = take_dates(text)
    return _key(text), days, amounts_in(rest)


def _quotes(text: str, facts: Facts) -> Iterator[str]:
    known = _key(facts.plain)
    for groups in _QUOTED.findall(_unlinked(text)):
        quoted = _key(next(group for group in groups if group))
        if quoted and quoted not in known:
            yield f"{quoted[:80]!r} isn't in the facts"


def _names(text: str, facts: Facts) -> Iterator[str]:
    """Words written like names, and words that ordinary text doesn't have."""
    for sentence in _SENTENCE.split(_BULLET.sub("\n", _unlinked(text))):
        for place, word in enumerate(_words(sentence)):
            lowered = word.lower()
            if lowered in facts.words or set(_parts([word])) <= facts.words:
                continue
            begins_large = word[:1].isupper() and lowered not in ("i", "i'm", "i'll", "i've", "i'd")
            if (
                (begins_large and not (place == 0 and lowered in OPENERS))
                or any(letter.isupper() for letter in word[1:])
                or "." in word
            ):
                yield f"{word[:80]!r} isn't in the facts"


def _standings(text: str, facts: Facts) -> Iterator[str]:
    for word, negated in _standing(text):
        if (word, negated) not in facts.standing:
            yield f"it says {'not ' if negated else ''}{word!r}, which the facts don't"


def _standing(text: str) -> Iterator[tuple[str, bool]]:
    for sentence in _SENTENCE.split(_unlinked(text)):
        words = _lower(sentence)
        for place, word in enumerate(words):
            if word in STANDING:
                yield word, not NEGATIONS.isdisjoint(words[max(place - NEGATED_WITHIN, 0) : place])


def _language(text: str, facts: Facts) -> Iterator[str]:
    words = _lower(_unlinked(text))
    familiar = sum(word in facts.words or word in COMMON for word in words)
    if familiar < FAMILIAR_SHARE * len(words):
        yield "it is hardly made of the facts' words"


def _unlinked(text: str) -> str:
    """A text with its links' labels alone, and without addresses."""
    return _URL.sub(" ", _MARKDOWN_LINK.sub(lambda match: f" {match[1]} ", text))


def _words(text: str) -> list[str]:
    return _WORD.findall(text)


def _lower(text: str) -> list[str]:
    return [word.lower() for word in _words(text)]


def _parts(words: Iterable[str]) -> Iterator[str]:
    """Words in lower case, and what they are joined of."""
    for word in words:
        lowered = word.lower()
        yield lowered
        yield lowered.removesuffix("'s")
        yield from re.split(r"['./+#&-]+", lowered)


def _key(text: str) -> str:
    """A text for comparing titles: lower case, letters and digits with single spaces."""
    return " ".join(re.findall(r"[\w+#]+", text.lower()))
