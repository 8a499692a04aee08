"""Lists take the same number of queries however long they are."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from learning.models import ResourceSkill, RoleSkill, SkillPrerequisite
from learning.selectors import catalogue as selectors
from tests.factories.accounts import member_factory
from tests.factories.learning import LearnerFactory, PlanFactory, ResourceFactory, RoleFactory, SkillFactory

pytestmark = pytest.mark.django_db
PATHS = ["learners", "skills", "roles", "resources", "plans"]


def fill(organization):
    before, skill = SkillFactory(organization=organization), SkillFactory(organization=organization)
    SkillPrerequisite.objects.create(skill=skill, prerequisite=before)
    role = RoleFactory(organization=organization)
    RoleSkill.objects.create(role=role, skill=skill, level=0.5)
    ResourceSkill.objects.create(resource=ResourceFactory(organization=organization), skill=skill, gain=0.5)
    PlanFactory(learner=LearnerFactory(organization=organization, role=role), role=role)


@pytest.mark.parametrize("path", PATHS)
def test_a_longer_list_takes_no_more_queries(client_of, path):
    admin = member_factory(role="admin")
    client = client_of(admin)
    fill(admin.organization)
    client.get(f"/api/v1/learning/{path}")
    with CaptureQueriesContext(connection) as few:
        assert client.get(f"/api/v1/learning/{path}").json()["total"] in (1, 2)
    for _ in range(9):
        fill(admin.organization)
    with CaptureQueriesContext(connection) as many:
        assert client.get(f"/api/v1/learning/{path}").json()["total"] in (10, 20)

    assert len(many) == len(few)


def test_the_graph_takes_two_queries(django_assert_num_queries):
    organization = member_factory().organization
    for _ in range(10):
        fill(organization)

    with django_assert_num_queries(2):
        found = [len(skill.prerequisite_links.all()) for skill in selectors.skills(organization.pk)]

    assert sorted(found) == [0] * 10 + [1] * 10
