"""Embedding models: the same vectors as the published model, whatever the company they are embedded in."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import httpx2
import numpy as np
import pytest
from django.test import override_settings

from agents.embeddings import embedder_named, get_embedder, minilm_conversion
from agents.embeddings.base import EmbedderBadResponse, EmbedderRefused, EmbedderUnavailable
from agents.embeddings.minilm import DIMENSION, NAME, MiniLMEmbedder
from agents.embeddings.openai_compatible import BATCH_TEXTS, OpenAICompatibleEmbedder
from tests.agents.reference_minilm import ReferenceMiniLM

LEAVE = "Full-time employees get 25 days of annual leave a year."
DEPLOY = "The deploy pipeline runs on every merge to main."


@pytest.fixture(scope="module")
def minilm(tmp_path_factory: pytest.TempPathFactory) -> MiniLMEmbedder:
    return MiniLMEmbedder(tmp_path_factory.mktemp("models"))


def test_vectors_are_the_published_models(minilm: MiniLMEmbedder) -> None:
    reference = ReferenceMiniLM()
    texts = [LEAVE, "checkout.retry.max_attempts", "Wie viele Urlaubstage habe ich?", "word " * 400]
    cosines = [
        float(vector @ reference.embed(text)) for vector, text in zip(minilm.embed_documents(texts), texts, strict=True)
    ]
    assert min(cosines) > 0.99


def test_vectors_have_length_one_and_the_query_is_embedded_like_a_document(minilm: MiniLMEmbedder) -> None:
    vectors = minilm.embed_documents([LEAVE, "", "x" * 5000])
    assert vectors.shape == (3, DIMENSION)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert float(minilm.embed_query(LEAVE) @ vectors[0]) > 0.998


def test_a_related_text_is_nearer_than_an_unrelated_one(minilm: MiniLMEmbedder) -> None:
    question = minilm.embed_query("How much holiday do I have?")
    leave, deploy = minilm.embed_documents([LEAVE, DEPLOY])
    assert float(question @ leave) > 0.3 > 0.15 > float(question @ deploy)


def test_a_text_gets_the_same_vector_each_time_and_in_any_order(minilm: MiniLMEmbedder) -> None:
    texts = [f"Sentence number {number} about leave. " * (number % 7 + 1) for number in range(60)]
    forward, again, backward = (minilm.embed_documents(order) for order in (texts, texts, texts[::-1]))
    np.testing.assert_array_equal(forward, again)
    assert float((forward * backward[::-1]).sum(axis=1).min()) > 0.998


def test_threads_share_one_embedder(minilm: MiniLMEmbedder) -> None:
    expected = minilm.embed_query(LEAVE)
    found: list[np.ndarray] = []
    threads = [threading.Thread(target=lambda: found.append(minilm.embed_query(LEAVE))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert all(np.array_equal(vector, expected) for vector in found)


def test_no_texts_give_no_vectors(minilm: MiniLMEmbedder) -> None:
    assert minilm.embed_documents([]).shape == (0, DIMENSION)


def test_conversion_happens_once_even_when_asked_for_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    conversions: list[Path] = []
    convert = minilm_conversion._convert
    monkeypatch.setattr(minilm_conversion, "_convert", lambda *paths: (conversions.append(paths[1]), convert(*paths)))
    threads = [threading.Thread(target=minilm_conversion.converted_model, args=(tmp_path,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(conversions) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [conversions[0].name, f"{conversions[0].name}.lock"]


def test_altered_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"not the weights")
    monkeypatch.setattr(minilm_conversion, "package_folder", lambda: tmp_path)
    with pytest.raises(EmbedderUnavailable, match="isn't the published model"):
        MiniLMEmbedder(tmp_path / "models").embed_query("x")
    assert [path.name for path in (tmp_path / "models").iterdir() if path.is_dir()] == []


def test_settings_choose_the_embedder() -> None:
    assert get_embedder().name == NAME
    assert get_embedder() is get_embedder()
    with override_settings(EMBEDDINGS_PROVIDER="openai", EMBEDDINGS_BASE_URL="http://model/v1", EMBEDDINGS_MODEL="m"):
        assert get_embedder().name == "openai:m"
        assert embedder_named(NAME).name == NAME
        assert embedder_named("openai:other").name == "openai:other"
    with pytest.raises(EmbedderUnavailable):
        embedder_named("openai:m")


def _server(answer) -> OpenAICompatibleEmbedder:
    return OpenAICompatibleEmbedder(
        base_url="http://model/v1", model="m", api_key="k", transport=httpx2.MockTransport(answer)
    )


def test_a_server_gets_bounded_batches_and_its_rows_come_back_in_order() -> None:
    sizes: list[int] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        texts = json.loads(request.content)["input"]
        assert request.url.path == "/v1/embeddings"
        assert request.headers["authorization"] == "Bearer k"
        sizes.append(len(texts))
        rows = [{"index": index, "embedding": [len(text), 1.0, 0.0]} for index, text in enumerate(texts)]
        return httpx2.Response(200, json={"data": rows[::-1]})

    embedder = _server(answer)
    vectors = embedder.embed_documents(["a" * number for number in range(1, 101)])
    assert (embedder.dimension, vectors.shape) == (3, (100, 3))
    assert sizes == [1, BATCH_TEXTS, 100 - BATCH_TEXTS]
    np.testing.assert_allclose(vectors[9], np.array([10, 1, 0]) / np.sqrt(101), rtol=1e-6)


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (httpx2.Response(401), EmbedderRefused),
        (httpx2.Response(503), EmbedderUnavailable),
        (httpx2.Response(429), EmbedderUnavailable),
        (httpx2.Response(200, text="hello"), EmbedderBadResponse),
        (httpx2.Response(200, json={"data": []}), EmbedderBadResponse),
        (httpx2.Response(200, json={"data": [{"index": 0, "embedding": ["x"]}]}), EmbedderBadResponse),
    ],
)
def test_a_servers_failures_have_types(response: httpx2.Response, error: type[Exception]) -> None:
    with pytest.raises(error):
        _server(lambda request: response).embed_query("x")


def test_a_passing_failure_of_the_server_is_retried() -> None:
    answers = [httpx2.Response(503), httpx2.Response(200, json={"data": [{"index": 0, "embedding": [3.0, 4.0]}]})]
    embedder = _server(lambda request: answers.pop(0) if len(answers) > 1 else answers[0])
    np.testing.assert_allclose(embedder.embed_query("x"), [0.6, 0.8], rtol=1e-6)
