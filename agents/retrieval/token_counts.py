"""Estimates of how many WordPiece tokens all-MiniLM-L6-v2 sees in a text, without its vocabulary. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from aurora_site.core.text.terms import STOP_WORDS

_PIECE = re.compile(r"[a-zA-Z]+|[0-9]+|[\uac00-\ud7a3]|[^\W_]|[^\w\s]|_", re.UNICODE)
_WORD = re.compile(r"[^\W\d_]+")
_HANGUL = "\uac00"
# Prose is judged by its first so many characters; below so many words nothing can be said.
_SAMPLE = 20_000
_FEWEST_WORDS = 30
# English prose has a quarter to a half of stop words, lists of names in English documents about a tenth.
_ENGLISH_SHARE = 0.06


def token_counter(prose: Iterable[str]) -> Callable[[str], int]:
    """The estimate that fits a document, told by its paragraphs and list items."""
    sample: list[str] = []
    size = 0
    for part in prose:
        sample.append(part[:_SAMPLE])
        size += len(sample[-1])
        if size >= _SAMPLE:
            break
    words = [word.lower() for word in _WORD.findall(" ".join(sample))]
    english = sum(word in STOP_WORDS for word in words) >= len(words) * _ENGLISH_SHARE
    return approximate_tokens if english or len(words) < _FEWEST_WORDS else foreign_tokens


def approximate_tokens(text: str) -> int:
    """For English with its identifiers, and for scripts other than Latin: each of their letters is a token."""
    return _count(text, letters_a_token=7)


def foreign_tokens(text: str) -> int:
    """For other languages in Latin letters, whose words the vocabulary doesn't have: it knows them by syllables."""
    return _count(text, letters_a_token=2)


def _count(text: str, *, letters_a_token: int) -> int:
    count = 0
    for match in _PIECE.finditer(text):
        piece = match.group()
        if piece[0].isascii() and piece[0].isalpha():
            count += 1 + (len(piece) - 1) // letters_a_token
        elif piece[0] >= _HANGUL and piece[0] <= "\ud7a3":
            # The model takes a syllable apart into its two or three letters.
            count += 2 if (ord(piece) - ord(_HANGUL)) % 28 == 0 else 3
        else:
            count += (len(piece) + 1) // 2
    return count
