"""What the learning services refuse. ``field`` names the input that is to be mended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


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


class BadValue(LearningError):
    """A value that is no value of its kind, or not here."""


class UnknownLearner(LearningError):
    """No learner of the organisation has this id."""


class UnknownTeam(LearningError):
    """No team of the organisation has this id."""


class UnknownPlan(LearningError):
    """No plan of the organisation has this id."""


class UnknownItem(LearningError):
    """The plan has no item of this id."""


class PlanSuperseded(LearningError):
    """A change of a version that another one has replaced. ``details`` names the plan that holds, if there is one."""

    def __init__(self, text: str, *, active_plan: object = None) -> None:
        super().__init__(text)
        self.details = {"active_plan": str(active_plan) if active_plan else None}


class PlanFinished(LearningError):
    """A change of a plan of which everything is settled."""


class ItemSettled(LearningError):
    """An item that is done can't be skipped, nor the other way round."""


class StatementConflict(LearningError):
    """An id under which another xAPI statement is stored."""

    field = "id"


class CannotVoid(LearningError):
    """An xAPI statement that can't be voided, since it voids another."""

    field = "object.id"


class NotTheirStatement(LearningError):
    """An xAPI statement about somebody else, or one that somebody else stored."""


class NotRetriable(LearningError):
    """A reminder that isn't one that was given up."""


class UnreadableImport(LearningError):
    """A file to import in which rows can't be used. ``details`` has the lines, with field and how to mend them."""

    field = "file"

    def __init__(self, text: str, *, rows: Sequence[Mapping[str, object]] = (), count: int = 0) -> None:
        super().__init__(text)
        self.rows, self.count = rows, count
        self.details = {"rows": list(rows), "refused": count} if rows else {}
