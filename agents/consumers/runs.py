"""``/ws/runs/{run_id}/``: one run's events as they are committed, from any point on."""

from __future__ import annotations

import asyncio

from agents.consumers.base import Frame, Socket, after_of
from agents.consumers.outbox import Source
from agents.runs.database import in_database
from agents.runs.models import Run
from agents.runs.selectors import runs_visible_to
from aurora_site.accounts.models import Role


class RunConsumer(Socket):
    """Sends each event as JSON, the same object as every other transport.

    Client frames: ``{"type": "resume", "after": n}`` starts again behind event ``n``; ``{"type": "cancel"}`` stops the
    run; ``{"type": "approve", "call_id", "decision", "note"?}`` decides on a tool call that waits.
    """

    frames_text = (
        'Send {"type": "resume", "after": n}, {"type": "cancel"} or '
        '{"type": "approve", "call_id": …, "decision": "approve" or "deny"} as text.'
    )
    run: Run
    showing: tuple[Source, asyncio.Task[None]] | None = None

    async def opened(self) -> bool:
        run = await in_database(self._visible_run)
        if run is None:
            return False
        self.run = run
        self._show(0)
        return True

    async def handle(self, frame: Frame) -> bool:
        match frame:
            case {"type": "resume"} if (after := after_of(frame)) is not None:
                self._show(after)
            case {"type": "cancel"}:
                await self.cancel_run(self.run)
            case {"type": "approve"}:
                await self.approve_call(self.run, frame)
            case _:
                return False
        return True

    def _visible_run(self) -> Run | None:
        visible = runs_visible_to(
            organization_id=self.identity.organization_id,
            user_id=self.identity.user_id,
            is_admin=self.identity.has_role(Role.ADMIN),
        )
        return visible.filter(pk=self.scope["url_route"]["kwargs"]["run_id"]).first()

    def _show(self, after: int) -> None:
        if self.showing is not None:
            before, task = self.showing
            before.ended = True
            task.cancel()
        source = Source()
        self.showing = source, self.begin(self.show_run(str(self.run.pk), after, source))
