"""What ``manage.py doctor`` found about one part."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

State = Literal["ok", "warning", "broken"]


@dataclass(frozen=True)
class Finding:
    """One line of the report. ``mend`` says what to do; it is empty when all is well."""

    part: str
    state: State
    message: str
    mend: str = ""

    def as_json(self) -> dict[str, str]:
        return asdict(self)
