"""Which documents an installation has after a start: the demo's, or those of SEED_DATA_DIR, and none by surprise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agents.models import Document
from agents.retrieval.models import Chunk
from aurora_site.accounts.services.installation import organization_default_ensure
from aurora_site.demo import loader

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])


@pytest.fixture(autouse=True)
def demo(settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A demo of one document."""
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / "demo.md").write_text("# Demo\n\nThe demo has one document.")
    monkeypatch.setattr(loader, "DOCUMENTS", folder)
    settings.AURORA_DEMO = True
    loader.accounts_prepare()
    return folder


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "own.md").write_text("# Own\n\nThis is our own document.")
    return folder


def start() -> list[str]:
    """What a start does with documents; the paths that are found afterwards."""
    loader.documents_prepare(lambda text: None)
    found = sorted(Document.objects.filter(state="indexed").values_list("path", flat=True))
    assert sorted(set(Chunk.objects.values_list("path", flat=True))) == found
    return found


def test_the_demo_is_there_and_a_second_start_has_nothing_to_do(demo: Path) -> None:
    assert loader.documents_are_current() is False
    assert start() == ["demo.md"]
    assert loader.documents_are_current() is True


def test_seed_data_dir_replaces_the_demo_and_stays_when_it_is_no_longer_named(own: Path, settings: Any) -> None:
    start()
    settings.SEED_DATA_DIR = str(own)
    assert start() == ["own.md"]
    settings.SEED_DATA_DIR = ""
    assert loader.documents_are_current() is True
    assert start() == ["own.md"]


def test_a_changed_file_makes_the_installation_not_current(own: Path, settings: Any) -> None:
    settings.SEED_DATA_DIR = str(own)
    start()
    (own / "own.md").write_text("# Own\n\nThis was changed.")
    assert loader.documents_are_current() is False
    start()
    assert "changed" in Chunk.objects.get().text
    assert loader.documents_are_current() is True


def test_uploads_stay_whatever_the_folder_does(own: Path, settings: Any) -> None:
    from agents.knowledge.services import document_upload

    organization = organization_default_ensure()
    document_upload(organization=organization, actor=None, filename="mine.md", content=b"# Mine\n\nUploaded.")
    assert start() == ["demo.md", "mine.md"]
    settings.SEED_DATA_DIR = str(own)
    assert start() == ["mine.md", "own.md"]


def test_without_auto_ingest_nothing_is_indexed(settings: Any) -> None:
    settings.AURORA_AUTO_INGEST = False
    assert start() == []
    assert Document.objects.get().state == "pending"
