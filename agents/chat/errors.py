"""Why a change of a conversation is refused. Each text is shown to the caller."""

from __future__ import annotations


class UnknownSession(LookupError):
    """There is no such session, or it was deleted, or it is another's: which of these is not said."""

    def __init__(self) -> None:
        super().__init__("There is no such chat session.")


class UnknownMessage(LookupError):
    """The address names a message that the session doesn't have."""

    def __init__(self) -> None:
        super().__init__("There is no such message in this session.")


class UnfitMessage(ValueError):
    """A message can't be used as it was asked for. ``field`` names the part of the request that says so."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


class SessionFull(Exception):
    """A session has as many messages as it may have."""
