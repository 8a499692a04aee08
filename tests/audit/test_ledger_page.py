"""The ledger's page: its state, what was recorded lately, and its records, narrowed and paged; and the admin's view of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit import heads, sealing
from audit.models import Record
from audit.services import record
from aurora_site.accounts.models import Membership, Role
from tests.audit.tampering import sql
from tests.factories.accounts import member_factory, session_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Membership:
    return member_factory(role=Role.ADMIN, name="Ada")


@pytest.fixture
def browser(admin: Membership) -> Client:
    """A browser of the administrator's, whose sign-in is the ledger's first record."""
    return session_of(admin)


def records(admin: Membership, count: int, event: str = "test.happened", **told: Any) -> list[Record]:
    organization_id = admin.organization_id
    return [record(event=event, organization_id=organization_id, actor_id=admin.user_id, **told) for _ in range(count)]


def shown(answer: Any) -> str:
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def listed(answer: Any) -> list[Record]:
    return [row.record for row in answer.context["records"]]


def test_it_lists_the_organisations_records_and_how_they_stand(admin: Membership, browser: Client) -> None:
    first = records(admin, 2)
    record(event="test.elsewhere", organization_id=member_factory().organization_id)
    sealing.seal_all()
    (last,) = records(admin, 1, "test.later")
    answer = browser.get("/ledger")
    text = shown(answer)
    assert listed(answer)[:3] == [last, *reversed(first)]
    standings = [(row.seq, str(row.standing)) for row in answer.context["records"]]
    assert standings[:3] == [(None, "waiting"), (2, "verified"), (1, "verified")]
    assert "by you" not in text and "<td>you</td>" in text
    assert "4 records of the installation" in text and "in heads.jsonl, up to the last record" in text
    assert "1 record, the oldest for" in text
    assert "elsewhere" not in text
    assert '<a href="/ledger" aria-current="page">Ledger</a>' in text


def test_records_a_day_are_counted_by_area_and_drawn(admin: Membership, browser: Client) -> None:
    records(admin, 3)
    records(admin, 1, "agents.run_cancel_requested")
    activity = browser.get("/ledger").context["activity"]
    rows = {row.area: row for row in activity.rows}
    assert (rows["test"].total, rows["agents"].total, activity.most) == (3, 1, 3)
    (most,), (least,) = rows["test"].bars, rows["agents"].bars
    assert (most.place, most.height, most.top) == (29, 24, 0)
    assert (least.place, least.height, least.count) == (29, 8, 1)
    assert rows["test"].events == {"test.happened": 3}


def test_the_waits_of_the_last_seals_are_drawn(admin: Membership, browser: Client) -> None:
    for _ in range(3):
        records(admin, 2)
        sealing.seal_all()
    times = browser.get("/ledger").context["seal_times"]
    assert len(times.bars) == 3
    assert 0 < times.latest <= times.longest < 10


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("event=test.", 3), ("event=test.happened", 2), ("event=nothing.", 0), ("q=kettle", 1), ("trace_id=abc", 1),
        ("subject_type=run&subject_id=7", 1), ("since=2000-01-01&until=2000-01-02", 0), ("event=test.*&since=2000-01-01", 3),
    ],
)  # fmt: skip
def test_the_list_is_narrowed(admin: Membership, browser: Client, query: str, found: int) -> None:
    records(admin, 1, trace_id="abc", subject=("run", "7"))
    records(admin, 1, personal={"note": "Descale the kettle."})
    records(admin, 1, "test.other")
    answer = browser.get(f"/ledger?{query}")
    assert len(listed(answer)) == found
    assert f"/admin/audit/export?{query.replace('*', '%2A')}" in shown(answer).replace("&amp;", "&")


@pytest.mark.parametrize(
    ("query", "field"), [("since=yesterday", "since"), ("cursor=x", "cursor"), ("event=a*b", "event"), ("q=%00", "q")]
)
def test_a_filter_that_cannot_be_is_named(admin: Membership, browser: Client, query: str, field: str) -> None:
    answer = browser.get(f"/ledger?{query}")
    assert f"{field}: Give " in shown(answer)
    assert listed(answer) == []


def test_pages_follow_each_other_without_gaps_while_records_are_written(admin: Membership, browser: Client) -> None:
    rows = records(admin, 110)
    seen: list[Record] = []
    address = "?event=test.happened"
    while address:
        answer = browser.get(f"/ledger{address}", headers={"HX-Request": "true"})
        seen += listed(answer)
        records(admin, 1, "test.meanwhile")
        address = f"?{answer.context['further']}" if answer.context["further"] else ""
    assert seen == rows[::-1]


def test_only_administrators_read_it(admin: Membership) -> None:
    for role in (Role.VIEWER, Role.EDITOR):
        member = session_of(member_factory(admin.organization, role))
        assert member.get("/ledger").status_code == 403
        assert member.post("/ledger/verify").status_code == 403
        assert 'href="/ledger"' not in member.get("/conversations").content.decode()
    assert Client().get("/ledger", REMOTE_ADDR="203.0.113.7")["Location"] == "/sign-in?next=%2Fledger"


def test_the_button_verifies_the_organisations_records(admin: Membership, browser: Client) -> None:
    records(admin, 2)
    record(event="test.elsewhere", organization_id=member_factory().organization_id)
    sealing.seal_all()
    records(admin, 1)
    whole = browser.post("/ledger/verify")
    part = browser.post("/ledger/verify", headers={"HX-Request": "true"})
    assert "<html" in shown(whole) and "<html" not in shown(part)
    for answer in (whole, part):
        assert (answer.context["outcome"].report.state, answer.context["outcome"].report.checked) == ("sound", 4)
        assert "<strong>Sound.</strong> 4 records of Example are as written, in the signed tree of 4 leaves." in shown(
            answer
        )
        assert "1 records wait for the sealer" in shown(answer)


@pytest.mark.usefixtures("triggers_off")
def test_the_button_names_the_first_bad_record_and_none_of_others(admin: Membership, browser: Client) -> None:
    (row,) = records(admin, 1)
    other = record(event="test.elsewhere", organization_id=member_factory().organization_id)
    sealing.seal_all()
    sql("UPDATE audit_record SET code = %s WHERE id = %s", "0" * 64, row.pk.hex)
    text = shown(browser.post("/ledger/verify"))
    assert "The ledger was changed." in text and "is at leaf 1:" in text and f"/ledger/records/{row.pk}" in text
    sql("UPDATE audit_leaf SET hash = %s WHERE record_id = %s", b"\x00" * 32, other.pk.hex)
    sql("UPDATE audit_record SET code = %s WHERE id = %s", row.code, row.pk.hex)
    text = shown(browser.post("/ledger/verify"))
    assert "The ledger was changed." in text and str(other.pk) not in text


@pytest.mark.usefixtures("triggers_off")
def test_a_head_kept_outside_shows_what_was_cut_off(admin: Membership, browser: Client) -> None:
    records(admin, 2)
    sealing.seal_all()
    records(admin, 3)
    sealing.seal_all()
    assert [head["size"] for head in heads.saved()][-1] == 6
    sql("DELETE FROM audit_treehead WHERE size = 6")
    sql("DELETE FROM audit_leaf WHERE seq >= 3")
    text = shown(browser.get("/ledger"))
    assert "The ledger was changed." in text
    assert "covers 6 records, the database&#x27;s own only 3: records were cut off." in text
    assert "Nothing is sealed until an operator looks into it" in text and "seal_audit --accept-restored" in text
    assert "in heads.jsonl is a head of 6 records: see above" in text and "the rest follows" not in text


@pytest.mark.usefixtures("triggers_off")
def test_a_stored_tree_that_contradicts_its_head_is_told(admin: Membership, browser: Client) -> None:
    records(admin, 2)
    sealing.seal_all()
    sql("UPDATE audit_leaf SET hash = %s WHERE seq = 1", b"\x01" * 32)
    text = shown(browser.get("/ledger"))
    assert "The ledger was changed." in text and "the one whose root its head gives. Nothing is sealed" in text


@pytest.mark.usefixtures("triggers_off")
def test_a_changed_record_stands_out_in_the_list(admin: Membership, browser: Client) -> None:
    (row,) = records(admin, 1)
    sealing.seal_all()
    sql("UPDATE audit_record SET code = %s WHERE id = %s", "0" * 64, row.pk.hex)
    (listed_row,) = browser.get("/ledger?event=test.").context["records"]
    assert str(listed_row.standing) == "tampered"


def test_the_list_takes_a_constant_number_of_queries(
    admin: Membership, browser: Client, django_assert_max_num_queries: Any
) -> None:
    records(admin, 60)
    sealing.seal_all()
    with django_assert_max_num_queries(25):
        assert browser.get("/ledger").status_code == 200


class TestDjangoAdmin:
    def test_records_are_shown_with_what_vouches_for_them(self, admin: Membership, operator_client: Client) -> None:
        (row,) = records(admin, 1, data={"note": "<b>"}, trace_id="abc")
        sealing.seal_all()
        text = shown(operator_client.get(reverse("admin:audit_record_change", args=[row.pk])))
        assert "<b>Verified</b>" in text and "Proof" in text
        assert f'href="{reverse("admin:audit_record_changelist")}?trace_id=abc"' in text
        assert '"note": "&lt;b&gt;"' in text.replace("&quot;", '"')
        assert shown(operator_client.get(reverse("admin:audit_record_changelist", query={"trace_id": "abc"})))

    def test_heads_are_shown_and_nothing_can_be_changed(self, admin: Membership, operator_client: Client) -> None:
        (row,) = records(admin, 1)
        sealing.seal_all()
        head = heads.latest()
        assert head is not None
        page = reverse("admin:audit_treehead_change", args=[head.pk])
        text = shown(operator_client.get(page))
        assert bytes(head.root).hex() in text and str(row.pk) in text
        assert operator_client.post(page, {"size": 9}).status_code == 403
        assert operator_client.get(reverse("admin:audit_treehead_add")).status_code == 403
        assert operator_client.post(reverse("admin:audit_record_delete", args=[row.pk])).status_code == 403
        assert json.loads(bytes(Record.objects.get(pk=row.pk).body))["event"] == "test.happened"


def test_a_failed_sign_in_is_about_a_person_and_by_nobody(admin: Membership, browser: Client) -> None:
    organization_id, subject = admin.organization_id, ("user", member_factory(admin.organization, name="Bea").user_id)
    row = record(
        event="accounts.sign_in_failed", organization_id=organization_id, subject=subject, data={"known": True}
    )
    (listed_row,) = [each for each in browser.get("/ledger").context["records"] if each.record == row]
    assert (listed_row.by, listed_row.subject) == ("", "Bea")
    text = shown(browser.get(reverse("ledger-record-page", args=[row.pk])))
    assert '<p class="lede">About Bea, <time' in text
