"""The peer: Chroma as its users set it up, in a virtual environment of its own under ``.bench``.

Documents are cut as LangChain's splitter does by default sizes (800 characters, 100 of them shared), without titles;
vectors are those of the model that Aurora uses, which is Chroma's default one; collection settings are untouched.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from bench.environments import python_with
from bench.labelled import Corpus, Question, sources
from bench.quality import Passage

VERSION = "1.5.9"
FOUND = 50
_SPLIT = """
import json, sys
from langchain_text_splitters import RecursiveCharacterTextSplitter
splitter = RecursiveCharacterTextSplitter(chunk_size=800, chunk_overlap=100)
print(json.dumps([[path, piece] for path, text in json.load(sys.stdin) for piece in splitter.split_text(text)]))
"""
_SEARCH = """
import json, sys
import chromadb
from chromadb.config import Settings
given = json.load(sys.stdin)
client = chromadb.EphemeralClient(Settings(anonymized_telemetry=False))
collection = client.create_collection("documents", embedding_function=None)
ids = [str(number) for number in range(len(given["vectors"]))]
for start in range(0, len(ids), 5000):
    collection.add(ids=ids[start:start + 5000], embeddings=given["vectors"][start:start + 5000])
found = collection.query(query_embeddings=given["questions"], n_results=min(given["limit"], len(ids)))
print(json.dumps([[int(number) for number in row] for row in found["ids"]]))
"""


def _python() -> Path:
    packages = (f"chromadb=={VERSION}", "langchain-text-splitters==1.1.2")
    return python_with(f"chroma-quality-{VERSION}", *packages, size="some 400 MB")


def found_by_chroma(corpus: Corpus, asked: Sequence[Question]) -> list[list[Passage]]:
    """What Chroma finds for each question, best first."""
    from agents.embeddings import get_embedder

    embedder = get_embedder()
    texts = [(path, source.text) for path, source in sources(corpus)]
    pieces = [Passage(path, text) for path, text in _run(_SPLIT, texts)]
    given = {
        "vectors": embedder.embed_documents([piece.text for piece in pieces]).tolist(),
        "questions": [embedder.embed_query(question.question).tolist() for question in asked],
        "limit": FOUND,
    }
    return [[pieces[number] for number in row] for row in _run(_SEARCH, given)]


def _run(program: str, given: object) -> list[list]:
    done = subprocess.run(
        [str(_python()), "-c", program], input=json.dumps(given), capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])
