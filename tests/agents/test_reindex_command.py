"""``manage.py reindex``: folders in, changes followed, versions switched."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from agents.models import Document
from agents.retrieval.models import Chunk, IndexVersion
from aurora_site.accounts.models import Membership

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "leave.md").write_text("# Leave\n\nYou get 25 days.")
    (tmp_path / "notes.txt").write_text("The kitchen is on floor two.")
    (tmp_path / "broken.pdf").write_bytes(b"no pdf")
    (tmp_path / ".hidden.md").write_text("# Hidden")
    return tmp_path


def reindex(editor: Membership, *arguments: str) -> None:
    call_command("reindex", "--organization", str(editor.organization_id), *arguments)


def paths() -> list[str]:
    return list(Document.objects.filter(state="indexed").order_by("path").values_list("path", flat=True))


def test_a_folder_is_taken_in_and_broken_files_are_named(
    editor: Membership, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reindex(editor, "--source", str(folder))
    assert paths() == ["notes.txt", "policies/leave.md"]
    output = capsys.readouterr()
    assert "broken.pdf" in output.err
    assert "2 documents" in output.out


def test_changed_and_vanished_files_are_followed(editor: Membership, folder: Path) -> None:
    reindex(editor, "--source", str(folder))
    (folder / "policies" / "leave.md").write_text("# Leave\n\nYou get 30 days.")
    (folder / "notes.txt").unlink()
    reindex(editor, "--source", str(folder))
    assert paths() == ["policies/leave.md"]
    assert "30 days" in Chunk.objects.get(path="policies/leave.md").text


def test_a_second_folder_stands_beside_the_first(editor: Membership, folder: Path, tmp_path_factory) -> None:
    reindex(editor, "--source", str(folder))
    second = tmp_path_factory.mktemp("second")
    (second / "travel.md").write_text("# Travel\n\nBook trains early.")
    reindex(editor, "--source", str(second))
    assert paths() == ["notes.txt", "policies/leave.md", "travel.md"]


def test_links_out_of_the_folder_are_not_followed(editor: Membership, folder: Path, tmp_path_factory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "secret.md"
    outside.write_text("# Secret\n\nDo not read.")
    (folder / "link.md").symlink_to(outside)
    reindex(editor, "--source", str(folder))
    assert paths() == ["notes.txt", "policies/leave.md"]


def test_rebuild_switches_and_activate_switches_back(editor: Membership, folder: Path) -> None:
    reindex(editor, "--source", str(folder))
    first = IndexVersion.objects.get(state="active").name
    reindex(editor, "--rebuild")
    second = IndexVersion.objects.get(state="active").name
    assert second != first
    reindex(editor, "--activate", first)
    assert IndexVersion.objects.get(state="active").name == first


def test_senseless_arguments_are_refused(editor: Membership, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="not a folder"):
        reindex(editor, "--source", str(tmp_path / "missing"))
    with pytest.raises(CommandError, match="no organisation 'nobody'"):
        call_command("reindex", "--organization", "nobody")
    with pytest.raises(CommandError, match="no index version 'v99'"):
        reindex(editor, "--activate", "v99")
