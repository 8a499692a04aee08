"""The page of a trace: from question to answer, what vouches for each step, and who may read it."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.test import Client

from agents.models import Document, Run
from audit import sealing
from audit.models import PersonalText, Record
from aurora_site.accounts.models import Membership, Role
from tests.audit import traces
from tests.audit.tampering import sql
from tests.factories.accounts import member_factory, session_of

pytestmark = pytest.mark.django_db(databases=["default", "retrieval"])


@pytest.fixture
def admin() -> Membership:
    return member_factory(role=Role.ADMIN, name="Ada")


@pytest.fixture
def asker(admin: Membership) -> Membership:
    return member_factory(admin.organization, name="Bo")


@pytest.fixture
def run(asker: Membership) -> Run:
    return traces.run_of(asker)


def opened(who: Membership, run: Run) -> Any:
    return session_of(who).get(f"/ledger/traces/{run.trace_id}")


def shown(answer: Any) -> str:
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def parts(answer: Any) -> dict[str, Any]:
    """The parts of the page's one story, by their kinds."""
    (story,) = answer.context["stories"]
    return {part.kind: part for part in story}


def test_a_trace_is_told_from_question_to_feedback_and_verified(admin: Membership, asker: Membership, run: Run) -> None:
    traces.call_of(run, admin.user_id)
    traces.end_of(run, tools=[{"call_id": "c1", "name": "knowledge.report_outdated", "effect": "write", "ok": True}])
    traces.about(run, "agents.feedback_given", data={"rating": "up"}, personal={"comment": "Exactly."})
    sealing.seal_all()
    answer = opened(admin, run)
    text = shown(answer)
    assert list(parts(answer)) == ["asked", "consent", "agent", "search", "tools", "answer", "making", "feedback"]
    assert f'<h1 class="trace-title">{traces.QUESTION}</h1>' in text
    for told in (
        "By Bo", "Given: the question came with consent", "<strong>Welcome</strong>: It is about leave.", "0.1",
        "Report leave.md as outdated", "A person approved a call</strong>, by you", "Approved by</dt><dd>you",
        "<dt>Path</dt><dd>leave.md</dd>", "Reported</pre>", "You get <strong>25 days</strong> [1].",
        "Written by a language model", "plain (openai)", "300 read, 100 written", "1.2 s, the first text after 80 ms",
        "Good answer", "Exactly.", "All 6 records of this trace verify", "kept outside the database",
    ):  # fmt: skip
        assert told in text, told
    assert {part.standing for part in parts(answer).values()} == {"verified"}
    points = {point.title: point.detail for point in parts(answer)["answer"].verdicts[0].points}
    assert set(points) == {
        "Code", "Columns", "Text “answer”", "Place in the tree", "Proof", "Signed head", "Kept outside",
    }  # fmt: skip
    assert points["Place in the tree"].startswith("Leaf 4 of 6;")
    assert points["Proof"].startswith("2 hashes lead from it to the root ")


def test_what_is_not_sealed_yet_says_that_it_waits(admin: Membership, run: Run) -> None:
    traces.end_of(run)
    text = shown(opened(admin, run))
    assert "1 of 1 record waits for the sealer" in text
    assert "Verified" not in text and "Does not verify" not in text


@pytest.mark.usefixtures("triggers_off")
class TestTampering:
    def test_changed_bytes_are_loud_in_every_part_that_rests_on_them(self, admin: Membership, run: Run) -> None:
        row = traces.end_of(run)
        traces.about(run, "agents.feedback_given", data={"rating": "up"})
        sealing.seal_all()
        sql(
            "UPDATE audit_record SET body = %s WHERE id = %s",
            _replaced(row, b"It is about", b"It was about"),
            row.pk.hex,
        )
        answer = opened(admin, run)
        text = shown(answer)
        assert "1 of 2 records of this trace doesn’t verify" in text
        assert "their code doesn’t fit" in text and "the leaf’s hash is not theirs" in text
        standings = {kind: part.standing for kind, part in parts(answer).items()}
        assert standings.pop("feedback") == "verified"
        assert set(standings.values()) == {"tampered"}

    def test_a_changed_text_is_loud_where_it_is_shown(self, admin: Membership, run: Run) -> None:
        traces.end_of(run)
        sealing.seal_all()
        PersonalText.objects.filter(name="answer").update(text="You get 99 days.")
        answer = opened(admin, run)
        assert "It is not the text that was recorded" in shown(answer)
        tampered = [kind for kind, part in parts(answer).items() if part.standing == "tampered"]
        assert tampered == ["answer"]

    def test_a_changed_column_is_named(self, admin: Membership, run: Run) -> None:
        row = traces.end_of(run)
        sealing.seal_all()
        sql("UPDATE audit_record SET actor_id = %s WHERE id = %s", "user_other", row.pk.hex)
        assert "Not as the bytes have it: actor_id." in shown(opened(admin, run))

    def test_a_record_that_came_in_another_way_has_no_place(self, admin: Membership, run: Run) -> None:
        row = traces.end_of(run)
        sql("DELETE FROM audit_unsealed WHERE record_id = %s", row.pk.hex)
        assert "it came in another way" in shown(opened(admin, run))

    def test_a_head_that_nobody_signed_proves_nothing(self, admin: Membership, run: Run) -> None:
        traces.end_of(run)
        sealing.seal_all()
        sql("UPDATE audit_treehead SET signature = %s", b"\x00" * 64)
        text = shown(opened(admin, run))
        assert "carries no valid signature by a known key" in text
        assert "doesn’t verify" in text

    def test_bytes_that_are_no_record_any_more_are_shown_as_far_as_they_go(self, admin: Membership, run: Run) -> None:
        row = traces.end_of(run)
        sealing.seal_all()
        sql("UPDATE audit_record SET body = %s WHERE id = %s", b"\xff[1", row.pk.hex)
        assert "1 of 1 record of this trace doesn’t verify" in shown(opened(admin, run))
        page = shown(session_of(admin).get(f"/ledger/records/{row.pk}"))
        assert "Its bytes can’t be read as a record any more." in page


def test_an_erased_text_is_told_and_the_rest_still_verifies(admin: Membership, run: Run) -> None:
    traces.end_of(run)
    sealing.seal_all()
    PersonalText.objects.all().delete()
    answer = opened(admin, run)
    text = shown(answer)
    assert "A question whose text is not kept" in text
    assert text.count("This text was erased.") == 2
    assert {part.standing for part in parts(answer).values()} == {"verified"}
    assert "stays provable" in text


def test_a_refusal_without_consent_is_told_as_that(admin: Membership, asker: Membership) -> None:
    run = traces.run_of(asker, kind="refusal")
    traces.about(run, "agents.consent_refused", data={"consent": False, "kind": "refusal"})
    traces.about(
        run,
        "agents.run_succeeded",
        data={"consent": False, "agent": "", "mode": ""},
        personal={"answer": "Consent required."},
    )
    text = shown(opened(admin, run))
    assert "Not given." in text and "Nothing was searched." in text


def test_what_a_person_wrote_is_never_markup(admin: Membership, run: Run) -> None:
    hostile = "<script>alert(1)</script><img src=x onerror=y>"
    row = traces.end_of(run, texts={"question": hostile, "answer": f"{hostile} [x](javascript:1)"}, agent=hostile)
    traces.about(run, "agents.feedback_given", data={"rating": "up"}, personal={"comment": hostile})
    for answer in (opened(admin, run), session_of(admin).get(f"/ledger/records/{row.pk}")):
        text = shown(answer)
        assert "<script>alert" not in text and "<img" not in text and 'href="javascript' not in text


class TestSources:
    @pytest.fixture
    def document(self, admin: Membership) -> Document:
        text = f"# Leave\n\n{traces.TEXT}\n"
        return Document.objects.create(
            organization=admin.organization, path="leave.md", title="Leave", size=len(text), content_hash="0" * 64,
            source_text=text, state=Document.State.INDEXED,
        )  # fmt: skip

    def told(self, admin: Membership, asker: Membership, document_id: object, *, kept: bool = True) -> Any:
        row = traces.passage(document_id)
        citation = {"id": row["chunk"], "number": 1, "text": traces.TEXT, "document_id": str(document_id)}
        run = traces.run_of(asker, output={"citations": [citation] if kept else []})
        cited = {name: value for name, value in row.items() if name not in ("score", "relevant")}
        traces.end_of(run, retrieved=[row], cited=[{**cited, "number": 1, "basis": "cited"}])
        answer = opened(admin, run)
        return parts(answer)["search"].told["sources"][0], shown(answer)

    def test_a_passage_that_stands_as_it_was_is_led_to(
        self, admin: Membership, asker: Membership, document: Document
    ) -> None:
        source, text = self.told(admin, asker, document.pk)
        assert (source.number, source.percent, source.within, source.note) == (1, 91, "Days", "")
        assert source.url == f"/documents/{document.pk}?start=9&end=48#passage"
        assert f'class="citation" href="/documents/{document.pk}?start=9&amp;end=48#passage"' in text

    def test_one_that_moved_is_led_to_where_it_is(
        self, admin: Membership, asker: Membership, document: Document
    ) -> None:
        Document.objects.filter(pk=document.pk).update(source_text=f"# Leave\n\nNew.\n\n{traces.TEXT}\n")
        source, text = self.told(admin, asker, document.pk)
        assert "start=15&end=54" in source.url
        assert "the passage stands elsewhere in it now" in text

    @pytest.mark.parametrize("kept", [True, False])
    def test_one_that_was_changed_says_so(
        self, admin: Membership, asker: Membership, document: Document, kept: bool
    ) -> None:
        Document.objects.filter(pk=document.pk).update(source_text="# Leave\n\nYou get 20 days.\n")
        source, text = self.told(admin, asker, document.pk, kept=kept)
        assert source.url == f"/documents/{document.pk}"
        assert "doesn&#x27;t hold this passage any more" in text

    def test_one_whose_document_is_gone_says_so(self, admin: Membership, asker: Membership) -> None:
        source, text = self.told(admin, asker, uuid.uuid4())
        assert (source.url, source.title) == ("", "Leave")
        assert "The document is gone since." in text

    def test_one_that_came_beside_what_was_found_has_no_score(
        self, admin: Membership, asker: Membership, document: Document
    ) -> None:
        beside = {**traces.passage(document.pk), "number": 1, "basis": "cited", "score": 0}
        found = traces.passage(document.pk, chunk="f0a87598-e858-5e54-b2d5-a2c4a7082897", relevant=False)
        run = traces.run_of(asker)
        traces.end_of(run, retrieved=[found], cited=[beside])
        text = shown(opened(admin, run))
        assert "<p>1 passage in index version v1; the answer cites 1.</p>" in text
        assert "not relevant</span>" in text and "cited; it came beside what was found" in text

    def test_a_text_that_was_not_the_one_found_is_not_led_to(
        self, admin: Membership, asker: Membership, document: Document
    ) -> None:
        row = traces.passage(document.pk, text_sha256="0" * 64)
        run = traces.run_of(asker, output={"citations": [{"id": row["chunk"], "text": traces.TEXT, "number": 1}]})
        traces.end_of(run, retrieved=[row])
        answer = opened(admin, run)
        assert parts(answer)["search"].told["sources"][0].url == ""
        assert "its digest differs from the record&#x27;s" in shown(answer)


class TestWhoMayRead:
    def test_the_one_who_asked_reads_it_with_what_others_did_in_it(
        self, admin: Membership, asker: Membership, run: Run
    ) -> None:
        traces.call_of(run, admin.user_id)
        traces.end_of(run)
        text = shown(opened(asker, run))
        assert "By you" in text and "A person approved a call</strong>, by Ada" in text
        assert "/ledger/records/" not in text and "/admin/audit/" not in text

    def test_to_others_it_is_not_there(self, admin: Membership, run: Run) -> None:
        traces.end_of(run)
        other_admin = member_factory(role=Role.ADMIN)
        for reader in (member_factory(admin.organization, Role.EDITOR), other_admin):
            answer = opened(reader, run)
            assert answer.status_code == 404
            assert traces.QUESTION not in answer.content.decode()

    def test_a_record_of_ones_own_does_not_open_the_trace_of_another(self, admin: Membership, run: Run) -> None:
        approver = member_factory(admin.organization, Role.EDITOR)
        traces.call_of(run, approver.user_id)
        traces.end_of(run)
        text = shown(opened(approver, run))
        assert "A person approved a call" in text
        assert traces.QUESTION not in text and "25 days" not in text and "Report leave.md" not in text

    def test_strangers_are_led_to_sign_in(self, run: Run) -> None:
        answer = Client().get(f"/ledger/traces/{run.trace_id}", REMOTE_ADDR="203.0.113.7")
        assert answer.status_code == 302
        assert answer["Location"].startswith("/sign-in?next=%2Fledger%2Ftraces%2F")

    @pytest.mark.parametrize("trace_id", ["x", "0" * 32, "%00", "a" * 300])
    def test_an_unknown_trace_is_not_found(self, admin: Membership, trace_id: str) -> None:
        assert session_of(admin).get(f"/ledger/traces/{trace_id}").status_code == 404


def test_the_page_of_a_record_shows_all_it_says_to_admins_alone(admin: Membership, asker: Membership, run: Run) -> None:
    row = traces.end_of(run)
    sealing.seal_all()
    text = shown(session_of(admin).get(f"/ledger/records/{row.pk}"))
    assert "It verifies" in text and "Leaf 0 of 1" in text and traces.QUESTION in text
    assert json.loads(bytes(row.body))["texts"]["answer"] in text
    assert session_of(asker).get(f"/ledger/records/{row.pk}").status_code == 403
    assert session_of(member_factory(role=Role.ADMIN)).get(f"/ledger/records/{row.pk}").status_code == 404


def test_the_longer_a_trace_the_number_of_queries_grows_by_few(
    admin: Membership, run: Run, django_assert_max_num_queries: Any
) -> None:
    for _ in range(20):
        traces.about(run, "agents.run_cancel_requested")
    sealing.seal_all()
    browser = session_of(admin)
    with django_assert_max_num_queries(75):
        assert browser.get(f"/ledger/traces/{run.trace_id}").status_code == 200


def _replaced(row: Record, old: bytes, new: bytes) -> bytes:
    body = bytes(row.body)
    assert old in body
    return body.replace(old, new)
