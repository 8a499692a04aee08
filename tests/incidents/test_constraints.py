"""What the database itself refuses."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from incidents.models import Incident, ServiceDependency
from tests.factories.incidents import AlertFactory, IncidentFactory, ServiceFactory

pytestmark = pytest.mark.django_db


def refused(make, **values):
    with pytest.raises(IntegrityError), transaction.atomic():
        make(**values)


@pytest.mark.parametrize(
    ("make", "values"),
    [
        (IncidentFactory, {"status": "closed"}),
        (IncidentFactory, {"aurora_status": "summarizing"}),
        (IncidentFactory, {"severity": "bad"}),
        (IncidentFactory, {"active_tab": "logs"}),
        (IncidentFactory, {"status": "merged"}),
        (IncidentFactory, {"status": "resolved"}),
        (AlertFactory, {"status": "acknowledged"}),
        (AlertFactory, {"severity": "bad"}),
    ],
)
def test_values_that_are_not_known_are_refused(make, values):
    refused(make, **values)
    assert not make._meta.model.objects.exists()


def test_only_a_merged_incident_names_another_and_never_itself():
    target, other = IncidentFactory(), IncidentFactory()

    refused(IncidentFactory, merged_into=target)
    with pytest.raises(IntegrityError), transaction.atomic():
        Incident.objects.filter(pk=other.pk).update(status="merged", merged_into=other)
    Incident.objects.filter(pk=other.pk).update(status="merged", merged_into=target)
    other.refresh_from_db()
    assert other.merged_into == target


def test_a_service_name_is_taken_once_in_an_organisation():
    service = ServiceFactory(name="web")

    refused(ServiceFactory, organization=service.organization, name="web")
    assert ServiceFactory(name="web").organization != service.organization


def test_a_dependency_is_once_and_never_of_itself():
    caller = ServiceFactory()
    callee = ServiceFactory(organization=caller.organization)
    ServiceDependency.objects.create(caller=caller, callee=callee)
    ServiceDependency.objects.create(caller=callee, callee=caller)

    refused(ServiceDependency.objects.create, caller=caller, callee=callee)
    refused(ServiceDependency.objects.create, caller=caller, callee=caller)


def test_a_dependency_across_organisations_does_not_validate():
    with pytest.raises(ValidationError, match="different organisations"):
        ServiceDependency(caller=ServiceFactory(), callee=ServiceFactory()).clean()
