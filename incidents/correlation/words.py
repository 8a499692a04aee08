"""What two texts have in common, apart from numbers and ids. Pure."""

from __future__ import annotations

import re
from functools import lru_cache

# What alerts say whatever they are about; two that share only these have little in common.
_COMMON = """
    a above alarm alert almost an and api app application at available average below build by calling can can't cannot
    check client connection connections container count cpu critical crash deadline detected disk down error errors
    exceeded exception exhausted fail failed failing fails failure for free from full handler has health healthy high
    host hosts http in increased instance is it job kube large late latency level limit load looping low lot memory
    message messages minute minutes missing monitor ms no node not number of on oom out over p50 p90 p95 p99 percent
    pod pool problem process processes queue rate ready reach reached refused request requests resource response
    responds restart restarted restarting restarts returned seconds server service slow slowly space state status
    target than the threshold time timed timeout times to too unavailable unhealthy unreachable up upstream usage
    used utilization value warning was with worker
"""
# What alerts say whatever they are about; two that share only these have little in common.
COMMON_WORDS = frozenset(_COMMON.split())
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[^\W_]+(?:'t)?")
_NAME = re.compile(r"[\w][\w.-]*[\w]")
# A number, or an id: has a digit and is long, or is hexadecimal.
_MASKED = re.compile(r"\d+[a-z]{0,3}|(?=[a-z]*\d)[0-9a-f]{6,}|(?=\w*\d)\w{12,}")
# What a word weighs; whole numbers, so that sums don't depend on the order of words.
WEIGHT, COMMON_WEIGHT = 4, 1
# Shared weight from which a likeness is taken at its word.
ENOUGH = 4


@lru_cache(maxsize=16_384)
def words_of(text: str) -> frozenset[str]:
    """The words of a title in lower case; CamelCase is taken apart, numbers and ids are left out."""
    words = (word.lower() for word in _WORD.findall(_CAMEL.sub(" ", text[:500])))
    return frozenset(word for word in words if not _MASKED.fullmatch(word))


@lru_cache(maxsize=16_384)
def names_in(text: str) -> frozenset[str]:
    """What may be names of services in a text: ``checkout-api`` stays one word, and loses what follows in a pod's name."""
    found: set[str] = set()
    for name in _NAME.findall(text[:500].lower()):
        pieces = name.split("-")
        found.update("-".join(pieces[:length]) for length in range(1, min(len(pieces), 8) + 1))
    return frozenset(found)


def weight_of(word: str) -> int:
    return COMMON_WEIGHT if word in COMMON_WORDS else WEIGHT


@lru_cache(maxsize=16_384)
def weight_of_all(words: frozenset[str]) -> int:
    return sum(map(weight_of, words))


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """From 0 to 1: shared weight over all weight, and less where only little is shared at all."""
    if one.isdisjoint(other):
        return 0.0
    shared = sum(map(weight_of, one & other))
    every = weight_of_all(one) + weight_of_all(other) - shared
    return shared / every * min(1.0, shared / ENOUGH)
