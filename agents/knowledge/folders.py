"""Takes a folder of documents into an organisation."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from agents.knowledge.models import Document
from agents.knowledge.paths import InvalidPath, clean_path
from agents.knowledge.services import document_delete, document_upload
from agents.knowledge.storage import content_hash
from agents.retrieval.loading import supported
from agents.retrieval.loading_errors import DocumentTooLarge, LoadingError

_BATCH = 500


@dataclass
class FolderImport:
    """What became of a folder's files: taken in, unchanged, gone since the last time, and refused with the reason;
    ``replaced`` are paths that had a document from elsewhere."""

    added: int = 0
    unchanged: int = 0
    removed: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    replaced: list[str] = field(default_factory=list)


@dataclass
class FolderFiles:
    """The readable kinds of files below a folder, by the path that their document has, and what can't be taken."""

    files: dict[str, Path] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    # Folders that couldn't be listed: whether their documents are gone isn't known.
    unlisted: list[str] = field(default_factory=list)


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

    Each file is a transaction of its own: stopped half-way, the next call goes on from there. Whether a file changed is
    told by its content, which is read each time: times and sizes can stay the same. Files that can't be read are named
    in the result and don't stop the others. Raises NotADirectoryError.
    """
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is not a folder.")
    root = folder.resolve()
    found = folder_files(root)
    known = _known(organization, root)
    others = _elsewhere(organization, root)
    result = FolderImport(refused=found.refused)
    for done, (path, file) in enumerate(found.files.items(), start=1):
        _take(organization, actor, path, file, known, result, origin=origin, root=root)
        progress(done, len(found.files))
    result.replaced = [path for path in found.files if path in others and path not in found.refused]
    result.removed = _vanished_withdraw(organization, actor, root, found)
    return result


def folder_is_current(*, organization: Any, folder: Path) -> bool:
    """Whether every file of a folder is known with its present content, and none is missing or waits for its indexing."""
    root = folder.resolve()
    known = _known(organization, root)
    files = folder_files(root).files
    waiting = _from_folder(organization, root).filter(state=Document.State.PENDING)
    return (
        set(files) == set(known)
        and not waiting.exists()
        and all(content_hash(file.read_bytes()) == known[path] for path, file in files.items())
    )


def documents_withdraw(*, documents: QuerySet[Document], actor: Any) -> int:
    """Delete documents whose source is gone. Returns how many."""
    gone = list(documents.defer("source_text"))
    for document in gone:
        document_delete(document=document, actor_id=getattr(actor, "pk", ""))
    return len(gone)


def folder_files(root: Path) -> FolderFiles:
    """Lists a folder in the order of its paths. Hidden files and folders and links out of it are left out."""
    found = FolderFiles()

    def unlisted(error: OSError) -> None:
        path = _shown(Path(error.filename or root), root)
        found.unlisted.append(path)
        found.refused[path] = f"The folder can't be listed: {error.strerror}."

    for place, folders, names in os.walk(root, onerror=unlisted):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if supported(name) and not name.startswith("."):
                _note(found, Path(place, name), root)
    return found


def _note(found: FolderFiles, file: Path, root: Path) -> None:
    try:
        if file.is_symlink() and not file.resolve().is_relative_to(root):
            return
        path = clean_path(file.relative_to(root).as_posix())
    except (InvalidPath, OSError) as error:
        found.refused[_shown(file, root)] = str(error)
        return
    if path in found.files:
        found.refused[_shown(file, root)] = f"Another file has the name {path!r} too."
    elif file.is_file():
        found.files[path] = file


def _shown(file: Path, root: Path) -> str:
    """A path that can be printed, whatever bytes its name holds."""
    return file.relative_to(root).as_posix().encode("utf-8", "replace").decode()


def _from_folder(organization: Any, root: Path) -> QuerySet[Document]:
    documents = Document.objects.for_organization(organization).filter(source=str(root)[:500])
    return documents.exclude(state=Document.State.DELETING)


def _elsewhere(organization: Any, root: Path) -> frozenset[str]:
    documents = Document.objects.for_organization(organization).exclude(source=str(root)[:500])
    return frozenset(documents.exclude(state=Document.State.DELETING).values_list("path", flat=True))


def _known(organization: Any, root: Path) -> dict[str, str]:
    """Content hashes of the documents that came from the folder and could be read, by path."""
    readable = _from_folder(organization, root).exclude(state=Document.State.FAILED)
    return dict(readable.values_list("path", "content_hash"))


def _vanished_withdraw(organization: Any, actor: Any, root: Path, found: FolderFiles) -> int:
    stored = _from_folder(organization, root).values_list("pk", "path")
    gone = [pk for pk, path in stored if path not in found.files and not _is_below(path, found.unlisted)]
    removed = 0
    for batch in _batches(gone):
        documents = _from_folder(organization, root).filter(pk__in=batch)
        removed += documents_withdraw(documents=documents, actor=actor)
    return removed


def _is_below(path: str, folders: Iterable[str]) -> bool:
    return any(folder == "." or path.startswith(f"{folder}/") for folder in folders)


def _batches(ids: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH))


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
        size, limit = file.stat().st_size, settings.MAX_UPLOAD_BYTES
        if size > limit:
            raise DocumentTooLarge(f"The file has {size:,} bytes; the limit is {limit:,}.")
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
