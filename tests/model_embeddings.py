"""What the loopback model server answers to ``POST /v1/embeddings``: vectors in which texts that share words are near."""

from __future__ import annotations

import json
import re
import zlib
from typing import Any

WIDTH = 64


def embeddings_reply(body: dict[str, Any]) -> tuple[int, str]:
    """Status and body. ``embed-1536`` gives vectors of 1536 numbers, ``failing`` a server error, another model 64."""
    model = body["model"]
    if model == "failing":
        return 500, json.dumps({"error": {"message": "no", "type": "server_error"}})
    dimension = int(model.removeprefix("embed-")) if model.startswith("embed-") else WIDTH
    data = [
        {"object": "embedding", "index": index, "embedding": _vector(text, dimension)}
        for index, text in enumerate(body["input"])
    ]
    return 200, json.dumps({"object": "list", "data": data, "model": model})


def _vector(text: str, dimension: int) -> list[int]:
    """Each word is counted at a place of its own."""
    numbers = [0] * dimension
    for word in re.findall(r"\w+", text.lower()) or [text]:
        numbers[zlib.crc32(word.encode()) % dimension] += 1
    return numbers
