"""The service graph by REST."""

import pytest
from rest_framework.test import APIClient

from audit.models import Record
from incidents.models import Service, ServiceDependency
from tests.factories.accounts import member_factory
from tests.factories.incidents import ServiceFactory

pytestmark = pytest.mark.django_db
SERVICES = "/api/v1/services"


def test_an_editor_creates_a_service_with_what_it_calls(client_of):
    editor = member_factory(role="editor")
    database = ServiceFactory(organization=editor.organization, name="database")

    answer = client_of(editor).post(
        SERVICES, {"name": "web", "description": "The shop.", "dependencies": [str(database.pk)]}, format="json"
    )

    assert answer.status_code == 201
    web = Service.objects.get(name="web")
    assert answer.json() == {
        "id": str(web.pk),
        "name": "web",
        "description": "The shop.",
        "dependencies": [str(database.pk)],
    }
    assert client_of(editor).get(f"{SERVICES}/{web.pk}").json() == answer.json()
    assert Record.objects.get(event="incidents.service_created").subject_id == str(web.pk)


def test_services_are_listed_by_name_with_what_they_call(client_of):
    viewer = member_factory()
    web = ServiceFactory(organization=viewer.organization, name="web")
    cache = ServiceFactory(organization=viewer.organization, name="cache")
    ServiceDependency.objects.create(caller=web, callee=cache)
    ServiceFactory(name="elsewhere")

    body = client_of(viewer).get(SERVICES).json()

    assert body["total"] == 2
    assert [(service["name"], service["dependencies"]) for service in body["services"]] == [
        ("cache", []),
        ("web", [str(cache.pk)]),
    ]


def test_a_name_is_taken_once(client_of):
    editor = member_factory(role="editor")
    ServiceFactory(organization=editor.organization, name="web")

    answer = client_of(editor).post(SERVICES, {"name": "web"}, format="json")

    assert answer.status_code == 409
    assert list(answer.json()["fields"]) == ["name"]
    assert Service.objects.count() == 1


def test_a_dependency_of_another_organisation_is_refused(client_of):
    body = {"name": "web", "dependencies": [str(ServiceFactory().pk)]}

    answer = client_of(member_factory(role="editor")).post(SERVICES, body, format="json")

    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["dependencies"]
    assert not Service.objects.filter(name="web").exists()


@pytest.mark.parametrize("name", ["unknown", "", "nul\x00", "x" * 201, ["web"]])
def test_a_name_that_can_not_be_is_refused(client_of, name):
    answer = client_of(member_factory(role="editor")).post(SERVICES, {"name": name}, format="json")

    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["name"]
    assert not Service.objects.exists()


def test_who_may_not_is_refused(client_of):
    elsewhere = ServiceFactory()
    viewer = client_of(member_factory(role="viewer"))

    assert viewer.post(SERVICES, {"name": "web"}, format="json").status_code == 403
    assert viewer.get(f"{SERVICES}/{elsewhere.pk}").status_code == 404
    assert APIClient().get(SERVICES).status_code == 401
    assert APIClient().post(SERVICES, {"name": "web"}, format="json").status_code == 401
    assert list(Service.objects.all()) == [elsewhere]
