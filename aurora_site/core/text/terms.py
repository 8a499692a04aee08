"""Texts as search terms: stemmed English words, and identifiers both whole and in parts."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from functools import lru_cache

import snowballstemmer

MAX_TERM = 64
# A word, or words joined inside by the characters that identifiers, paths, versions and addresses use.
_TOKEN = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+|(?:[._/:@+-]|__+)?[^\W_]+)*_*", re.UNICODE)
_RUN = re.compile(r"[^\W\d_]+|\d+", re.UNICODE)
_CAMEL_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_CAMEL = re.compile(r"[a-z][A-Z]|[A-Z]{2}[a-z]")
_UNMISTAKABLE = re.compile(
    r"[A-Z]{2,}-\d{2,}[A-Z]?"
    r"|[a-zA-Z0-9.]*[a-zA-Z0-9]_[a-zA-Z0-9][\w.]*"
    r"|[a-z][a-z0-9]*(?:\.[a-z0-9_]+){2,}"
    r"|(?:[A-Z][a-z0-9]+){3,}"
)
_POSSESSIVE = re.compile(r"['\u2019]s?$|['\u2019](?=\w)")
# Scripts written without spaces; each character stands for itself.
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")

STOP_WORDS = frozenset(
    """a about after all also am an and any are as at be because been before being but by can could did do does doing
    for from get gets got had has have having he her here him his how i if in into is it its just let me might my no
    nor of on once or our ours please shall she should so some such than that the their theirs them then there these
    they this those to too up us was we were what when where which while who whom why will with would you your yours
    'm 're 've 's 'll 'd don't doesn't didn't isn't aren't can't won't tell know want need must may mean means
    """.split()  # noqa: SIM905
)
_stemmer = threading.local()


@dataclass(frozen=True)
class Term:
    """A search term.

    ``identifier`` marks a whole name that someone gave a thing, such as ``sev1``, ``pay-4012`` or
    ``checkout.retry.max_attempts``; ``unmistakable`` one whose form leaves no doubt, which ``sev1`` does.
    """

    text: str
    identifier: bool = False
    unmistakable: bool = False


def terms(text: str) -> list[Term]:
    """The terms of a text in order, repeats kept, stop words left out."""
    found: list[Term] = []
    for match in _TOKEN.finditer(text):
        found.extend(_token_terms(match.group()))
    return found


@lru_cache(maxsize=50_000)
def _token_terms(token: str) -> tuple[Term, ...]:
    parts = tuple(Term(part) for part in _part_terms(token))
    whole = token.strip("._/:@+-").lower()
    if _is_compound(token) and whole != (parts[0].text if len(parts) == 1 else ""):
        term = Term(whole[:MAX_TERM], identifier=_is_identifier(token), unmistakable=_is_unmistakable(token))
        return (term, *parts)
    return parts


def _part_terms(token: str) -> list[str]:
    if token.lower().replace("\u2019", "'") in STOP_WORDS:
        return []
    found: list[str] = []
    for part in _parts(_POSSESSIVE.sub("", token)):
        word = part.lower()
        if _UNSPACED.search(word):
            found.extend(word)
        elif word not in STOP_WORDS and (len(word) > 1 or word.isdigit() or part == token):
            found.append(stem(word)[:MAX_TERM])
    return found


def _parts(token: str) -> list[str]:
    runs = _RUN.findall(token)
    return [part for run in runs for part in (_CAMEL_PART.findall(run) if run.isascii() and run.isalpha() else [run])]


def _is_compound(token: str) -> bool:
    return bool(re.search(r"[._/:@+-]|[^\W\d_]\d|\d[^\W\d_]", token) or _CAMEL.search(token))


def _is_identifier(token: str) -> bool:
    return _is_unmistakable(token) or bool(re.fullmatch(r"[a-z]{2,}-\d{2,}|(?=.{4,})[a-zA-Z]+\d+[a-zA-Z]*", token))


def _is_unmistakable(token: str) -> bool:
    """``PAY-4012``, ``max_attempts``, ``search.index.alias``, ``QueueMissing`` with a third part; not ``GitHub``."""
    return bool(_UNMISTAKABLE.fullmatch(token))


def stem(word: str) -> str:
    """The Snowball English stem of a lower-case word. Stemmers keep state, so each thread has its own."""
    stemmer = getattr(_stemmer, "english", None)
    if stemmer is None:
        stemmer = _stemmer.english = snowballstemmer.stemmer("english")
    return str(stemmer.stemWord(word))
