"""Services and which call which: changed by people, imported and exported."""

import io
import json
import time

import pytest
from django.core.management import CommandError, call_command

from audit.models import Record
from incidents.graph_calls import calls_of_csv, calls_of_exposition
from incidents.models import Incident, Service, ServiceDependency
from tests.factories.accounts import member_factory
from tests.factories.incidents import IncidentFactory, ServiceFactory

pytestmark = pytest.mark.django_db
SERVICES = "/api/v1/services"


@pytest.fixture
def editor():
    return member_factory(role="editor")


@pytest.fixture
def api(client_of, editor):
    return client_of(editor)


def graph_of(member):
    links = ServiceDependency.objects.filter(caller__organization=member.organization)
    return sorted(links.values_list("caller__name", "callee__name"))


def names_of(member):
    return sorted(Service.objects.for_organization(member.organization_id).values_list("name", flat=True))


def imported(api, body, content_type="text/csv"):
    answer = api.generic("POST", f"{SERVICES}/import", body, content_type=content_type)
    assert answer.status_code == 200, answer.content
    return answer.json()


def counts(result):
    return result["servicesAdded"], result["dependenciesAdded"], result["unchanged"], result["refusedCount"]


def last_record():
    return Record.objects.filter(event__startswith="incidents.service").latest("id")


def data_of(record):
    return json.loads(bytes(record.body))["data"]


def test_a_service_is_renamed_and_gets_other_calls(api, editor):
    web, shop, cart = (ServiceFactory(organization=editor.organization, name=name) for name in ("web", "shop", "cart"))
    ServiceDependency.objects.create(caller=web, callee=shop)

    answer = api.patch(f"{SERVICES}/{web.pk}", {"name": "site", "dependencies": [str(cart.pk)]}, format="json")

    assert answer.status_code == 200
    assert answer.json() == {"id": str(web.pk), "name": "site", "description": "", "dependencies": [str(cart.pk)]}
    assert graph_of(editor) == [("site", "cart")]
    assert data_of(last_record()) == {
        "name": "site",
        "changed": ["dependencies", "name"],
        "dependencies": [str(cart.pk)],
    }


def test_what_is_equal_already_leaves_no_record(api, editor):
    web = ServiceFactory(organization=editor.organization, name="web")

    assert api.patch(f"{SERVICES}/{web.pk}", {"name": "web"}, format="json").status_code == 200
    assert not Record.objects.filter(event="incidents.service_updated").exists()


def test_all_calls_of_a_service_are_put(api, editor):
    web, shop = (ServiceFactory(organization=editor.organization, name=name) for name in ("web", "shop"))
    path = f"{SERVICES}/{web.pk}/dependencies"

    assert api.put(path, {"dependencies": [str(shop.pk)]}, format="json").json()["dependencies"] == [str(shop.pk)]
    assert graph_of(editor) == [("web", "shop")]
    assert api.put(path, {"dependencies": []}, format="json").json()["dependencies"] == []
    assert graph_of(editor) == []


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"name": "shop"}, 409, "ALREADY_EXISTS"),
        ({"name": "unknown"}, 400, "VALIDATION_ERROR"),
        ({"dependencies": ["itself"]}, 400, "VALIDATION_ERROR"),
        ({"dependencies": ["elsewhere"]}, 400, "VALIDATION_ERROR"),
        ({}, 400, "VALIDATION_ERROR"),
    ],
)
def test_a_change_that_can_not_be_changes_nothing(api, editor, change, status, code):
    web = ServiceFactory(organization=editor.organization, name="web")
    shop = ServiceFactory(organization=editor.organization, name="shop")
    ServiceDependency.objects.create(caller=web, callee=shop)
    ids = {"itself": str(web.pk), "elsewhere": str(ServiceFactory().pk)}
    change = {name: [ids[one] for one in value] if name == "dependencies" else value for name, value in change.items()}

    answer = api.patch(f"{SERVICES}/{web.pk}", change, format="json")

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert graph_of(editor) == [("web", "shop")]
    assert not Record.objects.filter(event="incidents.service_updated").exists()


def test_a_deleted_service_leaves_its_incidents(api, editor):
    web = ServiceFactory(organization=editor.organization, name="web")
    incident = IncidentFactory(organization=editor.organization, service=web)

    assert api.delete(f"{SERVICES}/{web.pk}").status_code == 204
    assert Incident.objects.get(pk=incident.pk).service is None
    assert last_record().event == "incidents.service_deleted"
    assert data_of(last_record()) == {"name": "web"}


@pytest.mark.parametrize("method", ["patch", "delete", "put"])
def test_services_of_elsewhere_are_not_found(api, method):
    elsewhere = ServiceFactory(name="elsewhere")
    path = f"{SERVICES}/{elsewhere.pk}" + ("/dependencies" if method == "put" else "")

    answer = getattr(api, method)(path, {"name": "mine", "dependencies": []}, format="json")

    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    assert Service.objects.get(pk=elsewhere.pk).name == "elsewhere"


@pytest.mark.parametrize("path", ["", "/import"])
def test_viewers_change_nothing(client_of, path):
    viewer = member_factory()

    answer = client_of(viewer).post(SERVICES + path, {"name": "web", "csv": "a,b"}, format="json")

    assert answer.status_code == 403
    assert names_of(viewer) == []


def test_an_edge_list_is_imported_and_said_line_by_line(api, editor):
    ServiceFactory(organization=editor.organization, name="web")
    text = "\ufeffcaller,callee\r\nweb,shop\r\n\r\nweb,web\r\nshop,unknown\r\na,b,c\r\ncart,\r\nweb,shop\r\n,x\r\n"

    result = imported(api, text.encode())

    assert counts(result) == (2, 1, 1, 4)
    assert result["refused"] == [
        {"line": 4, "reason": "web can't call itself."},
        {"line": 5, "reason": '"unknown" means no service.'},
        {"line": 6, "reason": "More than two cells; give caller,callee."},
        {"line": 9, "reason": "A name is missing."},
    ]
    assert (names_of(editor), graph_of(editor)) == (["cart", "shop", "web"], [("web", "shop")])
    assert data_of(last_record()) == {"format": "csv", "services": 2, "dependencies": 1, "refused": 4}


def test_capitals_do_not_make_another_service(api, editor):
    ServiceFactory(organization=editor.organization, name="Web")

    assert counts(imported(api, "web,shop\nSHOP,cart\nShop,shop")) == (2, 2, 0, 1)
    assert names_of(editor) == ["Web", "cart", "shop"]


def test_importing_again_changes_nothing(api, editor):
    imported(api, "web,shop\nshop,cart")

    assert counts(imported(api, "web,shop\nshop,cart")) == (0, 0, 2, 0)
    assert Record.objects.filter(event="incidents.services_imported").count() == 1


def test_an_adjacency_matrix_is_imported(api, editor):
    result = imported(api, ",web,shop,cart\nweb,0.0,1.0,1.0\nshop,0,0,1\ncart,0,0\nother,0,x,0\n")

    assert counts(result) == (3, 3, 0, 2)
    assert graph_of(editor) == [("shop", "cart"), ("web", "cart"), ("web", "shop")]
    assert result["refused"] == [
        {"line": 4, "reason": "2 numbers for 3 columns."},
        {"line": 5, "reason": "A cell isn't a number."},
    ]


def test_json_of_edges_and_series_is_imported(api, editor):
    def posted(body):
        return counts(api.post(f"{SERVICES}/import", body, format="json").json())

    assert posted({"edges": [{"caller": "web", "callee": "shop"}, {"caller": "alone"}]}) == (3, 1, 0, 0)
    series = [
        {"client": "shop", "server": "cart"},
        {"metric": {"source_workload": "cart", "destination_workload": "db"}, "value": [0, "1"]},
        {"job": "node"},
    ]
    assert posted({"series": series}) == (2, 2, 0, 1)
    assert posted({"csv": "web;shop"}) == (0, 0, 1, 0)
    assert graph_of(editor) == [("cart", "db"), ("shop", "cart"), ("web", "shop")]


def test_prometheus_text_is_imported(api, editor):
    text = """\
# TYPE traces_service_graph_request_total counter
traces_service_graph_request_total{client="web",server="shop",connection_type=""} 12
traces_service_graph_request_total{client="web",server="idle"} 0
istio_requests_total{source_workload="shop",destination_workload="cart \\"blue\\"",} 3 1700000000000
istio_requests_total{source_workload="unknown",destination_workload="cart"} 3
up{job="node"} 1
broken{client="a 1
"""

    result = imported(api, text, "text/plain")

    assert counts(result) == (3, 2, 0, 2)
    assert graph_of(editor) == [("shop", 'cart "blue"'), ("web", "shop")]
    assert [one["line"] for one in result["refused"]] == [5, 7]


def test_braces_and_labels_by_the_thousand_are_quick_to_read():
    began = time.monotonic()
    braces = calls_of_exposition("a{" + "}" * 100_000 + " x y")
    spaces = calls_of_exposition("a{" + 'b="c",' * 50_000 + " " * 500_000 + "} 1")
    assert (braces.refused_count, spaces.refused_count, braces.calls, spaces.calls) == (1, 0, [], [])
    assert time.monotonic() - began < 5


def test_a_brace_within_a_label_ends_nothing():
    (call,) = calls_of_exposition('calls{client="a}b",server="c"} 1 1700000000000').calls
    assert (call.caller, call.callee) == ("a}b", "c")


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"", "text/csv", 400),
        (b"a,\xff", "text/csv", 400),
        (b"a,b\x00", "text/csv", 400),
        (b"a,b\n" * 600_000, "text/csv", 413),
        ("\n".join(f"a{number},b" for number in range(10_001)).encode(), "text/csv", 400),
        (b'a,"b\n' + b"x" * 200_000, "text/csv", 400),
        (b"{}", "application/json", 400),
        (b'{"csv": "a,b", "edges": []}', "application/json", 400),
        (b'{"series": [1]}', "application/json", 400),
        (b"a,b", "application/xml", 415),
    ],
)
def test_what_can_not_be_read_is_refused_whole(api, editor, body, content_type, status):
    answer = api.generic("POST", f"{SERVICES}/import", body, content_type=content_type)

    assert answer.status_code == status
    assert names_of(editor) == []


def test_the_export_can_be_imported_and_holds_no_formula(api, editor, client_of):
    imported(api, "web,shop\n=cmd()|x,web\nalone,")
    ServiceFactory(name="elsewhere")

    answer = api.get(f"{SERVICES}/export")

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.content.decode() == "caller,callee\n'=cmd()|x,web\nalone,\nshop,\nweb,shop\n"
    other = member_factory(role="editor")
    assert counts(imported(client_of(other), answer.content)) == (4, 2, 0, 0)
    assert (names_of(other), graph_of(other)) == (names_of(editor), graph_of(editor))


def test_the_command_imports_a_file(editor, tmp_path):
    file = tmp_path / "calls.csv"
    file.write_text("web,shop\nweb,web\n")
    out, err = io.StringIO(), io.StringIO()

    call_command("import_services", str(file), organization=editor.organization.slug, stdout=out, stderr=err)

    assert out.getvalue() == "2 services and 1 call added; 0 calls known before. 1 line refused.\n"
    assert err.getvalue() == "line 2: web can't call itself.\n"
    assert graph_of(editor) == [("web", "shop")]


@pytest.mark.parametrize(
    ("name", "content", "slug", "text"),
    [
        ("gone.csv", None, "", "can't be read"),
        ("odd.csv", b"a,\xff", "", "isn't UTF-8"),
        ("empty.csv", b"", "", "nothing in it"),
        ("calls.csv", b"a,b", "nowhere", "There is no organisation nowhere."),
    ],
)
def test_the_command_says_what_is_wrong(editor, tmp_path, name, content, slug, text):
    if content is not None:
        (tmp_path / name).write_bytes(content)

    with pytest.raises(CommandError, match=text):
        call_command("import_services", str(tmp_path / name), organization=slug or editor.organization.slug)
    assert names_of(editor) == []


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("web,shop\nbroken line\nshop,cart", [2]),
        ("caller,callee\nbroken line", [2]),
        ("broken line\nweb,shop", [1]),
        ("web;shop\nbroken line", [2]),
        ("web\nshop\ncart", []),
        ("web,shop\ncart,", []),
    ],
)
def test_a_line_without_a_comma_among_others_is_refused(text, refused):
    read = calls_of_csv(text)
    assert [line for line, _ in read.refused] == refused
    assert all("no comma" in reason for _, reason in read.refused)
    assert "broken line" not in {call.caller for call in read.calls}
