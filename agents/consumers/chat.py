"""``/ws/chat/{session_id}/``: a chat session, with every run in it wherever it was begun."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import DatabaseError
from django.db.models import QuerySet

from agents.api.answers import MAXIMUM_IDEMPOTENCY_KEY
from agents.api.chat_serializers import PostInput
from agents.chat.asking import Posted, message_post, posted_begin
from agents.chat.models import Message
from agents.chat.selectors import (
    OPEN_STATES,
    answers_above,
    last_position,
    message_as_json,
    run_in_session,
    session_get,
    session_in_full,
)
from agents.consumers.base import NOT_FOUND, Frame, Socket, after_of, run_id_of
from agents.consumers.outbox import Source
from agents.runs import bell
from agents.runs.database import in_database
from agents.runs.models import Run
from aurora_site.accounts.ratelimit import chat_message_count
from aurora_site.core.http.errors import ApiError, Conflict, NotFound
from aurora_site.core.http.fields import StrictCharField

# The bell may be away: how often a socket looks for itself whether something was begun elsewhere.
LOOK_SECONDS = 10.0
# A session works on one run at a time; the ones that wait in line take their turn to be shown, too.
STREAMS_AT_ONCE = 8


class MessageFrame(PostInput):
    """A ``message`` frame."""

    idempotency_key = StrictCharField(
        max_length=MAXIMUM_IDEMPOTENCY_KEY, required=False, allow_blank=True, allow_null=True
    )


class TooManyMessages(ApiError):
    """The caller's chat limit is spent."""

    status, default_code = 429, "RATE_LIMITED"


@dataclass
class Stream:
    """One run on its way to the client."""

    source: Source
    task: asyncio.Task[None]


class ChatConsumer(Socket):
    """Sends ``{"type": "session", …}`` first, then the events of the session's open runs and of all that begin later, in
    this socket or elsewhere; a run that began elsewhere is announced by ``{"type": "run", "run", "question"}``.

    Client frames: ``{"type": "message", "text", "agent"?, "parent_id"?, "on_conflict"?, "idempotency_key"?}`` is answered
    by ``{"type": "accepted", "run_id", "message_id", "answer_id", "session_id", …}``; ``{"type": "cancel", "run_id"?}``
    stops a run, the one that is being answered if none is named; ``{"type": "resume", "run_id", "after"}`` shows a run
    again behind event ``after``; ``{"type": "approve", "run_id", "call_id", "decision", "note"?}``.
    """

    # 8,000 characters, each escaped as a surrogate pair, and some room.
    largest_frame = 128 * 1024
    frames_text = 'Send an object with "type": message, cancel, resume or approve, as text.'
    session_id: UUID

    def __init__(self, **wiring: Any) -> None:
        super().__init__(**wiring)
        self._streams: dict[str, Stream] = {}
        self._line: deque[tuple[str, int]] = deque()
        self._known: set[str] = set()
        self._seen_position = 0

    async def opened(self) -> bool:
        self.session_id = UUID(self.scope["url_route"]["kwargs"]["session_id"])
        session = await in_database(self._read_session)
        if session is None:
            return False
        self.reply({"type": "session", **session})
        for run in session["runs"]:
            self._take(run["id"])
        self.begin(self._watch())
        return True

    async def handle(self, frame: Frame) -> bool:
        match frame:
            case {"type": "message"}:
                await self._post(frame)
            case {"type": "cancel"}:
                await self.cancel_run(await in_database(self._run_to_cancel, frame))
            case {"type": "resume"} if (after := after_of(frame)) is not None:
                run = await in_database(self._run_named, frame)
                self._show(str(run.pk), after)
            case {"type": "approve"}:
                await self.approve_call(await in_database(self._run_named, frame), frame)
            case _:
                return False
        return True

    async def _post(self, frame: Frame) -> None:
        self.require_writing()
        posted = await in_database(self._posted, frame)
        self.reply({"type": "accepted", **posted.as_json()})
        self._take(str(posted.run.pk))
        await posted_begin(posted)

    def _posted(self, frame: Frame) -> Posted:
        usage = chat_message_count(self.identity, self.credentials)
        if usage is not None and usage.exceeded:
            wait = max(1, usage.reset - int(time.time()))
            raise TooManyMessages(f"More than {usage.limit} requests a minute; try again in {wait} seconds.")
        serializer = MessageFrame(data=frame)
        serializer.is_valid(raise_exception=True)
        body: dict[str, Any] = serializer.validated_data
        key = body.pop("idempotency_key", "") or ""
        return message_post(
            organization_id=self.identity.organization_id,
            user_id=self.identity.user_id,
            session_id=self.session_id,
            idempotency_key=key,
            **body,
        )

    def _read_session(self) -> dict[str, Any] | None:
        """The session as it is shown. What is asked later has a position above the one noted before."""
        session = session_get(
            organization_id=self.identity.organization_id, user_id=self.identity.user_id, session_id=self.session_id
        )
        if session is None:
            return None
        self._seen_position = last_position(self.session_id)
        return session_in_full(session, user_id=self.identity.user_id)

    def _runs(self) -> QuerySet[Run]:
        return Run.objects.for_organization(self.identity.organization_id).filter(session_id=self.session_id)

    def _run_named(self, frame: Frame) -> Run:
        """The run of this session that a frame names. Raises NotFound."""
        run: Run | None = self._runs().filter(pk=run_id_of(frame)).first()
        if run is None:
            raise NotFound("There is no such run in this session.", code="UNKNOWN_RUN")
        return run

    def _run_to_cancel(self, frame: Frame) -> Run:
        """The run that a frame names, else the one whose turn it is. Raises NotFound, Conflict when nothing is open."""
        if "run_id" in frame:
            return self._run_named(frame)
        runs = list(self._runs().filter(state__in=OPEN_STATES).order_by("created_at", "pk"))
        if not runs:
            raise Conflict("Nothing is being answered.", code="RUN_FINISHED")
        return next((run for run in runs if run.active_session), runs[0])

    async def _watch(self) -> None:
        """Notice what is asked in other tabs and processes, and that the session was deleted."""
        async with bell.on_session(str(self.session_id)) as changes:
            while await self._look():
                await changes.wait(LOOK_SECONDS)

    async def _look(self) -> bool:
        """Show what was asked since the last look; False when the session is gone and the socket closed."""
        try:
            fresh = await in_database(self._asked_since)
        except DatabaseError:
            return True
        if fresh is None:
            await self.end(NOT_FOUND)
            return False
        for answer in fresh:
            self._announce(answer)
        return True

    def _asked_since(self) -> list[Message] | None:
        """The answers asked for since the last look; None when the session is gone."""
        session = session_get(
            organization_id=self.identity.organization_id, user_id=self.identity.user_id, session_id=self.session_id
        )
        return None if session is None else answers_above(self.session_id, self._seen_position)

    def _announce(self, answer: Message) -> None:
        self._seen_position = max(self._seen_position, answer.position)
        if str(answer.run_id) not in self._known:
            question = message_as_json(answer.parent) if answer.parent else None
            self.reply({"type": "run", "run": run_in_session(answer), "question": question})
            self._take(str(answer.run_id))

    def _take(self, run_id: str) -> None:
        """Show a run from its beginning, once."""
        if run_id not in self._known:
            self._known.add(run_id)
            self._show(run_id, 0)

    def _show(self, run_id: str, after: int) -> None:
        self._known.add(run_id)
        if stream := self._streams.pop(run_id, None):
            stream.source.ended = True
            stream.task.cancel()
        self._line = deque(item for item in self._line if item[0] != run_id)
        self._line.append((run_id, after))
        self._show_next()

    def _show_next(self) -> None:
        while self._line and len(self._streams) < STREAMS_AT_ONCE:
            run_id, after = self._line.popleft()
            source = Source()
            self._streams[run_id] = Stream(source, self.begin(self._show_until_end(run_id, after, source)))

    async def _show_until_end(self, run_id: str, after: int, source: Source) -> None:
        await self.show_run(run_id, after, source)
        del self._streams[run_id]
        self._show_next()
