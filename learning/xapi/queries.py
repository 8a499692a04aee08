"""What a reader of statements asks for: the query string, checked (xAPI 1.0.3, part 3, 2.1.3). Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from learning.errors import BadValue
from learning.xapi import values
from learning.xapi.agents_shape import actor
from learning.xapi.checking import Problems
from learning.xapi.formats import FORMATS
from learning.xapi.reading import Term, identifier_of, term

MOST_STATEMENTS = 100
_SINGLE = ("statementId", "voidedStatementId")
_FILTERS = (
    "agent", "verb", "activity", "registration", "related_activities", "related_agents", "since", "until", "limit",
    "ascending",
)  # fmt: skip
PARAMETERS = (*_SINGLE, *_FILTERS, "format", "attachments", "cursor")
# A page's address holds the filters of its query, up to four times as long as here, and a web server takes 16 KiB of it.
LONGEST = 1000
LONGEST_CURSOR = 16_000


@dataclass(frozen=True)
class StatementQuery:
    """``terms`` are those that a statement must all have. A limit of 0 in the query string means the most."""

    statement_id: UUID | None = None
    voided_id: UUID | None = None
    terms: tuple[Term, ...] = ()
    registration: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = MOST_STATEMENTS
    ascending: bool = False
    form: str = "exact"


def query_of(given: Mapping[str, str]) -> StatementQuery:
    """Read a query string's parameters. Raises BadValue naming one that isn't known or doesn't fit."""
    for name, text in given.items():
        if name not in PARAMETERS:
            raise BadValue(f"There is no parameter {name[:50]}; give {', '.join(PARAMETERS)}.", field=name[:50])
        if len(text.encode()) > LONGEST:
            raise BadValue(f"Give at most {LONGEST} bytes of UTF-8.", field=name)
    _refuse_mixtures(given)
    if _flag(given, "attachments"):
        raise BadValue("The data of attachments isn't stored; leave it out or give false.", field="attachments")
    return StatementQuery(
        statement_id=_uuid(given, "statementId"),
        voided_id=_uuid(given, "voidedStatementId"),
        terms=tuple(_terms(given)),
        registration=_uuid(given, "registration"),
        since=_moment(given, "since"),
        until=_moment(given, "until"),
        limit=_limit(given),
        ascending=_flag(given, "ascending"),
        form=_form(given),
    )


def _refuse_mixtures(given: Mapping[str, str]) -> None:
    single = [name for name in _SINGLE if name in given]
    mixed = [name for name in _FILTERS if name in given]
    if len(single) > 1:
        raise BadValue("Give statementId or voidedStatementId, not both.", field=single[1])
    if single and mixed:
        raise BadValue(f"Beside {single[0]} only format and attachments may be given.", field=mixed[0])


def _terms(given: Mapping[str, str]) -> list[Term]:
    found = []
    agents, activities = _flag(given, "related_agents"), _flag(given, "related_activities")
    if "agent" in given:
        kind = "related_agent" if agents else "agent"
        found.append(term(kind, _agent(given["agent"])))
    if "activity" in given:
        kind = "related_activity" if activities else "activity"
        found.append(term(kind, _iri(given, "activity")))
    if "verb" in given:
        found.append(term("verb", _iri(given, "verb")))
    return found


def _agent(text: str) -> str:
    try:
        who: Any = json.loads(text)
        # Half a surrogate pair can be written in JSON, and stands in no statement.
        json.dumps(who, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise BadValue('Give an agent as JSON such as {"mbox": "mailto:ann@example.com"}.', field="agent") from None
    problems = Problems()
    actor(who, "agent", problems)
    if problems.by_path:
        path, texts = next(iter(problems.by_path.items()))
        raise BadValue(f"{path}: {texts[0]}", field=path)
    identifier = identifier_of(who)
    if not identifier:
        raise BadValue("Give an agent or a group with an identifier.", field="agent")
    return identifier


def _iri(given: Mapping[str, str], name: str) -> str:
    if not values.is_iri(given[name]):
        raise BadValue("Give an IRI with its scheme.", field=name)
    return given[name]


def _uuid(given: Mapping[str, str], name: str) -> UUID | None:
    if name not in given:
        return None
    if not values.is_uuid(given[name]):
        raise BadValue("Give a UUID.", field=name)
    return UUID(given[name])


def _moment(given: Mapping[str, str], name: str) -> datetime | None:
    if name not in given:
        return None
    # A plus that wasn't escaped arrives as a blank.
    moment = values.moment_of(given[name].replace(" ", "+"))
    if moment is None:
        raise BadValue("Give a time with its zone such as 2026-01-05T09:30:00Z.", field=name)
    return moment


def _flag(given: Mapping[str, str], name: str) -> bool:
    text = given.get(name, "false").lower()
    if text not in ("true", "false"):
        raise BadValue("Give true or false.", field=name)
    return text == "true"


def _limit(given: Mapping[str, str]) -> int:
    text = given.get("limit", "0")
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise BadValue("Give a whole number, 0 or more.", field="limit")
    return min(int(text) or MOST_STATEMENTS, MOST_STATEMENTS)


def _form(given: Mapping[str, str]) -> str:
    form = given.get("format", "exact")
    if form not in FORMATS:
        raise BadValue(f"Give {', '.join(FORMATS)}.", field="format")
    return form
