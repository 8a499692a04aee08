"""Chroma in process with its default settings, run by its own Python: ``chroma_peer.py FOLDER``.

Reads ``vectors.npy`` and ``questions.npy``, writes the ids found to ``chroma.npy`` and prints its figures as JSON.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import chromadb
import numpy as np

NEAREST = 10
BATCH = 5000


def main(folder: Path) -> None:
    vectors, questions = np.load(folder / "vectors.npy"), np.load(folder / "questions.npy")
    client = chromadb.PersistentClient(
        path=str(folder / "chroma"), settings=chromadb.Settings(anonymized_telemetry=False)
    )
    collection = client.create_collection("chunks")
    started = time.perf_counter()
    for start in range(0, len(vectors), BATCH):
        part = vectors[start : start + BATCH]
        collection.add(ids=[str(start + number) for number in range(len(part))], embeddings=part)
    built = time.perf_counter() - started

    def ask(vector: np.ndarray) -> tuple[list[int], float]:
        begun = time.perf_counter()
        found = collection.query(query_embeddings=[vector], n_results=NEAREST)["ids"][0]
        return [int(number) for number in found], (time.perf_counter() - begun) * 1000

    found = [ask(vector) for vector in questions]
    np.save(folder / "chroma.npy", np.array([ids for ids, _ in found]))
    rates = {}
    for threads in (1, 4):
        with ThreadPoolExecutor(threads) as pool:
            begun = time.perf_counter()
            times = [taken for _, taken in pool.map(ask, questions)]
            rates[str(threads)] = (len(questions) / (time.perf_counter() - begun), statistics.median(times))
    print(json.dumps({"built": built, "rates": rates, "version": chromadb.__version__}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
