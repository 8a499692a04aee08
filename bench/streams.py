"""Many streams at once: ``python -m bench.streams [--server uvicorn] [--streams 1000]``.

Every stream is an answer at 20 tokens a second, of 75 seconds in the first part. They begin one after the other, evenly
(``--arrivals`` a second, by the client's clock and not when the server is ready for them), until all are open at once.
Client, model, PostgreSQL and worker run on the same machine and take their share of it. Parts:

steady     all finish; every event once and in order; time to the first text; gaps between texts; memory and processor.
dropped    as many streams, each dropped at a random moment and resumed with ``Last-Event-ID``; what was lost or doubled.
stalled    100 readers that open a stream and never read; how much memory they add over 100 that do.
cancel     among 200 open streams some are stopped, asked through the web process that runs them and through another;
           time from asking to the end of the model's connection, as the model sees it.

Without ``--server`` three set-ups are measured: daphne with 100 streams, uvicorn with 1,000 in one web process, and in two,
among which the clients share themselves out as a load balancer would.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import socket
import time
from collections.abc import Sequence
from contextlib import ExitStack
from urllib.parse import urlsplit

import uvloop

from bench.answers import Subject, first_text_seconds, gaps, percentile, quiet_collector, spread, text_frames
from bench.installation import QUESTION, Installation, agent_named, another_web, installation, model
from bench.load import Answer, Call, Target
from bench.model_server import answer_text
from bench.sse import Frame, frames, text_of

RATE = 20
STEADY, SHORT, LONG = 1500, 400, 3000
SHAPES = {tokens: f"paced-{tokens}-{RATE}" for tokens in (STEADY, SHORT, LONG)}
EVENTS = {"Accept": "text/event-stream"}
CANCELS = 100
STALLED = 100
# Server, streams, web processes.
SET_UPS = [("daphne", 100, 1), ("uvicorn", 1000, 1), ("uvicorn", 1000, 2)]
PARTS = ["steady", "dropped", "stalled", "cancel"]


def path_of(tokens: int) -> str:
    return f"/agents/{agent_named(SHAPES[tokens])}/stream"


def row(what: str, value: str, target: str = "") -> None:
    print(f"  {what:44}{value:>28}  {target}", flush=True)


async def steady(aurora: Installation, streams: int, arrivals: float) -> None:
    """Streams of 75 seconds, all open at once when the last has begun."""
    subjects = [
        Subject("Aurora", target, path_of(STEADY), lambda name: {"msg": f"{QUESTION} ({name})"})
        for target in aurora.targets
    ]
    memory, spent, started = aurora.memory(), aurora.processor(), time.monotonic()
    with quiet_collector():
        answers = await spread(subjects, streams, arrivals)
    took = time.monotonic() - started
    grown, used = aurora.memory(), aurora.processor()
    faults = [fault for answer in answers if (fault := wrong_with([answer], STEADY))]
    row("finished, every event once and in order", f"{streams - len(faults)} of {streams}", "all")
    for fault in faults[:3]:
        print("    ", fault)
    sound = [answer for answer in answers if not wrong_with([answer], STEADY)]
    firsts = [first_text_seconds(answer) * 1000 for answer in sound]
    silences = [gap * 1000 for answer in sound for gap in gaps(answer)]
    events = sum(len(list(frames(answer))) for answer in sound)
    row("first text p50, p99", f"{percentile(firsts, 0.5):.0f}, {percentile(firsts, 0.99):.0f} ms", "p99 < 250 ms")
    row("gap between texts p50, p99", f"{percentile(silences, 0.5):.0f}, {percentile(silences, 0.99):.0f} ms",
        "p99 < 500 ms")  # fmt: skip
    row("events/s, tokens/s", f"{events / took:.0f}, {len(sound) * STEADY / took:.0f}")
    row("memory of a web process before, after", f"{memory:.0f}, {grown:.0f} MB", "< 300 MB")
    for name in spent:
        row(f"processor of {name}", f"{(used[name] - spent[name]) / took * 100:.0f} % of a core")


def wrong_with(parts: Sequence[Answer], tokens: int) -> str:
    """What is wrong with a stream read in one or several parts; empty when every event came once and in order."""
    seen = [frame for part in parts for frame in frames(part)]
    if not seen or seen[-1].type != "run.finished":
        return f"cut off after {seen[-1].raw[:300] if seen else [part.body[:300] for part in parts]}"
    if [frame.seq for frame in seen] != list(range(1, len(seen) + 1)):
        return f"numbered {[frame.seq for frame in seen]}"
    if seen[-1].data["data"]["state"] != "succeeded":
        return seen[-1].raw[:500]
    text = "".join(map(text_of, seen))
    return "" if text.split() == answer_text(tokens).split() else f"wrong text: …{text[-200:]}"


async def dropped(aurora: Installation, streams: int, arrivals: float) -> None:
    """Streams that lose their reader once, at a random moment, and get it back."""
    waiting = []
    with quiet_collector():
        for number in range(streams):
            target = aurora.targets[number % len(aurora.targets)]
            waiting.append(asyncio.create_task(_dropped_once(target, f"bench-{10**6 + number}")))
            await asyncio.sleep(1 / arrivals)
        results = await asyncio.gather(*waiting)
    drops = sum(len(parts) > 1 for parts in results)
    lost, doubled = 0, 0
    for parts in results:
        numbers = [frame.seq for part in parts for frame in frames(part)]
        lost += max(numbers, default=0) - len(set(numbers))
        doubled += len(numbers) - len(set(numbers))
    whole = sum(not wrong_with(parts, SHORT) for parts in results)
    row(f"events lost, doubled at {drops} drops", f"{lost}, {doubled}", "0, 0")
    row("whole answers", f"{whole} of {streams}", "all")
    for fault in [fault for parts in results if (fault := wrong_with(parts, SHORT))][:3]:
        print("    ", fault)


async def _dropped_once(target: Target, name: str) -> list[Answer]:
    call = await target.open("POST", path_of(SHORT), {"msg": f"{QUESTION} ({name})"}, EVENTS)
    await asyncio.wait([call.done], timeout=random.uniform(0.5, SHORT / RATE))
    while not call.answer.headers:  # who has no address yet can't come back to it
        await asyncio.sleep(0.01)
    call.drop()
    first = await call.done
    seen = list(frames(first))
    if seen and seen[-1].type == "run.finished":
        return [first]
    headers = {**EVENTS, "Last-Event-ID": str(seen[-1].seq if seen else 0)}
    return [first, await target.fetch("GET", first.headers["location"], headers=headers)]


async def stalled(aurora: Installation) -> None:
    """The same load with readers that read, then with readers that don't."""
    grown = {}
    for kind in ("reading", "stalled"):
        before = aurora.memory()
        readers = [await _reader(aurora.target, f"bench-{2 * 10**6 + number}", kind) for number in range(STALLED)]
        await asyncio.sleep(SHORT / RATE + 2)
        grown[kind] = aurora.memory() - before
        for reader in readers:
            reader.close()
        await asyncio.sleep(1)
    row(f"memory added by {STALLED} stalled readers", f"{grown['stalled']:.1f} MB", "< 20 MB")
    row(f"memory added by {STALLED} that read", f"{grown['reading']:.1f} MB")


async def _reader(target: Target, name: str, kind: str) -> asyncio.BaseTransport | socket.socket:
    body = {"msg": f"{QUESTION} ({name})"}
    if kind == "reading":
        call = await target.open("POST", path_of(SHORT), body, EVENTS)
        assert call.transport is not None
        return call.transport
    parts = urlsplit(target.url)
    silent = socket.socket()
    silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    silent.connect((parts.hostname, parts.port))
    silent.sendall(target.request("POST", path_of(SHORT), body, EVENTS))
    return silent


async def cancelled(aurora: Installation, address: str, other: Target) -> None:
    """Stops streams through their own process and through another while as many go on."""
    doors = {"the same process": aurora.target, "another process": other}
    calls: dict[str, list[tuple[str, Call]]] = {door: [] for door in doors}
    for number in range(CANCELS):
        for index, door in enumerate(doors):
            name = f"bench-{3 * 10**6 + 2 * number + index}"
            body = {"msg": f"{QUESTION} ({name})"}
            calls[door].append((name, await aurora.target.open("POST", path_of(LONG), body, EVENTS)))
        await asyncio.sleep(0.05)
    await asyncio.sleep(2)
    asked: dict[str, float] = {}
    for pair in zip(*calls.values(), strict=True):
        for door, (name, call) in zip(doors, pair, strict=True):
            asked[name] = time.monotonic()
            answer = await doors[door].fetch("POST", f"{_run_path(call)}/cancel")
            assert answer.status == 202, (answer.status, answer.body)
        await asyncio.sleep(0.05)
    ends = [frames_of(await call.done)[-1] for each in calls.values() for _, call in each]
    states = {frame.data["data"].get("state") for frame in ends}
    row("streams stopped, and their states", f"{len(ends)}, {', '.join(map(str, states))}", "cancelled")
    records = (await Target(address.removesuffix("/v1")).fetch("GET", "/records")).json()
    for door, stopped in calls.items():
        times = [(records[name][0]["closed"] - asked[name]) * 1000 for name, _ in stopped]
        row(f"asked through {door}: p50, p99", f"{percentile(times, 0.5):.0f}, {percentile(times, 0.99):.0f} ms",
            "p99 < 500 ms")  # fmt: skip


def _run_path(call: Call) -> str:
    return call.answer.headers["location"].removesuffix("/stream")


def frames_of(answer: Answer) -> list[Frame]:
    text_frames(answer)
    return list(frames(answer))


async def measure(aurora: Installation, streams: int, arrivals: float, parts: Sequence[str]) -> None:
    if "steady" in parts:
        await steady(aurora, streams, arrivals)
    if "dropped" in parts:
        await dropped(aurora, 1000, max(arrivals, streams / (SHORT / RATE)) * 0.9)
    if "stalled" in parts:
        await stalled(aurora)


def run(server: str, streams: int, processes: int, arrivals: float, parts: Sequence[str]) -> None:
    print(f"\n{streams} streams on {server}, web processes: {processes}, {arrivals:g} arrivals a second", flush=True)
    with ExitStack() as stack:
        address = stack.enter_context(model())
        aurora = stack.enter_context(installation(server, address, *SHAPES.values()))
        if processes == 2:
            aurora.targets.append(stack.enter_context(another_web(aurora)))
        uvloop.run(measure(aurora, streams, arrivals, parts))
        if "cancel" in parts:
            other = aurora.targets[1] if processes == 2 else stack.enter_context(another_web(aurora))
            uvloop.run(cancelled(aurora, address, other))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", choices=["daphne", "uvicorn"])
    parser.add_argument("--streams", type=int, default=1000)
    parser.add_argument("--processes", type=int, choices=[1, 2], default=1)
    parser.add_argument("--arrivals", type=float, default=0.0, help="streams that begin each second (streams / 60)")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    chosen = parser.parse_args()
    set_ups = [(chosen.server, chosen.streams, chosen.processes)] if chosen.server else SET_UPS
    for server, streams, processes in set_ups:
        # As many begin in a second as end in one when answers take a minute.
        run(server, streams, processes, chosen.arrivals or streams / 60, chosen.parts)


if __name__ == "__main__":
    main()
