"""``/ws/incidents/``: what happens to the organisation's incidents, over a websocket."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qs
from uuid import UUID

from agents.consumers.base import Frame, Socket, after_of
from agents.consumers.outbox import Source
from agents.runs.database import in_database
from aurora_site.accounts.models import Role
from incidents.following import follow, last_seq


class IncidentsConsumer(Socket):
    """Sends each change as JSON, the same object as the event stream; from now on, or behind ``?after=``.

    The first frame is ``{"type": "following", "after": n}``: where it begins.
    Client frames: ``{"type": "resume", "after": n}`` starts again behind change ``n``. A frame of type ``reset`` says that
    too much happened since: load the list anew.
    """

    frames_text = 'Send {"type": "resume", "after": n} as text.'
    organization_id: UUID
    showing: tuple[Source, asyncio.Task[None]] | None = None

    async def opened(self) -> bool:
        organization_id = self.identity.organization_id
        if organization_id is None or not self.identity.has_role(Role.VIEWER):
            return False
        self.organization_id = organization_id
        asked = parse_qs(self.scope.get("query_string", b"").decode("ascii", "replace")).get("after", [""])[0]
        known = asked.isascii() and asked.isdigit() and len(asked) <= 18
        self._show(int(asked) if known else await in_database(last_seq, organization_id))
        return True

    async def handle(self, frame: Frame) -> bool:
        after = after_of(frame) if frame.get("type") == "resume" else None
        if after is None:
            return False
        self._show(after)
        return True

    def _show(self, after: int) -> None:
        self.reply({"type": "following", "after": after})
        if self.showing is not None:
            before, task = self.showing
            before.ended = True
            task.cancel()
        source = Source()
        self.showing = source, self.begin(self._show_changes(after, source))

    async def _show_changes(self, after: int, source: Source) -> None:
        async for change in follow(self.organization_id, after):
            if change is not None:
                await self._outbox.show(change.text, source)
