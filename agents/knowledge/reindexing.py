"""Indexing an organisation's documents anew, with what its folder holds now."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from agents.knowledge.applying import documents_reindex
from agents.knowledge.folders import folder_import
from aurora_site.accounts.selectors import organization_default


@dataclass(frozen=True)
class Reindexed:
    """How many documents are indexed then, and the files of the folder that can't be read, each with the reason."""

    documents: int
    refused: dict[str, str]

    @property
    def message(self) -> str:
        """For people."""
        text = f"{self.documents} documents are indexed."
        return (
            f"{text} {len(self.refused)} can't be read: {', '.join(sorted(self.refused)[:10])}."
            if self.refused
            else text
        )


def organization_reindex(*, organization: Any, actor: Any) -> Reindexed:
    """Follow SEED_DATA_DIR, where the organisation is the one that it is for, and index all its documents anew.

    Raises EmbeddingError, and NotADirectoryError when SEED_DATA_DIR isn't a folder.
    """
    refused: dict[str, str] = {}
    if settings.SEED_DATA_DIR and organization == organization_default():
        refused = folder_import(organization=organization, actor=actor, folder=Path(settings.SEED_DATA_DIR)).refused
    return Reindexed(documents_reindex(organization=organization, actor_id=actor.pk), refused)
