"""Production refuses to start on what isn't safe."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from aurora_site.checks import weak
from tests.live import ROOT, environment

SOUND = "3f1c9a7be2d04586a9c31e7f0b8d6254"


def check(tmp_path: Path, **extra: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT, env=environment(tmp_path, 1, AURORA_ENV="production", **extra),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("extra", "identifier"),
    [
        ({"AURORA_SECRET_KEY": "0aB-x"}, "aurora.E001"),
        ({"AURORA_HMAC_KEY": "changeme-changeme-changeme-changeme"}, "aurora.E002"),
        ({"INTERNAL_API_SECRET": "a" * 64}, "aurora.E003"),
        ({"AURORA_LEDGER_SIGNING_KEY": "a" * 64}, "aurora.E015"),
        ({"AURORA_DEMO": "1"}, "aurora.E005"),
        ({"AURORA_ADMIN_PASSWORD": "0aB-x"}, "aurora.E006"),
    ],
)
def test_an_unsafe_setting_stops_every_command(tmp_path: Path, extra: dict[str, str], identifier: str) -> None:
    result = check(tmp_path, **extra)
    assert result.returncode == 1
    assert identifier in result.stderr
    assert all(value not in result.stderr for name, value in extra.items() if name != "AURORA_DEMO")


def test_sound_settings_pass(tmp_path: Path) -> None:
    result = check(tmp_path, AURORA_SECRET_KEY=SOUND, AURORA_HMAC_KEY=SOUND[::-1], INTERNAL_API_SECRET=SOUND)
    assert (result.returncode, "ERRORS" in result.stderr) == (0, False), result.stderr


def test_generated_secrets_pass_and_are_private(tmp_path: Path) -> None:
    assert check(tmp_path).returncode == 0
    assert (tmp_path / "home" / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_the_application_itself_refuses_too(tmp_path: Path) -> None:
    variables = environment(tmp_path, 1, AURORA_ENV="production", AURORA_SECRET_KEY="short")
    result = subprocess.run(
        [sys.executable, "-c", "import aurora_site.asgi"], cwd=ROOT, env=variables, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert result.returncode == 1
    assert "ImproperlyConfigured: AURORA_SECRET_KEY is a default or shorter" in result.stderr


def test_old_names_are_said(tmp_path: Path) -> None:
    result = check(tmp_path, CHROMA_RESET="1")
    assert "CHROMA_RESET is an old name; it acts as AURORA_INDEX_RESET" in result.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root can write everywhere")
def test_a_home_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    result = check(tmp_path)
    assert "aurora.W002" in result.stderr


@pytest.mark.parametrize(
    ("secret", "expected"), [("", True), ("x" * 64, True), (SOUND, False), (SOUND[:31], True), ("secret-key" * 5, True)]
)
def test_weak_secrets(secret: str, expected: bool) -> None:
    assert weak(secret) is expected
