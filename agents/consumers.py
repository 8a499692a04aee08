"""Websockets: one run's events as they are committed, from any point on."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer

from agents.runs.database import in_database
from agents.runs.host import RunHost
from agents.runs.models import Run
from agents.runs.reader import follow
from agents.runs.selectors import runs_visible_to
from agents.runs.services import run_cancel
from aurora_site.accounts.credentials import credentials_from_scope
from aurora_site.accounts.identity import Identity, demo_identity, identify, is_current
from aurora_site.accounts.models import Role
from aurora_site.core.http.errors import ApiError

LARGEST_FRAME = 16_384
MAXIMUM_SEQ = 2**31 - 1
IDENTITY_CHECK_SECONDS = 15.0
UNAUTHENTICATED, NOT_FOUND, ENDED = 4401, 4404, 4408


class RunConsumer(AsyncWebsocketConsumer):
    """``/ws/runs/{run_id}/``: sends each event as JSON, the same object as every other transport.

    Client frames: ``{"type": "resume", "after": n}`` starts again behind event ``n``; ``{"type": "cancel"}`` stops the
    run. A frame that can't be understood is answered by ``{"type": "error", "code", "detail"}`` and changes nothing.
    """

    identity: Identity
    run: Run
    showing: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Accepts those who may see the run; others are closed with 4401 (nobody) or 4404 (not theirs, or no run)."""
        await self.accept()
        try:
            identity = await in_database(self._identify)
        except ApiError:
            identity = None
        if identity is None:
            await self.close(UNAUTHENTICATED)
            return
        run = await in_database(self._visible_run, identity)
        if run is None:
            await self.close(NOT_FOUND)
            return
        self.identity, self.run = identity, run
        self._show(0)

    async def disconnect(self, code: int) -> None:
        """Stops showing; the run goes on."""
        if self.showing is not None:
            self.showing.cancel()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.showing is None:
            return
        match _frame(text_data):
            case {"type": "resume", "after": int(after)} if 0 <= after <= MAXIMUM_SEQ:
                self._show(after)
            case {"type": "cancel"}:
                await self._cancel()
            case _:
                await self._refuse("BAD_FRAME", 'Send {"type": "resume", "after": n} or {"type": "cancel"} as text.')

    def _identify(self) -> Identity | None:
        credentials = credentials_from_scope(self.scope)
        return identify(credentials) or demo_identity(credentials)

    def _visible_run(self, identity: Identity) -> Run | None:
        visible = runs_visible_to(
            organization_id=identity.organization_id,
            user_id=identity.user_id,
            is_admin=identity.has_role(Role.ADMIN),
        )
        return visible.filter(pk=self.scope["url_route"]["kwargs"]["run_id"]).first()

    def _show(self, after: int) -> None:
        if self.showing is not None:
            self.showing.cancel()
        self.showing = asyncio.get_running_loop().create_task(self._send_events(after))

    async def _send_events(self, after: int) -> None:
        checked = time.monotonic()
        async for event in follow(str(self.run.pk), after):
            if event is not None:
                await self.send(json.dumps(event.as_json(), ensure_ascii=False))
            if time.monotonic() - checked >= IDENTITY_CHECK_SECONDS:
                checked = time.monotonic()
                if not await in_database(is_current, self.identity):
                    await self.close(ENDED)
                    return

    async def _cancel(self) -> None:
        if not self.identity.may_use("POST"):
            await self._refuse("FORBIDDEN", "This key may only read.")
        elif await in_database(run_cancel, run=self.run, actor_id=self.identity.user_id):
            RunHost.current().cancel(str(self.run.pk))
        else:
            await self._refuse("RUN_FINISHED", "The run has ended already.")

    async def _refuse(self, code: str, detail: str) -> None:
        await self.send(json.dumps({"type": "error", "code": code, "detail": detail}))


def _frame(text: str | None) -> Any:
    """A client's frame; None when it isn't a JSON text of sensible size."""
    if not text or len(text) > LARGEST_FRAME:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
