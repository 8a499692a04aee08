"""What it costs this process to read a model's stream: ``python -m bench.model_calls``.

Reads streams of one loopback model (``bench.model_server``), 20 tokens a second each, many at once, in three ways that
take turns: the SDK's own stream objects; the SDK's raw response over httpx2's transport with Aurora's decoder; and
Aurora's provider. Prints the processor time (not the wall's) of a token, and of a whole call of one token, as medians.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import uvloop
from openai import AsyncOpenAI

from agents.providers.base import ChatMessage, ModelRequest, Provider, TextDelta
from agents.providers.completion import Completion
from agents.providers.registry import ProviderConfig, providers_for
from agents.providers.sse import EventDecoder
from bench.installation import model

TOKENS, PER_SECOND = 100, 20
QUESTION = [{"role": "system", "content": "Answer. " * 60}, {"role": "user", "content": "How much leave? " * 300}]
Read = Callable[[str], Awaitable[int]]


def readers(address: str) -> dict[str, Read]:
    """Each reads the answer of one model and returns its number of words."""
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=100)
    sdk = AsyncOpenAI(
        api_key="-", base_url=address, max_retries=0, http_client=httpx2.AsyncClient(limits=limits, timeout=60)
    )
    arguments: dict[str, Any] = {
        "messages": QUESTION, "stream": True, "max_tokens": 1024, "temperature": 0.2,
        "stream_options": {"include_usage": True},
    }  # fmt: skip

    async def objects(shape: str) -> int:
        text = ""
        async for chunk in await sdk.chat.completions.create(model=shape, **arguments):
            for choice in chunk.choices:
                text += choice.delta.content or ""
        return text.count(" ")

    async def raw(shape: str) -> int:
        text, decoder, completion = "", EventDecoder(), Completion()
        create = sdk.chat.completions.with_streaming_response.create
        async with create(model=shape, **arguments) as response:
            async for part in response.http_response.aiter_raw():
                text += completion.read(decoder.feed(part))
        return text.count(" ")

    async def aurora(shape: str) -> int:
        provider: Provider = providers_for(ProviderConfig(openai_base_url=address), "openai", shape)[0]
        messages = [ChatMessage(each["role"], each["content"]) for each in QUESTION]  # type: ignore[arg-type]
        events = provider.stream(ModelRequest(messages=messages))
        return sum([event.text.count(" ") async for event in events if isinstance(event, TextDelta)])

    return {"SDK's stream objects": objects, "SDK's raw response": raw, "Aurora's provider": aurora}


async def processor_seconds(read: Read, shape: str, streams: int) -> float:
    """Of this process, for so many streams that begin a millisecond apart, per token."""

    async def one(number: int) -> int:
        await asyncio.sleep(number / 1000)
        return await read(shape)

    started = time.process_time()
    words = sum(await asyncio.gather(*(one(number) for number in range(streams))))
    return (time.process_time() - started) / words


async def measure(address: str, streams: int, rounds: int) -> None:
    ways = readers(address)
    tokens: dict[str, list[float]] = {name: [] for name in ways}
    calls: dict[str, list[float]] = {name: [] for name in ways}
    for read in ways.values():
        await read("paced-1-0")
    for _ in range(rounds):
        for name, read in ways.items():
            tokens[name].append(await processor_seconds(read, f"paced-{TOKENS}-{PER_SECOND}", streams))
            calls[name].append(await processor_seconds(read, "paced-1-0", 200))
    ours = statistics.median(tokens["Aurora's provider"])
    print(f"{streams} streams of {TOKENS} tokens at {PER_SECOND} a second; medians of {rounds} rounds")
    for name in ways:
        token, call = statistics.median(tokens[name]), statistics.median(calls[name])
        print(f"{name:22} {token * 1e6:6.0f} µs a token ({token / ours:4.1f} ×)   {call * 1e3:5.2f} ms a call")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with model() as address:
        uvloop.run(measure(address, arguments.streams, arguments.rounds))


if __name__ == "__main__":
    main()
