"""What is read out of a valid statement: by whom and what it is found, what it equals, what was learned. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from learning.xapi import values
from learning.xapi.durations import minutes_of
from learning.xapi.statements_shape import VOIDED

# What the receiver may set, and what therefore makes no statement another one (xAPI 1.0.3, part 2, 2.3.1).
_SET_BY_RECEIVER = ("id", "stored", "timestamp", "version", "authority")
_CONTEXT_ACTIVITIES = ("parent", "grouping", "category", "other")


class Term(NamedTuple):
    """``kind`` is one of ``StatementTerm.Kind``; ``digest`` is of the identifier."""

    kind: str
    digest: str


def term(kind: str, identifier: str) -> Term:
    return Term(kind, hashlib.sha256(identifier.encode()).hexdigest())


def identifier_of(who: Mapping[str, Any]) -> str:
    """An agent's or group's inverse functional identifier in one spelling; empty for an anonymous group."""
    if "mbox" in who:
        return str(who["mbox"]).lower()
    if "mbox_sha1sum" in who:
        return f"sha1:{who['mbox_sha1sum'].lower()}"
    if "openid" in who:
        return f"openid:{who['openid']}"
    if "account" in who:
        return f"account:{who['account']['homePage']} {who['account']['name']}"
    return ""


def terms_of(statement: Mapping[str, Any]) -> set[Term]:
    """Everything that the filters ``agent``, ``verb`` and ``activity`` find it by, related ones included."""
    found = {term("verb", statement["verb"]["id"])}
    for kind, identifier in (*_direct(statement), *_related(statement)):
        found.add(term(kind, identifier))
        found.add(term(f"related_{kind.removeprefix('related_')}", identifier))
    return found


def _direct(statement: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    target = statement["object"]
    yield from (("agent", identifier) for identifier in _people(statement["actor"]))
    match target.get("objectType", "Activity"):
        case "Agent" | "Group":
            yield from (("agent", identifier) for identifier in _people(target))
        case "Activity":
            yield "activity", target["id"]


def _related(statement: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    context = statement.get("context", {})
    people = [context.get("instructor"), context.get("team"), statement.get("authority")]
    people += [entry["agent"] for entry in context.get("contextAgents", ())]
    people += [entry["group"] for entry in context.get("contextGroups", ())]
    for who in filter(None, people):
        yield from (("related_agent", identifier) for identifier in _people(who))
    for name in _CONTEXT_ACTIVITIES:
        listed = context.get("contextActivities", {}).get(name, ())
        for activity in [listed] if isinstance(listed, dict) else listed:
            yield "related_activity", activity["id"]
    if statement["object"].get("objectType") == "SubStatement":
        for kind, identifier in (*_direct(statement["object"]), *_related(statement["object"])):
            yield f"related_{kind.removeprefix('related_')}", identifier


def _people(who: Mapping[str, Any]) -> Iterator[str]:
    yield from filter(None, map(identifier_of, (who, *who.get("member", ()))))


def reference_of(statement: Mapping[str, Any]) -> str | None:
    """The id of the statement that this one is about."""
    target = statement["object"]
    return target["id"] if target.get("objectType") == "StatementRef" else None


def is_voiding(statement: Mapping[str, Any]) -> bool:
    return bool(statement["verb"]["id"] == VOIDED)


def digest_of(statement: Mapping[str, Any]) -> str:
    """SHA-256 of what makes it that statement: all but what a receiver may set. 1 and 1.0 are the same number."""
    told = {name: value for name, value in statement.items() if name not in _SET_BY_RECEIVER}
    text = json.dumps(_plain(told), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


# Nobody learns from one thing for longer; columns end there, too.
MOST_MINUTES = 100_000
_ADL = "http://adlnet.gov/expapi/verbs/"
_COMPLETING = {_ADL + "completed", _ADL + "passed", _ADL + "mastered", "http://activitystrea.ms/schema/1.0/complete"}
_MEASURING = {_ADL + "scored", _ADL + "failed", _ADL + "mastered"}
_PROGRESSING = {_ADL + "progressed", _ADL + "experienced"}
# How much of an activity is done: cmi5 counts to 100, xAPI's video profile to 1.
_PROGRESS = {
    "https://w3id.org/xapi/cmi5/result/extensions/progress": 100,
    "https://w3id.org/xapi/video/extensions/progress": 1,
}


@dataclass(frozen=True)
class Learned:
    """What a statement says of its actor and an activity: whether it is finished, with what score (0 to 1) in how many
    minutes, and what level (0 to 1) was measured in what it teaches."""

    addresses: tuple[str, ...]
    is_finished: bool
    score: float | None
    minutes: int | None
    level: float | None
    at: datetime | None


def learned_from(statement: Mapping[str, Any]) -> Learned | None:
    """What a statement shows, None for one that shows nothing: docs/learning/xapi.md has the table."""
    verb, target, result = statement["verb"]["id"], statement["object"], statement.get("result", {})
    if target.get("objectType", "Activity") != "Activity" or verb not in _COMPLETING | _MEASURING | _PROGRESSING:
        return None
    score = score_of(result.get("score", {}))
    has_failed = verb == _ADL + "failed" or result.get("success") is False
    finished = not has_failed and result.get("completion", verb in _COMPLETING or _is_all_done(result)) is True
    level = score if has_failed or verb in _MEASURING else None
    if level is None and (has_failed or verb == _ADL + "mastered"):
        level = 0.0 if has_failed else 1.0
    if not finished and level is None:
        return None
    definition, minutes = target.get("definition", {}), minutes_of(result.get("duration", ""))
    return Learned(
        addresses=tuple(filter(None, (target["id"], definition.get("moreInfo")))),
        is_finished=finished,
        score=score,
        minutes=minutes if minutes and minutes <= MOST_MINUTES else None,
        level=level,
        at=values.moment_of(statement.get("timestamp", "")),
    )


def score_of(score: Mapping[str, Any]) -> float | None:
    """A score from 0 to 1: the scaled one, else where the raw one lies between least and most (0 and ``max``)."""
    if "scaled" in score:
        return float(min(1, max(0, score["scaled"])))
    if "raw" not in score or "max" not in score:
        return None
    low, high = score.get("min", 0), score["max"]
    return float(min(1, max(0, (score["raw"] - low) / (high - low)))) if high > low else None


def _is_all_done(result: Mapping[str, Any]) -> bool:
    told = result.get("extensions", {})
    return any(
        isinstance(told.get(name), int | float) and not isinstance(told[name], bool) and told[name] >= whole
        for name, whole in _PROGRESS.items()
    )
