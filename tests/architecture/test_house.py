"""The house keeps its own rules: configuration documented, errors mapped, events known."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from agents.retrieval import errors as retrieval_errors
from agents.retrieval import loading_errors
from aurora_site.api.errors import DOMAIN_ERRORS
from aurora_site.core import env
from aurora_site.core.configuration import document
from incidents import errors as incident_errors
from learning import errors as learning_errors

ROOT = Path(__file__).resolve().parents[2]


def test_the_configuration_page_is_current() -> None:
    assert (ROOT / "docs" / "configuration.md").read_text() == document()


def test_variables_are_read_through_env_alone() -> None:
    readers = [
        str(path.relative_to(ROOT))
        for package in ("aurora_site", "agents", "audit", "learning", "incidents")
        for path in (ROOT / package).rglob("*.py")
        if "os.environ[" in path.read_text() or "os.getenv(" in path.read_text() or "environ.get(" in path.read_text()
    ]
    allowed = {
        "aurora_site/core/variable.py",
        "aurora_site/settings/test.py",
        "aurora_site/core/cluster.py",
        "aurora_site/core/env.py",
    }
    assert set(readers) <= allowed, set(readers) - allowed


def test_every_example_variable_is_declared() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    named = {line.lstrip("#").split("=")[0] for line in lines if "=" in line and not line.startswith("# ")}
    assert named <= set(env.VARIABLES)


@pytest.mark.parametrize("module", [retrieval_errors, loading_errors, incident_errors, learning_errors])
def test_every_refusal_of_the_apps_has_a_status(module: object) -> None:
    bases = {"RetrievalError", "LoadingError", "IncidentError", "LearningError"}
    unmapped = [
        name
        for name, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, Exception) and name not in bases and kind not in DOMAIN_ERRORS
    ]
    assert unmapped == []


def test_the_readme_names_only_events_routes_and_files_that_exist() -> None:
    readme = (ROOT / "README.md").read_text()
    for name in ("docs/configuration.md", "docs/adr", "CONTRIBUTING.md", "LICENSE", "requirements/mysql.txt"):
        assert name in readme
        assert (ROOT / name).exists()
