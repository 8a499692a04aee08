"""Embedding beside sentence-transformers: ``python -m bench.embedding [--texts 1500] [--rounds 3]``.

Both embed the chunks of the demo documents with the very same weights, on all cores, each in a process of its own, one
after the other: texts a second, and the cosine of the two vectors of each text.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.environments import python_with
from bench.labelled import DEMO, sources

PEER, TORCH = "6.2.0", "2.13.0"
# From wherever pip is told to look, then from PyTorch's own index: without "+cpu" pip fetches gigabytes for graphics cards.
TORCH_INDEX = "https://download.pytorch.org/whl/cpu"


def row(what: str, value: str, target: str = "") -> None:
    print(f"  {what:44}{value:>34}  {target}", flush=True)


def chunks(count: int) -> list[str]:
    """The demo documents' chunks as they are embedded, repeated until there are so many; each text is another one."""
    from agents.retrieval.preparing import prepare

    prepared = [chunk for _, source in sources(DEMO) for chunk in prepare(source, source.title)]
    texts = [chunk.span.embedded_text for chunk in prepared]
    return [f"{texts[number % len(texts)]}\n{number // len(texts)}" for number in range(count)]


def ours(texts: Sequence[str], rounds: int) -> tuple[list[float], np.ndarray]:
    from agents.embeddings import get_embedder

    embedder = get_embedder()
    embedder.embed_documents(texts[:64])
    taken = []
    for _ in range(rounds):
        started = time.perf_counter()
        vectors = embedder.embed_documents(texts)
        taken.append(time.perf_counter() - started)
    return taken, vectors


def peer_python() -> Path | None:
    """The peer's Python, or None where it can't be installed, which is said."""
    requirements = (f"sentence-transformers=={PEER}", f"torch=={TORCH}+cpu")
    for more in ((), ("--extra-index-url", TORCH_INDEX)):
        try:
            return python_with(f"sentence-transformers-{PEER}", *requirements, *more, size="some 900 MB")
        except subprocess.CalledProcessError as error:
            print(f"  sentence-transformers {PEER} with torch {TORCH}+cpu can't be installed: {error}")
    return None


def peers(python: Path, texts: Sequence[str], rounds: int) -> tuple[dict[str, Any], np.ndarray]:
    from agents.embeddings.minilm_conversion import package_folder

    script = Path(__file__).with_name("sentence_transformers_peer.py")
    with tempfile.TemporaryDirectory(prefix="aurora-bench-") as name:
        given, made = Path(name) / "texts.json", Path(name) / "vectors.npy"
        given.write_text(json.dumps(texts), encoding="utf-8")
        printed = subprocess.run(
            [python, script, package_folder(), given, made, str(rounds)], check=True, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "HF_HUB_OFFLINE": "1"},
        ).stdout  # fmt: skip
        return json.loads(printed.splitlines()[-1]), np.load(made)


def measure(count: int, rounds: int) -> None:
    texts = chunks(count)
    row("texts, mean characters", f"{count}, {statistics.fmean(map(len, texts)):.0f}")
    taken, vectors = ours(texts, rounds)
    mine = count / statistics.median(taken)
    row("Aurora (CTranslate2, int8)", f"{mine:.0f} texts/s")
    python = peer_python()
    if python is None:
        row("sentence-transformers", "not measured")
        return
    told, others = peers(python, texts, rounds)
    theirs = count / statistics.median(told["seconds"])
    row(told["version"], f"{theirs:.0f} texts/s")
    row("ratio", f"{mine / theirs:.2f}", "target >= 2")
    cosines = (vectors * others).sum(axis=1)
    row("cosine of the two vectors, mean and least", f"{cosines.mean():.4f}, {cosines.min():.4f}", "target >= .99")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texts", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "aurora_site.settings.test"
    import django

    django.setup()
    measure(given.texts, given.rounds)


if __name__ == "__main__":
    main()
