"""What stands between a model and its reader costs: ``python -m bench.overhead``.

Measures streamed answers of one loopback model (``bench.model_server``) read directly, through Aurora on daphne and on
uvicorn, and through LiteLLM's proxy (``bench.litellm_proxy``). All four run side by side on this machine, each with one
web process; they take turns in every round, in an order that rotates, and the figures are medians of the rounds.

alone      one answer after the other, 20 tokens at 100 a second: time to the first token.
among 100  an answer of 100 tokens at 20 a second begins every 50 ms, so that 100 are open: time to the first token of
           those that began among 100.
full speed 100 askers, answers of 200 tokens written as fast as they are taken: tokens a second.

"Aurora" is an organisation's own agent without knowledge: like the gateway, it hands a question to the model and the
answer to the reader, but commits every event and a ledger record. "+ search" is the agent that searches 367 passages
and checks its citations, which the others don't do.
"""

from __future__ import annotations

import argparse
import statistics
from collections import defaultdict
from contextlib import ExitStack
from typing import Any

import uvloop

from bench.answers import (
    Subject,
    at_once,
    first_text_seconds,
    one_by_one,
    percentile,
    quiet_collector,
    spread,
    tokens_per_second,
)
from bench.installation import QUESTION, agent_named, installation, model
from bench.litellm_proxy import litellm_proxy
from bench.load import Target

ALONE, AMONG, FULL = "paced-20-100", "paced-100-20", "paced-200-0"
OPEN = 100
SERVERS = ("daphne", "uvicorn")
MODEL_ALONE, PEER = "the model itself", "LiteLLM proxy"

Figures = dict[str, float]


def completion(target: Target, name: str, shape: str) -> Subject:
    """A door that speaks the chat completions format."""

    def body(tag: str) -> Any:
        question = f"{QUESTION} ({tag})"
        return {
            "model": shape,
            "stream": True,
            "stream_options": {"include_usage": True},
            "messages": [{"role": "user", "content": question}],
        }

    return Subject(name, target, "/chat/completions", body)


def aurora(target: Target, name: str, agent: str) -> Subject:
    return Subject(name, target, f"/agents/{agent}/stream", lambda tag: {"msg": f"{QUESTION} ({tag})"})


async def measured(by_shape: dict[str, Subject]) -> Figures:
    """One subject's figures in one round, times in milliseconds."""
    await one_by_one(by_shape[ALONE], 3)
    with quiet_collector():
        alone = await one_by_one(by_shape[ALONE], 30)
        among = await spread([by_shape[AMONG]], 3 * OPEN, 20)
        full = await at_once(by_shape[FULL], 3 * OPEN, OPEN)
    firsts = [first_text_seconds(answer) * 1000 for answer in alone]
    crowded = [first_text_seconds(answer) * 1000 for answer in among[OPEN:]]
    tokens_per_second(among, 100)
    return {
        "alone p50": statistics.median(firsts),
        "alone p95": percentile(firsts, 0.95),
        "among p50": statistics.median(crowded),
        "among p95": percentile(crowded, 0.95),
        "tokens/s": tokens_per_second(full, 200),
    }


def run(rounds: int) -> dict[str, Figures]:
    """The median figures of every subject."""
    taken: dict[str, list[Figures]] = defaultdict(list)
    with ExitStack() as stack:
        address = stack.enter_context(model())
        peer = stack.enter_context(litellm_proxy(address))
        subjects = {
            MODEL_ALONE: {shape: completion(Target(address), MODEL_ALONE, shape) for shape in (ALONE, AMONG, FULL)},
            PEER: {shape: completion(peer, PEER, shape) for shape in (ALONE, AMONG, FULL)},
        }
        for server in SERVERS:
            started = stack.enter_context(installation(server, address, ALONE, AMONG, FULL))
            for kind, name in ((agent_named, f"Aurora, {server}"), (searching, f"Aurora + search, {server}")):
                subjects[name] = {shape: aurora(started.target, name, kind(shape)) for shape in (ALONE, AMONG, FULL)}
        for number in range(rounds):
            names = list(subjects)
            for name in names[number % len(names) :] + names[: number % len(names)]:
                taken[name].append(uvloop.run(measured(subjects[name])))
                print(f"round {number + 1}: {name}", {key: round(value, 1) for key, value in taken[name][-1].items()})
    return {name: _medians(figures) for name, figures in taken.items()}


def searching(shape: str) -> str:
    """The agent that answers from documents with the same model."""
    return agent_named(shape, knowledge=True)


def _medians(rounds: list[Figures]) -> Figures:
    return {key: statistics.median(figures[key] for figures in rounds) for key in rounds[0]}


def report(figures: dict[str, Figures]) -> None:
    base, peer = figures[MODEL_ALONE], figures[PEER]
    print(f"\n{'':28}{'alone':>17}{'among 100':>17}{'full speed':>14}")
    print(f"{'':28}{'p50 ms':>8}{'p95 ms':>9}{'p50 ms':>8}{'p95 ms':>9}{'tokens/s':>14}")
    for name, row in figures.items():
        print(f"{name:28}{row['alone p50']:8.1f}{row['alone p95']:9.1f}{row['among p50']:8.1f}{row['among p95']:9.1f}"
              f"{row['tokens/s']:14.0f}")  # fmt: skip
    print("\nadded to the model, and tokens/s against LiteLLM's (targets: p50 +10 ms, p95 +30 ms, 1.5 times)")
    for name, row in figures.items():
        if name != MODEL_ALONE:
            added = [row[key] - base[key] for key in ("alone p50", "alone p95", "among p50", "among p95")]
            print(f"{name:28}{added[0]:+8.1f}{added[1]:+9.1f}{added[2]:+8.1f}{added[3]:+9.1f}"
                  f"{row['tokens/s'] / peer['tokens/s']:13.2f}x")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    report(run(parser.parse_args().rounds))


if __name__ == "__main__":
    main()
