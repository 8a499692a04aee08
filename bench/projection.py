"""Computes the projection that token vectors are kept in: ``python -m bench.projection`` writes it anew.

The main directions (uncentred principal components) of the token vectors of the demo documents' passages.
"""

from __future__ import annotations

import os

import numpy as np

from bench.labelled import DEMO, sources


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "aurora_site.settings.test"
    import django

    django.setup()
    from agents.embeddings import get_embedder, token_vectors
    from agents.embeddings.base import normalised
    from agents.embeddings.minilm import MiniLMEmbedder, _states
    from agents.retrieval.preparing import prepare

    embedder = get_embedder()
    assert isinstance(embedder, MiniLMEmbedder)
    loaded = embedder._load()
    found = []
    for _, source in sources(DEMO):
        for chunk in prepare(source, source.title):
            ids = loaded.tokenizer.encode(chunk.span.embedded_text).ids
            found.append(normalised(_states(loaded.encoder, [ids])[0]))
    states = np.vstack(found).astype(np.float64)
    values, directions = np.linalg.eigh(states.T @ states)
    chosen = directions[:, np.argsort(-values)[: token_vectors.WIDTH]]
    # An eigenvector's sign is arbitrary; a fixed one gives the same file everywhere.
    chosen *= np.sign(chosen[np.argmax(np.abs(chosen), axis=0), range(chosen.shape[1])])
    np.save(token_vectors.FILE, chosen.astype(np.float16))
    kept = np.sort(values)[::-1][: token_vectors.WIDTH].sum() / values.sum()
    print(f"{len(states):,} tokens; {token_vectors.WIDTH} directions hold {kept:.1%} of their squared length")


if __name__ == "__main__":
    main()
