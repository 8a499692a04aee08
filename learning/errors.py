"""What the learning services refuse. ``field`` names the input that is to be mended."""

from __future__ import annotations


class LearningError(Exception):
    """Base of the refusals of this app."""

    field = ""

    def __init__(self, text: str, *, field: str = "") -> None:
        super().__init__(text)
        self.field = field or self.field


class UnknownReference(LearningError):
    """An id that names nothing in the organisation."""


class PrerequisiteCycle(LearningError):
    """Prerequisites under which a skill would have to be learned before itself."""

    field = "prerequisites"


class AlreadyExists(LearningError):
    """A row that its unique constraint allows once."""
