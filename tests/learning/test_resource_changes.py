"""Resources are changed by editors, and taken off offer."""

import pytest

from audit.models import Record
from learning.models import Resource
from tests.factories.accounts import member_factory
from tests.factories.learning import ResourceFactory

pytestmark = pytest.mark.django_db
RESOURCES = "/api/v1/learning/resources"


def test_an_editor_takes_a_resource_off_offer(client_of):
    editor = member_factory(role="editor")
    resource = ResourceFactory(organization=editor.organization, rating=4.0)
    client = client_of(editor)

    answer = client.patch(
        f"{RESOURCES}/{resource.pk}", {"offered": False, "minutes": 90, "rating": None}, format="json"
    )
    again = client.patch(f"{RESOURCES}/{resource.pk}", {"offered": False}, format="json")

    assert (answer.status_code, again.status_code) == (200, 200)
    assert (answer.json()["offered"], answer.json()["minutes"], answer.json()["rating"]) == (False, 90, None)
    resource.refresh_from_db()
    assert (resource.offered, resource.minutes, resource.rating) == (False, 90, None)
    assert Record.objects.filter(event="learning.resource_edited").count() == 1


@pytest.mark.parametrize(
    ("body", "field"), [({"minutes": 0}, "minutes"), ({"offered": "no"}, "offered"), ({"rating": 6}, "rating")]
)
def test_what_does_not_fit_changes_nothing(client_of, body, field):
    editor = member_factory(role="editor")
    resource = ResourceFactory(organization=editor.organization)

    answer = client_of(editor).patch(f"{RESOURCES}/{resource.pk}", {"title": "New"} | body, format="json")

    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert Resource.objects.get().title == resource.title


def test_viewers_and_others_change_no_resource(client_of):
    resource = ResourceFactory()
    viewer = member_factory(organization=resource.organization)

    for member, status in ((viewer, 403), (member_factory(role="admin"), 404)):
        answer = client_of(member).patch(f"{RESOURCES}/{resource.pk}", {"offered": False}, format="json")
        assert answer.status_code == status
    assert Resource.objects.get().offered is True
