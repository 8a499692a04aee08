"""A conversation as its page shows it: the turns of the shown branch, read in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from agents.chat.branches import Node, Tree
from agents.chat.models import ChatSession, Message
from agents.chat.selectors import OPEN_STATES, tree_of
from agents.pages.steps import TYPES, doings_of
from agents.pages.turns import AnswerSource, Notice, Switch, Turn, digest
from agents.runs.models import Feedback, Run, RunEvent
from agents.runs.tool_models import ToolCall

TURNS_SHOWN = 50
# What a script fills in for a question just asked.
BLANK = Turn(is_open=True)
NOTICE_KINDS = [Notice(kind, "") for kind in ("error", "warning", "note")]


@dataclass(frozen=True)
class Thread:
    """The shown turns, and how many earlier ones there are."""

    turns: list[Turn]
    earlier: int
    version: str

    @property
    def more(self) -> int:
        """How many turns to ask for to see more of the earlier ones."""
        return len(self.turns) + 2 * TURNS_SHOWN


def thread_version(session: ChatSession) -> str:
    """Changes when the conversation's turns do; text that a running answer adds doesn't count."""
    runs = _open_runs(session).values_list("pk", "state", "active_session")
    return digest([session.head_id, session.updated_at, session.title, session.status, list(runs)])


def thread_of(session: ChatSession, *, user_id: str, turns: int = TURNS_SHOWN) -> Thread:
    """The last ``turns`` turns of the shown branch."""
    version = thread_version(session)
    tree = tree_of(session.pk)
    pairs = _paired(tree.branch(session.head_id))
    shown = pairs[-turns:]
    ids = [node.id for pair in shown for node in pair if node]
    messages = {row.pk: row for row in session.messages.filter(pk__in=ids).select_related("run")}
    sources = _sources([message.run for message in messages.values() if message.run], session, user_id)
    built = []
    for question, answer in shown:
        turn = Turn()
        if question:
            turn.id, turn.question = str(question.id), messages[question.id].text
            turn.question_switch = _switch(tree, question)
        if answer:
            message = messages[answer.id]
            turn.answer_switch = _switch(tree, answer)
            turn.answer_with(message, sources.get(message.run_id, AnswerSource()))
        built.append(turn)
    return Thread(built, len(pairs) - len(shown), version)


def _paired(branch: Sequence[Node]) -> list[tuple[Node | None, Node | None]]:
    """Questions with the answers that follow them."""
    pairs: list[tuple[Node | None, Node | None]] = []
    for node in branch:
        if node.sender == Message.Sender.USER:
            pairs.append((node, None))
        elif pairs and pairs[-1][1] is None:
            pairs[-1] = (pairs[-1][0], node)
        else:
            pairs.append((None, node))
    return pairs


def _switch(tree: Tree, node: Node) -> Switch | None:
    """The alternatives to a message; None when there is only this one."""
    among = tree.alternatives(node)
    if len(among) < 2:
        return None
    index = among.index(node.id)
    return Switch(
        number=index + 1,
        count=len(among),
        previous=among[index - 1] if index else None,
        next=among[index + 1] if index + 1 < len(among) else None,
    )


def _sources(runs: Sequence[Run], session: ChatSession, user_id: str) -> dict[UUID, AnswerSource]:
    """What the shown runs did, what the reader thought of them, and which wait."""
    ids = [run.pk for run in runs]
    events: dict[UUID, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
    rows = RunEvent.objects.filter(run_id__in=ids, type__in=TYPES).order_by("run_id", "seq")
    for run_id, kind, data in rows.values_list("run_id", "type", "data"):
        events[run_id].append((kind, data))
    calls: dict[UUID, dict[str, ToolCall]] = defaultdict(dict)
    for call in ToolCall.objects.filter(run_id__in=ids).select_related("decided_by").order_by("id"):
        calls[call.run_id][call.call_id] = call
    feedback = {row.run_id: row for row in Feedback.objects.filter(run_id__in=ids, user_id=user_id)}
    messages = RunEvent.objects.filter(run_id__in=ids, type="message").values_list("run_id", "data__unverified")
    unverified = {run_id: len(sentences or []) for run_id, sentences in messages}
    waiting = list(_open_runs(session).filter(active_session=None).values_list("pk", flat=True))
    return {
        key: AnswerSource(
            doings=doings_of(events[key], calls[key]),
            feedback=feedback.get(key),
            unverified=unverified.get(key, 0),
            place=waiting.index(key) if key in waiting else None,
        )
        for key in ids
    }


def _open_runs(session: ChatSession) -> Any:
    runs = Run.objects.for_organization(session.organization_id)
    return runs.filter(session_id=session.pk, state__in=OPEN_STATES).order_by("created_at", "id")
