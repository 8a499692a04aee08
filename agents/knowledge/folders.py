"""Takes a folder of documents into an organisation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db.models import QuerySet

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
    origin: str = Document.Origin.FOLDER,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> FolderImport:
    """Bring the documents that came from ``folder`` in line with it: new and changed files come in, vanished ones go.
    Documents from elsewhere stay, unless the folder has a file at the same path.

    Files that can't be read are named in the result and don't stop the others. Raises NotADirectoryError.
    """
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is not a folder.")
    root = folder.resolve()
    files = folder_files(root)
    known = _known(organization, root)
    result = FolderImport()
    for done, (path, file) in enumerate(files.items(), start=1):
        _take(organization, actor, path, file, known, result, origin=origin, root=root)
        progress(done, len(files))
    vanished = _from_folder(organization, root).exclude(path__in=list(files))
    result.removed = documents_withdraw(documents=vanished, actor=actor)
    return result


def folder_is_current(*, organization: Any, folder: Path) -> bool:
    """Whether every file of a folder is known with its present content, and none is missing or waits for its indexing."""
    root = folder.resolve()
    known = _known(organization, root)
    files = folder_files(root)
    waiting = _from_folder(organization, root).filter(state=Document.State.PENDING)
    return (
        set(files) == set(known)
        and not waiting.exists()
        and all(content_hash(file.read_bytes()) == known[path] for path, file in files.items())
    )


def documents_withdraw(*, documents: QuerySet[Document], actor: Any) -> int:
    """Delete documents whose source is gone. Returns how many."""
    gone = list(documents)
    for document in gone:
        document_delete(document=document, actor_id=getattr(actor, "pk", ""))
    return len(gone)


def folder_files(root: Path) -> dict[str, Path]:
    """The readable kinds of files below a folder, by their path in it. Hidden ones and links out of it are left out."""
    return {path.relative_to(root).as_posix(): path for path in sorted(root.rglob("*")) if _wanted(path, root)}


def _from_folder(organization: Any, root: Path) -> QuerySet[Document]:
    documents = Document.objects.for_organization(organization).filter(source=str(root)[:500])
    return documents.exclude(state=Document.State.DELETING)


def _known(organization: Any, root: Path) -> dict[str, str]:
    """Content hashes of the documents that came from the folder and could be read, by path."""
    readable = _from_folder(organization, root).exclude(state=Document.State.FAILED)
    return dict(readable.values_list("path", "content_hash"))


def _wanted(path: Path, root: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
    return supported(path.name) and not hidden and path.is_file() and path.resolve().is_relative_to(root)


def _take(
    organization: Any,
    actor: Any,
    path: str,
    file: Path,
    known: dict[str, str],
    result: FolderImport,
    *,
    origin: str,
    root: Path,
) -> None:
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
            origin=origin,
            folder=str(root),
        )
        result.added += 1
    except (LoadingError, InvalidPath, OSError) as error:
        result.refused[path] = str(error)
