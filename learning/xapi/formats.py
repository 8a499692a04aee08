"""The forms in which statements are given back (xAPI 1.0.3, part 3, 2.1.3). Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from learning.xapi.agents_shape import IDENTIFIERS

FORMATS = ("exact", "ids", "canonical")
_CONTEXT_ACTIVITIES = ("parent", "grouping", "category", "other")
Change = Callable[[dict[str, Any]], dict[str, Any]]


def formatted(statement: Mapping[str, Any], form: str, languages: Sequence[str] = ()) -> dict[str, Any]:
    """A statement as it came (``exact``), with no more than identifiers of agents, verbs and activities (``ids``), or
    with each text in one language, the first wanted that there is (``canonical``)."""
    if form == "ids":
        return _mapped(statement, _only_identifier, _only_id, lambda verb: {"id": verb["id"]})
    if form == "canonical":
        return dict(_in_one_language(statement, languages))
    return dict(statement)


def _mapped(statement: Mapping[str, Any], who: Change, activity: Change, verb: Change) -> dict[str, Any]:
    told = dict(statement)
    told["actor"], told["verb"] = who(told["actor"]), verb(told["verb"])
    if "authority" in told:
        told["authority"] = who(told["authority"])
    match told["object"].get("objectType", "Activity"):
        case "Agent" | "Group":
            told["object"] = who(told["object"])
        case "Activity":
            told["object"] = activity(told["object"])
        case "SubStatement":
            told["object"] = _mapped(told["object"], who, activity, verb)
    if "context" in told:
        told["context"] = _mapped_context(told["context"], who, activity)
    return told


def _mapped_context(context: Mapping[str, Any], who: Change, activity: Change) -> dict[str, Any]:
    told = dict(context)
    for name in ("instructor", "team"):
        if name in told:
            told[name] = who(told[name])
    related = told.get("contextActivities")
    if related is not None:
        told["contextActivities"] = {
            name: activity(listed) if isinstance(listed, dict) else [activity(one) for one in listed]
            for name, listed in related.items()
        }
    return told


def _only_identifier(who: dict[str, Any]) -> dict[str, Any]:
    kept = {name: who[name] for name in ("objectType", *IDENTIFIERS) if name in who}
    if not any(name in who for name in IDENTIFIERS):
        kept["member"] = [_only_identifier(member) for member in who["member"]]
    return kept


def _only_id(activity: dict[str, Any]) -> dict[str, Any]:
    return {name: activity[name] for name in ("objectType", "id") if name in activity}


# Where the standard has texts by language.
_LANGUAGE_MAPS = frozenset({"display", "name", "description"})


def _in_one_language(value: Any, languages: Sequence[str]) -> Any:
    if isinstance(value, list):
        return [_in_one_language(part, languages) for part in value]
    if not isinstance(value, dict):
        return value
    told = {}
    for name, part in value.items():
        if name == "extensions":
            told[name] = part
        elif name in _LANGUAGE_MAPS and isinstance(part, dict) and part:
            chosen = _chosen(part, languages)
            told[name] = {chosen: part[chosen]}
        else:
            told[name] = _in_one_language(part, languages)
    return told


def _chosen(texts: Mapping[str, str], languages: Sequence[str]) -> str:
    for wanted in languages:
        for tag in texts:
            if wanted == "*" or tag.lower() == wanted.lower() or tag.lower().startswith(f"{wanted.lower()}-"):
                return tag
    return next(iter(texts))


def languages_of(header: str) -> list[str]:
    """The languages of an ``Accept-Language`` header, the best liked first (RFC 9110, 12.5.4)."""
    weighted = []
    for position, part in enumerate(header[:1000].split(",")[:20]):
        tag, _, weight = part.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if tag.strip() and quality > 0:
            weighted.append((-quality, position, tag.strip()))
    return [tag for _, _, tag in sorted(weighted)]
