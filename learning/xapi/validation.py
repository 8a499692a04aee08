"""Whether what was sent is a statement, and if not, which properties are to be mended. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from learning.xapi.checking import MOST_PROBLEMS, Problems, unstorable
from learning.xapi.statements_shape import statement_1, statement_2


def problems_of(statement: Any, *, version: int = 1, path: str = "", problems: Problems | None = None) -> Problems:
    """What keeps a value (JSON) from being a statement of xAPI 1.0.3 or, with ``version`` 2, of 2.0: nothing, or paths
    with texts that say how to mend them."""
    found = Problems() if problems is None else problems
    if reason := unstorable(statement):
        found.add(path, reason)
    else:
        (statement_2 if version == 2 else statement_1)(statement, path, found)
    return found


def problems_of_batch(statements: Sequence[Any], *, version: int = 1) -> Problems:
    """As ``problems_of``, for many at once; paths begin with the position as in ``[3].actor.mbox``."""
    found = Problems()
    seen: set[str] = set()
    for index, statement in enumerate(statements):
        path = f"[{index}]"
        before = found.count
        problems_of(statement, version=version, path=path, problems=found)
        if found.count > MOST_PROBLEMS:
            break
        if found.count == before and "id" in statement:
            if statement["id"].lower() in seen:
                found.add(f"{path}.id", "Two statements of the batch have this id.")
            seen.add(statement["id"].lower())
    return found
