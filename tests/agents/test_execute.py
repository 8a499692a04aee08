"""Asking and waiting for the answer: ``/v1/agents/execute`` and ``/v1/aurora``."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pytest

from agents.models import Run
from audit.models import Record
from tests.factories.accounts import Api, member_factory, organization_factory, signed_in_as, stranger
from tests.model_server import ModelServer

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])

QUESTION = {"input": {"question": "How many days of leave do I get?"}}


def test_aurora_answers_from_the_documents_with_citations(api: Api, documents: dict[str, Any]) -> None:
    response = api.post("/v1/aurora", QUESTION)
    assert response.status_code == 200
    body = response.json()
    assert body["status"] == "ok"
    assert "25 days" in body["output"]["answer"]
    assert body["output"]["answered"] is True
    citation = body["output"]["citations"][0]
    assert citation["path"] == "policies/annual-leave.md"
    assert citation["document_id"] == str(documents["policies/annual-leave.md"].pk)
    assert "25 days" in citation["text"]
    source = documents["policies/annual-leave.md"].source_text
    assert source[citation["start"] : citation["end"]] == citation["text"]
    assert body["meta"]["agent_id"] == body["route"]["agent"] == "welcome"
    assert body["meta"]["mode"] == "extractive"
    assert 0.5 < body["route"]["confidence"] <= 1
    assert body["route"]["reason"]


PLACE = ("document_id", "start", "end")


def test_an_answer_is_on_the_ledger_with_its_sources(api: Api, documents: dict[str, Any]) -> None:
    body = api.post("/v1/aurora", QUESTION).json()
    records = Record.objects.filter(event="agents.run_succeeded", trace_id=body["meta"]["trace_id"])
    assert records.count() == 1
    asked = Record.objects.get(event="agents.question_asked", trace_id=body["meta"]["trace_id"])
    assert asked.at < records[0].at
    assert [(text.name, text.text) for text in asked.texts.all()] == [("question", QUESTION["input"]["question"])]
    written = json.loads(bytes(records[0].body))
    for cited, citation in zip(written["data"]["cited"], body["output"]["citations"], strict=True):
        assert (cited["chunk"], cited["number"], cited["basis"]) == (
            citation["id"],
            citation["number"],
            citation["basis"],
        )
        assert (cited["document"], cited["start"], cited["end"]) == tuple(citation[name] for name in PLACE)
        assert cited["text_sha256"] == sha256(citation["text"].encode()).hexdigest()
    assert {row["chunk"] for row in written["data"]["retrieved"]} >= {row["chunk"] for row in written["data"]["cited"]}
    assert written["data"]["agent"] == "welcome"
    assert set(written["texts"]) == {"question", "answer"}
    assert "leave" not in json.dumps(written["texts"])


def test_a_question_without_an_answer_is_declined(api: Api, documents: dict[str, Any]) -> None:
    body = api.post("/v1/aurora", {"input": {"question": "Who won the football world cup in 1998?"}}).json()
    assert body["status"] == "ok"
    assert body["output"]["answered"] is False
    assert body["output"]["citations"] == []
    assert body["output"]["answer"].startswith("I don't know")
    assert body["output"]["searched"] > 0


@pytest.mark.parametrize("message", ["Hello!", "hi there", "What can you do?", "Thanks"])
def test_a_greeting_is_answered_with_what_can_be_asked(api: Api, message: str) -> None:
    body = api.post("/v1/aurora", {"input": {"question": message}}).json()
    assert body["output"]["answered"] is True
    assert body["output"]["citations"] == []
    assert "How many days of leave do I get?" in body["output"]["answer"]
    assert body["meta"]["agent_id"] == "welcome"


@pytest.mark.parametrize("name", ["welcome", "onboarding", "assistant"])
def test_execute_asks_the_named_agent(api: Api, documents: dict[str, Any], name: str) -> None:
    body = api.post("/v1/agents/execute", {"agent_id": name, **QUESTION}).json()
    assert body["meta"]["agent_id"] == {"onboarding": "welcome"}.get(name, name)
    assert body["route"]["confidence"] == 1
    assert "25 days" in body["output"]["answer"]


def test_an_action_decides_the_agent(api: Api, documents: dict[str, Any]) -> None:
    body = api.post("/v1/aurora", {"action": "docs", **QUESTION}).json()
    assert body["route"]["agent"] == "assistant"


def test_an_engineering_question_goes_to_the_assistant(api: Api, documents: dict[str, Any]) -> None:
    body = api.post("/v1/aurora", {"input": {"question": "What do I do when DiskSpaceLow fires?"}}).json()
    assert body["route"]["agent"] == "assistant"
    assert "journalctl --vacuum-size=500M" in body["output"]["answer"]


def test_without_consent_nothing_is_asked_and_the_refusal_is_recorded(api: Api, documents: dict[str, Any]) -> None:
    response = api.post("/v1/agents/execute", {"agent_id": "onboarding", "consent": False, **QUESTION})
    assert response.status_code == 200
    assert response.json() == {"status": "ok", "output": {"answer": "Consent required."}, "meta": {}}
    assert Run.objects.count() == 0
    assert Record.objects.filter(event="agents.consent_refused").count() == 1


def test_an_unknown_agent_is_404(api: Api) -> None:
    response = api.post("/v1/agents/execute", {"agent_id": "nobody", **QUESTION})
    assert response.status_code == 404
    assert response.json()["code"] == "UNKNOWN_AGENT"
    assert list(response.json()["fields"]) == ["agent_id"]
    assert Run.objects.count() == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "input.question"),
        ({"input": {}}, "input.question"),
        ({"input": {"question": "   "}}, "input.question"),
        ({"input": {"question": 5}}, "input.question"),
        ({"input": {"question": "x" * 8001}}, "input.question"),
        ({"input": {"question": "a\x00b"}}, "input.question"),
        ({"input": {"question": "a\ud800b"}}, "input.question"),
        ({"input": "text"}, "input"),
        ({"consent": "no", **QUESTION}, "consent"),
        ({"action": ["x"], **QUESTION}, "action"),
    ],
)
def test_bad_input_names_its_field_and_starts_nothing(api: Api, body: Any, field: str) -> None:
    response = api.post("/v1/aurora", body)
    assert response.status_code == 400
    assert response.json()["code"] == "VALIDATION_ERROR"
    assert field in response.json()["fields"]
    assert Run.objects.count() == 0


@pytest.mark.parametrize(
    "raw", [b"{", b"\xff\xfe{}", b'{"input": NaN}', b"[" * 100_000, b'"text"', b"[1]"], ids=range(6)
)
def test_bodies_that_are_not_a_json_object_are_refused(api: Api, raw: bytes) -> None:
    response = api.client.post("/v1/aurora", raw, content_type="application/json", headers=api.headers)
    assert response.status_code == 400
    assert set(response.json()) >= {"error", "code", "detail", "request_id"}
    assert Run.objects.count() == 0


def test_an_oversized_body_is_413(api: Api) -> None:
    body = json.dumps({"input": {"question": "x" * 3_000_000}})
    response = api.client.post("/v1/aurora", body, content_type="application/json", headers=api.headers)
    assert response.status_code == 413
    assert Run.objects.count() == 0


@pytest.mark.parametrize("field", ["org_id", "user_id"])
def test_another_organisation_or_user_in_the_body_is_403(api: Api, field: str) -> None:
    other = str(organization_factory().pk) if field == "org_id" else member_factory().user.pk
    response = api.post("/v1/aurora", {field: other, **QUESTION})
    assert response.status_code == 403
    assert list(response.json()["fields"]) == [field]
    assert Run.objects.count() == 0


def test_a_stranger_is_401(transactional_db: None) -> None:
    assert stranger().post("/v1/aurora", QUESTION).status_code == 401
    assert Run.objects.count() == 0


def test_another_organisation_sees_neither_documents_nor_runs(api: Api, documents: dict[str, Any]) -> None:
    run_id = api.post("/v1/aurora", QUESTION).json()["meta"]["run_id"]
    other = signed_in_as(member_factory(role="admin"))
    body = other.post("/v1/aurora", QUESTION).json()
    assert body["output"]["answered"] is False
    assert body["output"]["searched"] == 0
    for path in ("", "/events", "/stream"):
        assert other.get(f"/api/v1/runs/{run_id}{path}").status_code == 404
    assert other.post(f"/api/v1/runs/{run_id}/cancel").status_code == 404


def test_the_same_idempotency_key_joins_the_first_run(api: Api, documents: dict[str, Any]) -> None:
    first = api.post("/v1/aurora", QUESTION, Idempotency_Key="once").json()
    second = api.post("/v1/aurora", QUESTION, Idempotency_Key="once").json()
    assert first["meta"]["run_id"] == second["meta"]["run_id"]
    assert Run.objects.count() == 1


def test_a_model_answers_when_one_is_configured(
    api: Api, documents: dict[str, Any], model_server: ModelServer, settings: Any
) -> None:
    settings.OPENAI_BASE_URL, settings.AURORA_MODEL = model_server.url, "plain"
    body = api.post("/v1/aurora", QUESTION).json()
    assert body["output"]["answer"] == "You get 25 days of paid leave a year [1]."
    assert body["meta"]["mode"] == "llm"
    assert body["output"]["citations"][0]["basis"] == "cited"
    assert "25 days" in body["output"]["citations"][0]["text"]
    assert body["meta"]["usage"] == {
        "prompt_tokens": 321, "completion_tokens": 12, "estimated": False, "model": "plain", "provider": "openai",
        "cost_usd": None,
    }  # fmt: skip
    prompt = model_server.requests[0]["messages"][1]["content"]
    assert "Everyone gets 25 days of paid leave" in prompt


def test_secrets_in_a_question_do_not_reach_the_model(
    api: Api, documents: dict[str, Any], model_server: ModelServer, settings: Any
) -> None:
    settings.OPENAI_BASE_URL, settings.AURORA_MODEL = model_server.url, "plain"
    question = "How many days of paid leave a year do I get? (ann@example.org, 4111 1111 1111 1111)"
    body = api.post("/v1/aurora", {"input": {"question": question}}).json()
    sent = json.dumps(model_server.requests)
    assert body["meta"]["mode"] == "llm"
    assert "ann@example.org" not in sent
    assert "4111" not in sent


@pytest.mark.parametrize("model", ["rate-limited", "failing", "refusing", "garbage"])
def test_when_the_model_fails_before_it_spoke_the_documents_are_quoted(
    api: Api, documents: dict[str, Any], model_server: ModelServer, settings: Any, model: str
) -> None:
    settings.OPENAI_BASE_URL, settings.AURORA_MODEL = model_server.url, model
    body = api.post("/v1/aurora", QUESTION).json()
    assert body["meta"]["mode"] == "extractive"
    assert "25 days" in body["output"]["answer"]


@pytest.mark.parametrize("model", ["broken", "half-error"])
def test_when_the_model_breaks_off_the_run_fails_with_what_it_had(
    api: Api, documents: dict[str, Any], model_server: ModelServer, settings: Any, model: str
) -> None:
    settings.OPENAI_BASE_URL, settings.AURORA_MODEL = model_server.url, model
    body = api.post("/v1/aurora", QUESTION).json()
    assert body["status"] == "failed"
    assert body["output"]["answer"] == "You get"
    assert body["output"]["answered"] is False
    assert Run.objects.get().error["code"] in ("PROVIDER_BAD_RESPONSE", "PROVIDER_UNAVAILABLE")


def test_a_model_that_cannot_be_reached_is_replaced_by_quotes(
    api: Api, documents: dict[str, Any], settings: Any
) -> None:
    settings.OPENAI_BASE_URL = "http://127.0.0.1:9/v1"
    body = api.post("/v1/aurora", QUESTION).json()
    assert body["meta"]["mode"] == "extractive"
    assert "25 days" in body["output"]["answer"]
