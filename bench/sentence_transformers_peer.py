"""sentence-transformers with its default settings, run by its own Python: ``… MODEL TEXTS VECTORS ROUNDS``.

Reads the texts (JSON), writes their vectors (.npy) and prints its figures as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import sentence_transformers
import torch


def main(model_folder: str, texts_file: str, vectors_file: str, rounds: str) -> None:
    texts = json.loads(Path(texts_file).read_text(encoding="utf-8"))
    model = sentence_transformers.SentenceTransformer(model_folder, device="cpu")
    model.encode(texts[:64], show_progress_bar=False)
    taken = []
    for _ in range(int(rounds)):
        started = time.perf_counter()
        vectors = model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
        taken.append(time.perf_counter() - started)
    np.save(vectors_file, vectors)
    version = f"sentence-transformers {sentence_transformers.__version__}, torch {torch.__version__}"
    print(json.dumps({"seconds": taken, "version": version, "threads": torch.get_num_threads()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
