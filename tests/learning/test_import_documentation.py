"""The examples of docs/learning/imports.md can be imported as they stand there."""

import re
from pathlib import Path

import pytest

from learning.models import Completion, Evidence, ResourceSkill, RoleSkill, SkillPrerequisite
from learning.services.imports import file_import
from tests.factories.accounts import organization_factory
from tests.factories.learning import LearnerFactory

pytestmark = pytest.mark.django_db
PAGE = Path(__file__).resolve().parents[2] / "docs" / "learning" / "imports.md"


def test_the_examples_run():
    organization = organization_factory()
    LearnerFactory(organization=organization, email="ann@example.com")
    examples = re.findall(r"^```\n(.*?)```", PAGE.read_text(), re.MULTILINE | re.DOTALL)[1:]

    for kind, text in zip(("skills", "roles", "catalog", "progress"), examples, strict=True):
        imported = file_import(
            organization_id=organization.pk, actor_id="", kind=kind, content=text.encode(), form="csv"
        )
        assert imported.rows == text.count("\n") - 1

    rows = (SkillPrerequisite, RoleSkill, ResourceSkill, Completion, Evidence)
    assert [model.objects.count() for model in rows] == [3, 2, 2, 1, 3]
