"""Takes a folder of documents into an organisation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agents.knowledge.models import Document
from agents.knowledge.paths import InvalidPath
from agents.knowledge.services import document_delete, document_upload
from agents.knowledge.storage import content_hash
from agents.retrieval.loading import supported
from agents.retrieval.loading_errors import LoadingError


@dataclass
class FolderImport:
    """What became of a folder's files: taken in, unchanged, gone since the last time, and refused with the reason."""

    added: int = 0
    unchanged: int = 0
    removed: int = 0
    refused: dict[str, str] = field(default_factory=dict)


def folder_import(
    *,
    organization: Any,
    actor: Any,
    folder: Path,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> FolderImport:
    """Make the organisation's folder documents those of ``folder``: new and changed files come in, vanished ones go.

    Files that can't be read are named in the result and don't stop the others. Raises NotADirectoryError.
    """
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is not a folder.")
    root = folder.resolve()
    files = sorted(path for path in root.rglob("*") if _wanted(path, root))
    known = dict(
        Document.objects.for_organization(organization)
        .filter(origin=Document.Origin.FOLDER)
        .exclude(state__in=[Document.State.FAILED, Document.State.DELETING])
        .values_list("path", "content_hash")
    )
    result = FolderImport()
    for done, file in enumerate(files, start=1):
        _take(organization, actor, file, file.relative_to(root).as_posix(), known, result)
        progress(done, len(files))
    kept = [file.relative_to(root).as_posix() for file in files]
    vanished = Document.objects.for_organization(organization).filter(origin=Document.Origin.FOLDER)
    for document in vanished.exclude(path__in=kept).exclude(state=Document.State.DELETING):
        document_delete(document=document, actor_id=getattr(actor, "pk", ""))
        result.removed += 1
    return result


def _wanted(path: Path, root: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
    return supported(path.name) and not hidden and path.is_file() and path.resolve().is_relative_to(root)


def _take(organization: Any, actor: Any, file: Path, path: str, known: dict[str, str], result: FolderImport) -> None:
    try:
        content = file.read_bytes()
        if known.get(path) == content_hash(content):
            result.unchanged += 1
            return
        document_upload(
            organization=organization,
            actor=actor,
            filename=path,
            content=content,
            origin=Document.Origin.FOLDER,
        )
        result.added += 1
    except (LoadingError, InvalidPath, OSError) as error:
        result.refused[path] = str(error)
