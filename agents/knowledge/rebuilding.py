"""Building an index version from every document of the installation, while the active one goes on serving."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from agents.knowledge.applying import UNREADABLE, Progress, index_document
from agents.knowledge.index_versions import index_collect_request
from agents.knowledge.models import Document
from agents.retrieval import building, versions
from agents.retrieval.indexing import document_index_in
from agents.retrieval.models import IndexVersion
from audit.services import record

logger = logging.getLogger(__name__)

SAY_EVERY_SECONDS = 1.0
NAMED_IN_NOTE = 20

# What a document's chunks are made of: one whose values differ from those seen before has to be looked at again.
_MADE_OF = ("content_hash", "path", "title", "collection", "dated", "organization_id")


@dataclass(frozen=True)
class Rebuild:
    """A version that was built and switched to: its documents, and those that can't be read with the reason."""

    version: IndexVersion
    documents: int
    unreadable: dict[str, str]


def index_rebuild(*, actor_id: str = "", progress: Progress = lambda done, total: None) -> Rebuild:
    """Build a version of the configured embedder from every document, then switch to it.

    An unfinished version is taken up where its builder ended. Documents that come, change or go meanwhile are seen to
    before the switch. Raises EmbeddingError and leaves the version to be taken up again; IndexBuildRunning.
    """
    with building.version_building() as version:
        filling = _Filling(version, progress)
        while True:
            filling.run()
            building.version_index_vectors(version)
            switched = _switch(version, filling, actor_id)
            if switched is not None:
                return Rebuild(switched, len(filling.seen), filling.unreadable)


def _switch(version: IndexVersion, filling: _Filling, actor_id: str) -> IndexVersion | None:
    """Complete the version and search it from now on; None if it missed a change since the filling began."""
    with transaction.atomic(), versions.switching():
        former = IndexVersion.objects.filter(state=IndexVersion.State.ACTIVE).first()
        if not building.version_complete(version, note=_note(filling.unreadable)):
            return None
        switched = versions.version_activate(version)
        record(
            event="knowledge.index_activated",
            actor_id=actor_id,
            data={
                "version": switched.name,
                "former": former.name if former else "",
                "why": "rebuilt",
                "documents": len(filling.seen),
                "unreadable": len(filling.unreadable),
            },
        )
        transaction.on_commit(index_collect_request)
    return switched


def _note(unreadable: dict[str, str]) -> str:
    if not unreadable:
        return ""
    names = ", ".join(sorted(unreadable)[:NAMED_IN_NOTE])
    more = ", and more" if len(unreadable) > NAMED_IN_NOTE else ""
    return f"{len(unreadable)} documents can't be read: {names}{more}."


class _Filling:
    """Takes documents into a version until it has seen every one as it is now."""

    def __init__(self, version: IndexVersion, progress: Progress) -> None:
        self.seen: dict[Any, tuple[Any, ...]] = {}
        self.unreadable: dict[str, str] = {}
        self._version = version
        self._progress = progress
        self._written = 0.0

    def run(self) -> None:
        """Return when nothing is left to look at. What is in the version already is neither embedded nor written."""
        building.version_look_again(self._version)
        self.seen.clear()
        self.unreadable.clear()
        while waiting := self._waiting():
            total = len(self.seen.keys() | waiting.keys())
            for document_id, made_of in waiting.items():
                self._take(document_id)
                self.seen[document_id] = made_of
                self._say(len(self.seen), total)

    def _waiting(self) -> dict[Any, tuple[Any, ...]]:
        rows = Document.objects.exclude(state=Document.State.DELETING).order_by("organization_id", "path")
        current = {document_id: tuple(made_of) for document_id, *made_of in rows.values_list("pk", *_MADE_OF)}
        for document_id in self.seen.keys() - current.keys():
            del self.seen[document_id]
        return {key: made_of for key, made_of in current.items() if self.seen.get(key) != made_of}

    def _take(self, document_id: Any) -> None:
        document = Document.objects.exclude(state=Document.State.DELETING).filter(pk=document_id).first()
        if document is None:
            return
        self.unreadable.pop(document.path, None)
        try:
            indexed = index_document(document)
        except UNREADABLE as failure:
            logger.warning("document %s can't be indexed: %s", document.pk, failure)
            self.unreadable[document.path] = str(failure)
            return
        document_index_in(indexed, self._version)

    def _say(self, done: int, total: int) -> None:
        self._progress(done, total)
        if done == total or time.monotonic() - self._written > SAY_EVERY_SECONDS:
            self._written = time.monotonic()
            building.version_progress(self._version, done=done, total=total)
