"""Peers in virtual environments of their own under ``.bench``, at pinned versions, made when they are first needed."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

from tests.live import ROOT


def python_with(name: str, *requirements: str, size: str) -> Path:
    """The Python of an environment that has the requirements. Raises CalledProcessError when they can't be had."""
    folder = ROOT / ".bench" / name
    if not (folder / "complete").exists():
        print(f"Installing {' '.join(requirements)} into {folder} ({size})", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *requirements], check=True)
        (folder / "complete").touch()
    return folder / "bin" / "python"
