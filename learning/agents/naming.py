"""Finds which role, skill or item a person means. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from learning.agents.words import word_set

_WORD = re.compile(r"[^\W_]+[+#]*")
# Words that name nothing by themselves.
FILLERS = word_set(
    "a an the my our your this that these those of for to in on at and or"
    " about with from as is it item items task tasks "
    "course courses video videos article articles book books chapter lesson"
    " lessons module modules resource exercise one "
    "some more plan please skill skills topic role engineer engineering developer"
)
_ARTICLES = word_set("a an the my our your")


@dataclass(frozen=True)
class Match:
    """The names that a phrase may mean, best first. It means one where there is just one."""

    names: tuple[str, ...]

    @property
    def one(self) -> str | None:
        return self.names[0] if len(self.names) == 1 else None


def meant(phrase: str, names: Iterable[str]) -> Match:
    """The names that a phrase means: the one it spells, abbreviates ("SRE") or says the words of; else those that have all
    of its own words; else none."""
    wanted = words_of(phrase)
    known = {name: words_of(name) for name in dict.fromkeys(names)}
    if not wanted:
        return Match(())
    for fits in (_same, _abbreviates, _has_all, _has_own):
        found = tuple(name for name, words in known.items() if fits(wanted, words))
        if found:
            return Match(found)
    return Match(())


def named_in(text: str, names: Iterable[str]) -> list[str]:
    """The names that stand in a text as they are, or abbreviated in capitals; longer ones first, none inside another."""
    found: list[str] = []
    rest = " " + " ".join(words_of(text, keep_articles=True)) + " "
    capitals = set(re.findall(r"\b[A-Z]{2,6}s?\b", text))
    for name in sorted(dict.fromkeys(names), key=len, reverse=True):
        spelt = " " + " ".join(words_of(name, keep_articles=True)) + " "
        short = "".join(word[0] for word in words_of(name)).upper()
        if len(spelt) > 2 and spelt in rest:
            rest = rest.replace(spelt, "  ")
            found.append(name)
        elif len(short) > 1 and (short in capitals or short + "s" in capitals):
            found.append(name)
    return found


def words_of(text: str, *, keep_articles: bool = False) -> list[str]:
    """The words of a text in lower case, without articles."""
    words = [word.lower() for word in _WORD.findall(text)]
    return words if keep_articles else [word for word in words if word not in _ARTICLES]


def _same(wanted: Sequence[str], words: Sequence[str]) -> bool:
    return list(wanted) == list(words)


def _abbreviates(wanted: Sequence[str], words: Sequence[str]) -> bool:
    initials = "".join(word[0] for word in words)
    return len(wanted) == 1 and len(words) > 1 and wanted[0].rstrip("s") == initials.rstrip("s")


def _has_all(wanted: Sequence[str], words: Sequence[str]) -> bool:
    return set(map(_stem, wanted)) <= set(map(_stem, words)) and not set(wanted) <= FILLERS


def _has_own(wanted: Sequence[str], words: Sequence[str]) -> bool:
    own = {_stem(word) for word in wanted if word not in FILLERS}
    return bool(own) and own <= set(map(_stem, words))


def _stem(word: str) -> str:
    """A word without the plural's s."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
