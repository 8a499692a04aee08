"""Runs whose steps a test writes down, and a second event loop that stands for another process."""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import AsyncGenerator, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from agents.models import Run
from agents.runs import dispatch, executors
from agents.runs.executors import RunContext, RunOutcome
from agents.runs.models import RunEvent
from agents.runs.services import run_create
from agents.runtime.events import Event, token
from aurora_site.accounts.models import Membership

Result = TypeVar("Result")

KIND = "scripted"
USAGE = {
    "prompt_tokens": 3, "completion_tokens": 5, "estimated": False, "cost_usd": None, "model": "m", "provider": "p",
}  # fmt: skip
# Doors that a test opens, by name; the executors that stand before one; and those that were broken off, by run.
gates: defaultdict[str, threading.Event] = defaultdict(threading.Event)
arrived: defaultdict[str, threading.Event] = defaultdict(threading.Event)
broken_off: list[str] = []
contexts: list[RunContext] = []


async def scripted(context: RunContext, outcome: RunOutcome) -> AsyncGenerator[Event, None]:
    """Does what ``input["steps"]`` says, or ``input["then"]`` when it goes on after an approval.

    ``["text", "…"]`` · ``["event", type, data]`` · ``["gate", name]`` waits · ``["park", checkpoint]`` · ``["fail"]``
    """
    contexts.append(context)
    outcome.usage = dict(USAGE)
    outcome.mode = "extractive"
    shown = ""
    try:
        for step in context.input["steps" if context.checkpoint is None else "then"]:
            match step:
                case ["text", text]:
                    shown += text
                    yield token(text)
                case ["event", kind, data]:
                    yield Event(kind, data)
                case ["gate", name]:
                    arrived[name].set()
                    while not gates[name].is_set():
                        await asyncio.sleep(0.005)
                case ["park", checkpoint]:
                    outcome.checkpoint = checkpoint
                    return
                case ["fail"]:
                    raise RuntimeError("as the script says")
        yield Event("message", {"text": shown, "citations": [], "answered": True, "mode": "extractive"})
        outcome.output["answered"] = True
    except (asyncio.CancelledError, GeneratorExit):
        broken_off.append(context.run_id)
        raise
    finally:
        outcome.output = {"citations": [], "answered": False, **outcome.output, "answer": shown}


@contextmanager
def registered() -> Iterator[None]:
    """Carry out runs of the kind ``scripted``, from a clean slate."""
    for memory in (gates, arrived, broken_off, contexts):
        memory.clear()
    executors.register(KIND, scripted)
    try:
        yield
    finally:
        for gate in gates.values():
            gate.set()
        del executors._executors[KIND]


def scripted_run(member: Membership, *steps: list[Any], then: list[list[Any]] | None = None, **options: Any) -> Run:
    """A queued run that does these steps."""
    run, made = run_create(
        organization_id=member.organization_id,
        actor_id=member.user.pk,
        kind=KIND,
        agent="",
        input={"steps": list(steps), "then": then or []},
        **options,
    )
    assert made
    return run


class OtherProcess:
    """An event loop on a thread of its own, with a RunHost of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thawed = threading.Event()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def call(self, work: Coroutine[Any, Any, Result], seconds: float = 20) -> Result:
        """What a coroutine returns there. Blocks: not for the test's own event loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(seconds)

    async def do(self, work: Coroutine[Any, Any, Result]) -> Result:
        """The same, awaited on the test's event loop."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self.loop))

    async def start(self, run: Run) -> None:
        """Have the run carried out there."""
        await self.do(dispatch.start(str(run.pk)))

    def freeze(self) -> None:
        """Let nothing happen there, as SIGSTOP does; database work under way is done first."""
        frozen = threading.Event()

        def stand_still() -> None:
            frozen.set()
            self._thawed.wait()

        self._thawed.clear()
        self.loop.call_soon_threadsafe(stand_still)
        frozen.wait(10)

    def thaw(self) -> None:
        self._thawed.set()

    def close(self) -> None:
        self.thaw()

        async def cancel_all() -> None:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        self.call(cancel_all())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()


@contextmanager
def other_process() -> Iterator[OtherProcess]:
    process = OtherProcess()
    try:
        yield process
    finally:
        process.close()


def events_of(run: Run | str) -> list[tuple[str, dict[str, Any]]]:
    """A run's events as they stand in the log: type and data, in order."""
    rows = RunEvent.objects.filter(run_id=getattr(run, "pk", run)).order_by("seq")
    return list(rows.values_list("type", "data"))


def types_of(run: Run | str) -> list[str]:
    return [kind for kind, _ in events_of(run)]
