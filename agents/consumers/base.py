"""What Aurora's websockets share: who may open them, frames in and out, and the end of an identity."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID

from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import DatabaseError

from agents.consumers.outbox import Outbox, OutboxFull, Source
from agents.runs import dispatch
from agents.runs.approvals import CHOICES, approval_decide
from agents.runs.database import in_database
from agents.runs.models import Run
from agents.runs.reader import follow
from agents.runs.services import run_cancel
from aurora_site.accounts.credentials import Credentials, credentials_from_scope
from aurora_site.accounts.identity import Identity, demo_identity, identify, is_current
from aurora_site.accounts.refusals import refusal_note
from aurora_site.core.http.errors import ApiError, BadRequest, Conflict, Forbidden, NotFound

logger = logging.getLogger(__name__)

MAXIMUM_SEQ = 2**31 - 1
IDENTITY_CHECK_SECONDS = 15.0
# No person at a page sends more; a script that does is told to stop.
FRAMES_IN_A_WINDOW, FRAME_WINDOW_SECONDS = 60, 10.0
FORBIDDEN = Forbidden.default_code
UNAUTHENTICATED, NOT_FOUND, ENDED, TOO_FAST, BROKEN = 4401, 4404, 4408, 4429, 1011

# An exception as ``{"code","detail"}`` with more where there is more; None for one that nobody foresaw.
Explain = Callable[[Exception], dict[str, Any] | None]
Frame = dict[str, Any]


class Socket(AsyncWebsocketConsumer):
    """A websocket of somebody signed in: by session cookie with our Origin, bearer token, API key or ticket.

    Closes with 4401 (nobody), 4404 (not theirs, or nothing there), 4408 (the sign-in ended), 4429 (frames faster than
    anyone reads or writes). A frame that can't be served is answered by ``{"type": "error", "code", "detail"}`` and
    changes nothing.
    """

    # A channel layer that is away must not close a socket: the bell, which reconnects, tells what it would.
    channel_layer_alias = ""
    largest_frame = 16_384
    frames_text = ""
    identity: Identity
    credentials: Credentials

    def __init__(self, *, explain: Explain) -> None:
        super().__init__()
        self._explain = explain
        self._outbox = Outbox(self.send)
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_open = False
        self._window, self._frames = 0.0, 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            for task in self._tasks:
                task.cancel()

    async def connect(self) -> None:
        """Accepts those who may see what the address names; others are closed with the code that says why."""
        await self.accept()
        identity = await in_database(self._identified)
        if identity is None:
            await self.close(UNAUTHENTICATED)
            return
        self.identity = identity
        if not await self.opened():
            await self.close(NOT_FOUND)
            return
        self._is_open = True
        self.begin(self._outbox.work())
        self.begin(self._guard())

    async def opened(self) -> bool:
        """Begin to show what the address names; False when the caller may not see it."""
        raise NotImplementedError

    async def handle(self, frame: Frame) -> bool:
        """Serve a frame; False when it makes no sense. What it raises is told to the client."""
        raise NotImplementedError

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if not self._is_open:
            return
        if self._is_too_fast():
            await self.end(TOO_FAST)
            return
        try:
            await self._serve(_parsed(text_data, self.largest_frame))
        except OutboxFull:
            await self.end(TOO_FAST)

    async def end(self, code: int) -> None:
        """Close the socket: nothing more is heard from it or sent to it."""
        self._is_open = False
        for task in self._tasks - {asyncio.current_task()}:
            task.cancel()
        await self.close(code)

    def reply(self, frame: Frame) -> None:
        """Answer the client. Raises OutboxFull for one that doesn't read its answers."""
        self._outbox.reply(json.dumps(frame, ensure_ascii=False))

    def begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do something while the socket is open; if it fails, the socket closes and the client may come again."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def show_run(self, run_id: str, after: int, source: Source) -> None:
        """Send a run's events numbered above ``after``, until its last."""
        async for event in follow(run_id, after):
            if event is not None:
                await self._outbox.show(event.text, source)

    def require_writing(self) -> None:
        """Raises Forbidden for a key that may only read."""
        if not self.identity.may_use("POST"):
            raise Forbidden("This key may only read.")

    async def cancel_run(self, run: Run) -> None:
        """Stop a run, whichever process carries it out."""
        self.require_writing()
        if not await in_database(run_cancel, run=run, actor_id=self.identity.user_id):
            raise Conflict("The run has ended already.", code="RUN_FINISHED")
        await dispatch.cancel(str(run.pk))

    async def approve_call(self, run: Run, frame: Frame) -> None:
        """Decide on a tool call that waits, and let its run go on."""
        self.require_writing()
        call_id, decision, note = frame.get("call_id"), frame.get("decision"), frame.get("note", "")
        if not isinstance(call_id, str) or decision not in CHOICES or not isinstance(note, str):
            raise BadRequest("Give call_id, decision (approve or deny) and, if you like, a note.", code="BAD_FRAME")
        call = await in_database(
            approval_decide,
            run=run,
            call_id=call_id,
            decision=decision,
            actor_id=self.identity.user_id,
            note=note,
        )
        self.reply({"type": "decided", "run_id": str(run.pk), "call_id": call.call_id, "state": call.state})
        await dispatch.start(str(run.pk))

    def _identified(self) -> Identity | None:
        self.credentials = credentials_from_scope(self.scope)
        try:
            return identify(self.credentials) or demo_identity(self.credentials)
        except ApiError:
            return None

    async def _serve(self, frame: Frame | None) -> None:
        try:
            served = frame is not None and await self.handle(frame)
        except OutboxFull:
            raise
        except Exception as error:
            known = self._explain(error)
            if known is None:
                logger.exception("a websocket frame failed")
                known = {"code": "INTERNAL_ERROR", "detail": "Something failed inside Aurora."}
            if known["code"] == FORBIDDEN:
                await in_database(refusal_note, self.identity, method="WEBSOCKET", route="websocket", code=FORBIDDEN)
            self.reply({"type": "error", **known})
            return
        if not served:
            self.reply({"type": "error", "code": "BAD_FRAME", "detail": self.frames_text})

    def _is_too_fast(self) -> bool:
        now = time.monotonic()
        if now - self._window > FRAME_WINDOW_SECONDS:
            self._window, self._frames = now, 0
        self._frames += 1
        return self._frames > FRAMES_IN_A_WINDOW

    async def _guard(self) -> None:
        """Close when the identity ends; a database that is away ends nobody's."""
        while True:
            await asyncio.sleep(IDENTITY_CHECK_SECONDS)
            try:
                current = await in_database(is_current, self.identity)
            except DatabaseError:
                continue
            if not current:
                await self.end(ENDED)
                return

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled() or task.exception() is None:
            return
        logger.warning("a websocket closes: %s", task.exception())
        if self._is_open:
            self.begin(self.end(BROKEN))


def run_id_of(frame: Frame) -> UUID:
    """The run that a frame names. Raises NotFound for what is no id."""
    try:
        return UUID(str(frame.get("run_id", "")))
    except ValueError:
        raise NotFound("There is no such run here.", code="UNKNOWN_RUN") from None


def after_of(frame: Frame) -> int | None:
    """Where a ``resume`` goes on; None when the frame doesn't say it as a whole number."""
    after = frame.get("after")
    return after if type(after) is int and 0 <= after <= MAXIMUM_SEQ else None


def _parsed(text: str | None, largest: int) -> Frame | None:
    """A client's frame; None when it isn't a JSON object of sensible size."""
    if not text or len(text) > largest:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
