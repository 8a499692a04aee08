"""Documents with the same or nearly the same text within an organisation.

Near-duplicates are found as by A. Broder, "On the resemblance and containment of documents" (1997): a text is the set of
its shingles, runs of a few words; the smallest values of 64 hash functions over them agree between two texts as often
as the sets overlap. In bands of four, stored as rows, texts that are alike to .8 share one with a likelihood of .9998;
how alike they are is then counted exactly.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Q, QuerySet
from numpy.typing import NDArray

from agents.knowledge.models import Document, DocumentBand

THRESHOLD = 0.8
SHINGLE = 3
BANDS = 16
_ROWS = 4
# Texts that are compared shingle by shingle, and rows of bands looked at to choose them.
_COMPARED = 5
_ROWS_READ = 400

Hashes = NDArray[np.uint64]

# A word; in scripts without blanks (Chinese, Japanese, Thai, Lao, Burmese, Khmer) a character.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(f"[{_UNSPACED}]|[^\\W_{_UNSPACED}]+")
_constants = np.random.default_rng(1997)
_MULTIPLIERS = _constants.integers(0, 2**63, BANDS * _ROWS, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
_MASKS = _constants.integers(0, 2**64, BANDS * _ROWS, dtype=np.uint64)


def shingles(text: str) -> Hashes:
    """The distinct hashes of a text's runs of three words, whatever their case and what stands between, sorted."""
    known: dict[str, int] = {}
    words = np.fromiter((_hash(word, known) for word in _WORD.findall(text.lower())), dtype=np.uint64)
    if not len(words):
        words = np.array([_hash(text.strip(), known)], dtype=np.uint64)
    size = min(SHINGLE, len(words))
    mixed = np.zeros(len(words) - size + 1, dtype=np.uint64)
    for offset in range(size):
        mixed = _scattered(mixed + words[offset : len(words) - size + 1 + offset])
    return np.unique(mixed)


def resemblance(one: Hashes, other: Hashes) -> float:
    """The share of shingles that both have (Jaccard), 0 to 1."""
    common = len(np.intersect1d(one, other, assume_unique=True))
    return common / (len(one) + len(other) - common)


def band_keys(text: str) -> list[str]:
    """What a text is found by: a key for its very words, then one for each band of its sketch."""
    found = shingles(text)
    keys = ["=" + hashlib.blake2b(found.tobytes(), digest_size=11).hexdigest()]
    least = np.array([((found ^ mask) * factor).min() for mask, factor in zip(_MASKS, _MULTIPLIERS, strict=True)])
    for band, values in enumerate(least.reshape(BANDS, _ROWS)):
        keys.append(f"{band:02}{hashlib.blake2b(values.tobytes(), digest_size=11).hexdigest()}")
    return keys


def duplicates_refresh(document: Document) -> None:
    """Bring ``duplicate_of`` and ``similarity`` of a document, and of those that it touches, in line with its text.

    A document is a duplicate of the older one that it is most like. Its bands are stored before others are looked for:
    of two that come in at once at least one sees the other. Safe to run twice and at the same time.
    """
    changed = _bands_store(document)
    own = shingles(document.source_text)
    alike = [(other, resemblance(own, shingles(other.source_text))) for other in _candidates(document)]
    alike = [(other, similarity) for other, similarity in alike if similarity >= THRESHOLD]
    _settle(document, [(other, similarity) for other, similarity in alike if _age(other) < _age(document)])
    for other, similarity in alike:
        closer = similarity > (other.similarity or 0) or other.duplicate_of_id == document.pk
        if _age(other) > _age(document) and closer:
            _settle(other, [(document, similarity)])
    if changed:
        _refresh_all(_others(document).filter(duplicate_of=document).exclude(pk__in=[other.pk for other, _ in alike]))


def duplicates_release(document: Document) -> None:
    """Before a document goes: those that were taken for its duplicates are compared with what stays."""
    DocumentBand.objects.for_organization(document.organization_id).filter(document=document).delete()
    _refresh_all(_others(document).filter(duplicate_of=document))


def _refresh_all(documents: QuerySet[Document]) -> None:
    for pk in list(documents.values_list("pk", flat=True)):
        if document := documents.filter(pk=pk).first():
            duplicates_refresh(document)


def _settle(document: Document, older: Sequence[tuple[Document, float]]) -> None:
    """The most alike counts, of those the oldest; a text that came in meanwhile is left to its own comparison."""
    best = min(older, key=lambda pair: (-pair[1], _age(pair[0])), default=None)
    rows = Document.objects.for_organization(document.organization_id).filter(
        pk=document.pk, content_hash=document.content_hash
    )
    rows.update(duplicate_of=best[0] if best else None, similarity=round(best[1], 4) if best else None)


def _bands_store(document: Document) -> bool:
    """Whether they are others than before."""
    keys = band_keys(document.source_text)
    rows = DocumentBand.objects.for_organization(document.organization_id).filter(document=document)
    if set(rows.values_list("key", flat=True)) == set(keys):
        return False
    documents = Document.objects.for_organization(document.organization_id)
    with transaction.atomic():
        # A document that is gone or has another text by now must not get these bands.
        if not documents.select_for_update().filter(pk=document.pk, content_hash=document.content_hash).exists():
            return False
        rows.delete()
        DocumentBand.objects.bulk_create(
            DocumentBand(document=document, organization_id=document.organization_id, key=key) for key in keys
        )
    return True


def _candidates(document: Document) -> Iterable[Document]:
    """The documents that share most bands; one with the very words before all others."""
    bands = DocumentBand.objects.for_organization(document.organization_id)
    keys = list(bands.filter(document=document).values_list("key", flat=True))
    shared = bands.filter(key__in=keys).exclude(document=document)
    same = shared.filter(key__startswith="=").order_by("pk").values_list("document_id", flat=True)[:_COMPARED]
    counts = Counter(shared.values_list("document_id", flat=True)[:_ROWS_READ])
    ids = dict.fromkeys([*same, *(pk for pk, _ in counts.most_common(_COMPARED))])
    return _others(document).filter(pk__in=list(ids)[:_COMPARED])


def _others(document: Document) -> QuerySet[Document]:
    documents = Document.objects.for_organization(document.organization_id)
    others: QuerySet[Document] = documents.exclude(Q(state=Document.State.DELETING) | Q(pk=document.pk))
    return others


def _age(document: Document) -> tuple[Any, str]:
    return document.created_at, str(document.pk)


def _hash(word: str, known: dict[str, int]) -> int:
    found = known.get(word)
    if found is None:
        digest = hashlib.blake2b(word.encode("utf-8", "replace"), digest_size=8).digest()
        found = known[word] = int.from_bytes(digest, "big")
    return found


def _scattered(values: Hashes) -> Hashes:
    """SplitMix64's finaliser: every bit of a value depends on every bit of it before."""
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
