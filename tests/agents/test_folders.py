"""Folders of documents: taken in whole, again without work, and further after a stop; each file by itself."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest

from agents.knowledge.folders import FolderImport, folder_import, folder_is_current
from agents.knowledge.models import Document
from audit.models import Record
from aurora_site.accounts.models import Membership

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "documents"
    for number in range(30):
        file = root / f"part-{number % 3}" / f"note-{number:02}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"# Note {number}\n\nThe value is {number}.\n")
    return root


def taken(editor: Membership, folder: Path, **options: object) -> FolderImport:
    return folder_import(organization=editor.organization, actor=editor.user, folder=folder, **options)


def paths() -> list[str]:
    return list(Document.objects.exclude(state="deleting").order_by("path").values_list("path", flat=True))


def test_a_folder_comes_in_and_then_only_what_changed(editor: Membership, folder: Path) -> None:
    steps: list[tuple[int, int]] = []
    assert taken(editor, folder, progress=lambda done, total: steps.append((done, total))) == FolderImport(added=30)
    assert steps == [(done, 30) for done in range(1, 31)]
    records = Record.objects.count()
    assert taken(editor, folder) == FolderImport(unchanged=30)
    assert Record.objects.count() == records

    changed = folder / "part-0" / "note-00.md"
    before = changed.stat()
    changed.write_text("# Note 0\n\nThe value is 9.\n")
    os.utime(changed, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert changed.stat().st_size == before.st_size
    (folder / "part-1" / "note-01.md").unlink()
    assert taken(editor, folder) == FolderImport(added=1, unchanged=28, removed=1)
    assert Document.objects.get(path="part-0/note-00.md").source_text == "# Note 0\n\nThe value is 9.\n"
    assert "part-1/note-01.md" not in paths()


def test_stopped_half_way_the_next_call_goes_on(editor: Membership, folder: Path) -> None:
    def stop(done: int, total: int) -> None:
        if done == 12:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        taken(editor, folder, progress=stop)
    assert len(paths()) == 12
    assert taken(editor, folder) == FolderImport(added=18, unchanged=12)


def test_files_that_cannot_be_read_are_named_and_do_not_stop_the_others(
    editor: Membership, folder: Path, settings: object
) -> None:
    settings.MAX_UPLOAD_BYTES = 1000  # type: ignore[attr-defined]
    (folder / "a.pdf").write_bytes(b"no pdf")
    (folder / "b.md").write_bytes(b"")
    (folder / "large.txt").write_bytes(b"x" * 1001)
    (folder / "c\x07.md").write_text("text")
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.md")).write_text("text")
    (folder / "program.exe").write_bytes(b"MZ")
    (folder / ".hidden.md").write_text("text")
    (folder / "out.md").symlink_to("/etc/hostname")
    (folder / "lost.md").symlink_to(folder / "nowhere")
    result = taken(editor, folder)
    assert result.added == 30
    assert sorted(result.refused) == ["?.md", "a.pdf", "b.md", "c\x07.md", "large.txt"]
    assert "1,001 bytes" in result.refused["large.txt"]
    assert "isn't a PDF" in result.refused["a.pdf"]


def test_names_in_either_unicode_form_are_one_path(editor: Membership, folder: Path) -> None:
    (folder / unicodedata.normalize("NFD", "Übersicht.md")).write_text("text")
    assert taken(editor, folder).added == 31
    assert taken(editor, folder) == FolderImport(unchanged=31)
    assert "Übersicht.md" in paths()
    assert not folder_is_current(organization=editor.organization, folder=folder)
    Document.objects.update(state="indexed")
    assert folder_is_current(organization=editor.organization, folder=folder)


def test_documents_of_a_folder_that_cannot_be_listed_stay(
    editor: Membership, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken(editor, folder)
    scandir = os.scandir

    def denied(path: str) -> object:
        if str(path).endswith("part-2"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", denied)
    result = taken(editor, folder)
    assert (result.unchanged, result.removed) == (20, 0)
    assert result.refused == {"part-2": "The folder can't be listed: Permission denied."}
    assert len(paths()) == 30


def test_an_unlisted_folder_is_no_folder(editor: Membership, tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError):
        taken(editor, tmp_path / "missing")


def test_a_folder_says_which_documents_of_elsewhere_it_replaced(
    editor: Membership, folder: Path, tmp_path: Path
) -> None:
    taken(editor, folder)
    other = tmp_path / "other"
    (other / "part-0").mkdir(parents=True)
    (other / "part-0" / "note-00.md").write_text("# Note\n\nAnother value.\n")
    (other / "new.md").write_text("# New\n\nText.\n")
    assert taken(editor, other) == FolderImport(added=2, replaced=["part-0/note-00.md"])
    assert taken(editor, other) == FolderImport(unchanged=2)
