"""The page of services: the list, the drawing, and changes by plain forms."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from incidents.models import Service, ServiceDependency
from tests.factories.accounts import member_factory, session_of
from tests.factories.incidents import AlertFactory, IncidentFactory, ServiceFactory

pytestmark = pytest.mark.django_db
HOSTILE = '<script>alert(1)</script>"' + "x" * 100


@pytest.fixture
def editor():
    return member_factory(role="editor")


@pytest.fixture
def browser(editor):
    return session_of(editor)


def service(member, name):
    return ServiceFactory(organization=member.organization, name=name)


def graph_of(member):
    links = ServiceDependency.objects.filter(caller__organization=member.organization)
    return sorted(links.values_list("caller__name", "callee__name"))


def told(answer):
    return [str(message) for message in answer.context["messages"]]


def test_services_are_listed_and_drawn(browser, editor):
    web, shop = service(editor, "web"), service(editor, HOSTILE)
    ServiceDependency.objects.create(caller=web, callee=shop)
    incident = IncidentFactory(organization=editor.organization)
    AlertFactory(incident=incident, organization=editor.organization, service=web)
    service(member_factory(), "elsewhere")

    answer = browser.get("/services")

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "<script>alert" not in page and "elsewhere" not in page
    assert [row[0].name for row in answer.context["rows"]] == [HOSTILE, "web"]
    drawn = answer.context["drawing"].wide
    assert [(box.name, box.is_alerting) for box in drawn.boxes] == [("web", True), (HOSTILE, False)]
    assert page.count('<svg class="graph-drawing') == 2
    assert "web (alerting) calls" in page


def test_the_number_of_queries_does_not_grow(browser, editor, django_assert_max_num_queries):
    for number in range(12):
        ServiceDependency.objects.create(caller=service(editor, f"a{number}"), callee=service(editor, f"b{number}"))

    with django_assert_max_num_queries(12):
        browser.get("/services")


def test_without_services_the_page_says_so(browser):
    answer = browser.get("/services")

    assert "There are none yet." in answer.content.decode()
    assert answer.context["drawing"] is None


def test_a_service_is_added_changed_and_taken_out(browser, editor):
    shop = service(editor, "shop")

    added = browser.post("/services/create", {"name": "web", "calls": "shop"}, follow=True)
    assert told(added) == ["web is added."]
    assert graph_of(editor) == [("web", "shop")]

    web = Service.objects.get(name="web")
    browser.post("/services/change", {"service": web.pk, "name": "site", "description": "It.", "calls": ""})
    web.refresh_from_db()
    assert (web.name, web.description, graph_of(editor)) == ("site", "It.", [])

    browser.post("/services/delete", {"service": web.pk})
    assert list(Service.objects.values_list("pk", flat=True)) == [shop.pk]


@pytest.mark.parametrize(
    ("action", "form", "text"),
    [
        ("create", {"name": ""}, "Give a name"),
        ("create", {"name": "web"}, "There is a service named web already."),
        ("create", {"name": "new", "calls": "web, gone"}, "There is no service named gone."),
        ("change", {"name": "new", "service": "x"}, "There is no such service."),
        ("delete", {"service": "00000000-0000-0000-0000-000000000000"}, "There is no such service."),
        ("import", {"calls": ""}, "There is nothing in it."),
    ],
)
def test_a_refusal_is_told_and_changes_nothing(browser, editor, action, form, text):
    service(editor, "web")

    answer = browser.post(f"/services/{action}", form, follow=True)

    assert told(answer)[0].startswith(text)
    assert list(Service.objects.values_list("name", flat=True)) == ["web"]


def test_calls_are_imported_from_text_and_from_a_file(browser, editor):
    answer = browser.post("/services/import", {"calls": "web,shop\nweb,web", "form": "csv"}, follow=True)
    assert told(answer) == [
        "1 line not understood. Line 2: web can't call itself.",
        "2 services and 1 call added; 0 calls known before.",
    ]

    metrics = SimpleUploadedFile("metrics.txt", b'calls_total{client="shop",server="cart"} 3\n')
    browser.post("/services/import", {"file": metrics, "form": "metrics"})
    assert graph_of(editor) == [("shop", "cart"), ("web", "shop")]


def test_viewers_look_and_change_nothing():
    viewer = member_factory()
    browser = session_of(viewer)
    service(viewer, "web")

    assert "services/create" not in browser.get("/services").content.decode()
    assert browser.post("/services/create", {"name": "new"}).status_code == 403
    assert list(Service.objects.values_list("name", flat=True)) == ["web"]


def test_strangers_are_led_to_sign_in(client):
    assert client.get("/services").headers["Location"] == "/sign-in?next=%2Fservices"
