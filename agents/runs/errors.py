"""Refusals of the runs, each told to the caller (``aurora_site.api.errors`` has their status)."""

from __future__ import annotations


class RunError(Exception):
    """Base of the runs' refusals; its text is for the caller."""

    text = ""

    def __init__(self, text: str = "") -> None:
        super().__init__(text or self.text)


class SessionBusy(RunError):
    """The conversation already works on a run, and the caller asked not to wait for it."""

    text = 'The conversation is busy with an answer. Wait for its end, or send on_conflict "enqueue" or "interrupt".'


class IdempotencyKeyReused(RunError):
    """An ``Idempotency-Key`` came again with another question."""

    text = "This Idempotency-Key was sent before with another request. Use a new key for each request."
    field = "Idempotency-Key"


class RunOpen(RunError):
    """What was asked for needs a run that has ended, and this one hasn't."""

    text = "The run has not ended yet. Wait for its end, or cancel it."
