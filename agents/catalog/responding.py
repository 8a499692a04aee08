"""What an agent that answers by code of its own is asked, what it may use, and what it answers."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agents.providers.base import Mode, Passage
from agents.runtime.consulting import Consultant
from agents.runtime.conversation import Conversation
from agents.runtime.events import Event
from agents.runtime.toolbox import Toolbox


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question to an agent, and who asks it.

    ``given`` are the fields that a request's ``input`` has beside the question: anything that JSON can hold, unchecked.
    ``passages`` are those of the organisation's documents that fit the question, numbered from 1; none where none does.
    ``kept`` is what the responder left in ``Reply.kept`` when the run was parked; None at a run's beginning.
    """

    question: str
    given: Mapping[str, Any]
    action: str
    organization_id: str
    actor_id: str
    conversation: Conversation
    passages: Sequence[Passage]
    tools: Toolbox
    models: Consultant
    kept: Mapping[str, Any] | None = None


@dataclass
class Reply:
    """What a responder answers; it fills this while its events are consumed.

    ``fields`` stand beside the answer's text in a run's output and in its message. ``cited`` are numbers of passages that
    the text refers to as ``[n]``. ``mode`` is ``llm`` where words of a model are in the text, or decided what was done.
    ``kept`` is JSON to go on from after ``Toolbox.parked``.
    """

    text: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    cited: Sequence[int] = ()
    answered: bool = True
    mode: Mode = "extractive"
    model: str = ""
    provider: str = ""
    kept: dict[str, Any] = field(default_factory=dict)


# Yields what it does on its way: thoughts, tool calls, warnings. Its text and fields are shown for it when it is done.
Responder = Callable[[Asked, Reply], AsyncGenerator[Event, None]]
