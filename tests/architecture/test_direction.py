"""What import-linter can't see: foreign keys, migrations and packages keep the direction of the layers too."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db.migrations.loader import MigrationLoader

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("aurora_site", "agents", "incidents", "learning", "audit")
# Apps from the bottom up; an app may point at its own level and below. Django's own apps are below everything.
LEVELS = {
    "core": 0,
    "audit": 1,
    "accounts": 2,
    "retrieval": 3,
    "agents": 4,
    "learning": 5,
    "incidents": 5,
    "ops": 6,
    "demo": 6,
    "links": 6,
}
SIBLINGS = {frozenset({"learning", "incidents"}), frozenset({"retrieval", "agents"})}


def allowed(source: str, target: str) -> bool:
    if source == target or target not in LEVELS:
        return True
    return LEVELS[target] < LEVELS[source] and frozenset({source, target}) not in SIBLINGS


def test_every_app_of_ours_has_a_level() -> None:
    ours = {config.label for config in apps.get_app_configs() if config.name.split(".")[0] in PACKAGES}
    assert ours == set(LEVELS)


def test_foreign_keys_point_down() -> None:
    upward = [
        f"{model._meta.label}.{field.name} -> {field.related_model._meta.label}"
        for model in apps.get_models()
        if model._meta.app_label in LEVELS
        for field in model._meta.get_fields()
        if field.is_relation
        and field.concrete
        and not allowed(model._meta.app_label, field.related_model._meta.app_label)
    ]
    assert upward == []


def test_the_ledger_has_no_foreign_keys_to_other_apps() -> None:
    targets = {
        field.related_model._meta.app_label
        for model in apps.get_app_config("audit").get_models()
        for field in model._meta.get_fields()
        if field.is_relation
    }
    assert targets == {"audit"}


def test_migration_dependencies_point_down() -> None:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    upward = [
        f"{app}.{name} -> {dependency}"
        for (app, name), migration in loader.disk_migrations.items()
        if app in LEVELS
        for dependency, _ in migration.dependencies
        if not allowed(app, dependency)
    ]
    assert upward == []


def test_the_packages_on_disk_are_those_that_the_linter_knows() -> None:
    on_disk = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert on_disk == set(PACKAGES)


def test_every_folder_of_code_is_a_package() -> None:
    bare = [
        str(path.parent.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if not (path.parent / "__init__.py").exists()
    ]
    assert bare == []


# Modules that may read an organisation's rows through the plain manager: writes by primary key, and what serves the
# whole installation.
PLAIN_MANAGER_ALLOWED = {
    "agents/catalog/selectors.py": "built-in agents belong to no organisation",
    "agents/catalog/services.py": "mirrors the built-in agents",
    "agents/chat/erasure.py": "a person is erased in all organisations",
    "agents/knowledge/erasure.py": "a person is erased in all organisations",
    "agents/runs/erasure.py": "a person is erased in all organisations",
    "incidents/erasure.py": "a person is erased in all organisations",
    "learning/erasure.py": "a person is erased in all organisations",
    "agents/knowledge/questions.py": "what is old is forgotten in all organisations",
    "agents/knowledge/selectors.py": "the sweep serves all organisations",
    "agents/knowledge/services.py": "whoever deletes a document has read it for its organisation",
    "agents/knowledge/applying.py": "tasks get an id",
    "agents/knowledge/rebuilding.py": "a rebuild serves all organisations",
    "agents/knowledge/mending.py": "the index of all organisations is mended",
    "agents/runs/ending.py": "runs are ended by primary key",
    "agents/runs/folding.py": "the sweep serves all organisations",
    "agents/runs/leases.py": "a process keeps the runs that it claimed",
    "agents/runs/log.py": "the writer commits by primary key",
    "agents/runs/reaper.py": "the sweep serves all organisations",
    "agents/runs/selectors.py": "a host asks for the runs that wait for its own",
    "agents/runs/services.py": "runs are claimed and cancelled by primary key",
    "agents/runs/turns.py": "the line of a session that was read in scope",
    "agents/api/answers.py": "reads the run that the request made",
    "incidents/intake.py": "an integration is found by the token in its address; the organisation follows from it",
    "incidents/services/snoozing.py": "the sweep serves all organisations",
    "incidents/processing.py": "the sweep serves all organisations",
    "incidents/sweeping.py": "the sweep serves all organisations",
    "incidents/trials_ending.py": "tasks get an id, and the sweep serves all organisations",
    "incidents/selectors.py": "reads the alerts of incidents that were read in scope",
    "incidents/notifications/sending.py": "tasks get an id",
    "incidents/notifications/tasks.py": "the sweep serves all organisations",
    "incidents/subscriptions.py": "tasks get an id, the sweep serves all organisations",
    "learning/nudges/digests.py": "tasks get an id",
    "learning/nudges/gathering.py": "the scan serves all organisations",
    "learning/nudges/making.py": "the scan serves all organisations",
    "learning/nudges/sending.py": "tasks get an id",
    "learning/nudges/stopping.py": "a learner is found by the token in a mail",
    "learning/nudges/tasks.py": "the sweep serves all organisations",
    "learning/nudges/addresses.py": "serves all organisations",
    "learning/selectors/calendars.py": "a calendar is found by the token in its address; the organisation follows from it",
    "aurora_site/demo/loader.py": "serves the installation",
}
SCOPED_METHODS = {"for_organization", "create", "bulk_create", "get_or_create", "update_or_create", "none"}


def plain_reads(path: Path, names: set[str]) -> Iterator[str]:
    """Uses of ``Model.objects.method`` for models that belong to organisations."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute)):
            continue
        model = node.value.value
        if node.value.attr != "objects" or not isinstance(model, ast.Name) or model.id not in names:
            continue
        if node.attr not in SCOPED_METHODS:
            yield f"{path.relative_to(ROOT)}:{node.lineno} {node.value.value.id}.objects.{node.attr}"


def test_rows_of_organisations_are_read_through_for_organization() -> None:
    names = {model.__name__ for model in apps.get_models() if hasattr(model._default_manager, "for_organization")}
    assert {"Run", "Document", "Incident", "Learner"} <= names
    found = [
        line
        for package in ("agents", "incidents", "learning", "aurora_site/demo")
        for path in (ROOT / package).rglob("*.py")
        if "migrations" not in path.parts and str(path.relative_to(ROOT)) not in PLAIN_MANAGER_ALLOWED
        for line in plain_reads(path, names)
    ]
    assert found == []


@pytest.mark.parametrize("module", sorted(PLAIN_MANAGER_ALLOWED))
def test_the_list_of_exceptions_is_not_longer_than_needed(module: str) -> None:
    names = {model.__name__ for model in apps.get_models() if hasattr(model._default_manager, "for_organization")}
    assert list(plain_reads(ROOT / module, names)), f"{module} needs no exception any more"
