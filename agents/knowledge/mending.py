"""Finding out where the index and the documents' rows disagree, and putting it right."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone

from agents.knowledge.applying import Progress, document_apply
from agents.knowledge.models import Document
from agents.retrieval import indexing, selectors

BATCH = 500

Pair = tuple[str, str]


@dataclass(frozen=True)
class Gaps:
    """Pairs of organisation and document: ``missing`` from the index that is searched although they count as indexed,
    and ``strays`` that are in the index although no row names them any more."""

    missing: frozenset[Pair] = frozenset()
    strays: frozenset[Pair] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.missing or self.strays)


def index_gaps() -> Gaps:
    """Where index and rows disagree. What changes meanwhile may be named too, so who mends looks at each again."""
    indexed = _pairs(Document.objects.filter(state=Document.State.INDEXED))
    searched, anywhere = selectors.documents_searched(), selectors.documents_anywhere()
    return Gaps(missing=frozenset(indexed - searched), strays=frozenset(anywhere - _pairs(Document.objects.all())))


def index_mend(*, gaps: Gaps, progress: Progress = lambda done, total: None) -> Gaps:
    """Take strays out of the index and index what is missing; what of it was really amiss and is well now.

    Raises EmbeddingError; what is still missing then counts as waiting, and a sweep goes on with it.
    """
    removed = {pair for pair in gaps.strays if _remove(*pair)}
    ids = [document_id for _, document_id in sorted(gaps.missing)]
    for start in range(0, len(ids), BATCH):
        rows = Document.objects.filter(pk__in=ids[start : start + BATCH], state=Document.State.INDEXED)
        rows.update(state=Document.State.PENDING, updated_at=timezone.now())
    for done, document_id in enumerate(ids, start=1):
        document_apply(document_id=document_id)
        progress(done, len(ids))
    return Gaps(missing=gaps.missing & selectors.documents_searched(), strays=frozenset(removed))


def _remove(organization_id: str, document_id: str) -> int:
    if Document.objects.filter(pk=document_id, organization_id=organization_id).exists():
        return 0
    return indexing.document_remove(organization_id=organization_id, document_id=document_id)


def _pairs(documents: QuerySet[Document]) -> set[Pair]:
    rows = documents.values_list("organization_id", "pk")
    return {(str(organization_id), str(document_id)) for organization_id, document_id in rows.iterator()}
