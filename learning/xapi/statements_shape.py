"""Whole statements as tables of properties (xAPI 1.0.3, part 2, 2; IEEE 9274.1.1, 4.2). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from learning.xapi import values
from learning.xapi.activities_shape import activity, extensions, language_map
from learning.xapi.agents_shape import actor, agent, anything, authority, group, iri
from learning.xapi.checking import (
    Check,
    Problems,
    boolean,
    by_type,
    inside,
    listing,
    number,
    one_of,
    shape,
    size,
    text_that,
)

VOIDED = "http://adlnet.gov/expapi/verbs/voided"
SIGNATURE = "http://adlnet.gov/expapi/attachments/signature"

_uuid = text_that(values.is_uuid, "a UUID such as 6690e6c9-3ef0-4ed3-8b37-7f3964730bee")
_timestamp = text_that(
    values.is_timestamp,
    "a time with its zone such as 2026-01-05T09:30:00Z (and not -00:00, which says that it's unknown)",
)
_verb = shape({"id": iri, "display": language_map}, required=("id",))
_reference = shape({"objectType": one_of("StatementRef"), "id": _uuid}, required=("objectType", "id"))


def _score_fits(value: Mapping[str, Any], path: str, problems: Problems) -> None:
    if not -1 <= value.get("scaled", 0) <= 1:
        problems.add(inside(path, "scaled"), "Give a number from -1 to 1.")
    low, high, raw = value.get("min"), value.get("max"), value.get("raw")
    if low is not None and high is not None and low >= high:
        problems.add(inside(path, "min"), "Give a number below max.")
    elif raw is not None and ((low is not None and raw < low) or (high is not None and raw > high)):
        problems.add(inside(path, "raw"), "Give a number from min to max.")


_result = shape(
    {
        "score": shape(dict.fromkeys(("scaled", "raw", "min", "max"), number), rules=[_score_fits]),
        "success": boolean,
        "completion": boolean,
        "response": anything,
        "duration": text_that(values.is_duration, "a duration of ISO 8601 such as PT1H30M"),
        "extensions": extensions,
    }
)


def _activities(value: Any, path: str, problems: Problems) -> None:
    (listing(activity) if isinstance(value, list) else activity)(value, path, problems)


_CONTEXT: dict[str, Check] = {
    "registration": _uuid,
    "instructor": actor,
    "team": group,
    "contextActivities": shape(dict.fromkeys(("parent", "grouping", "category", "other"), _activities)),
    "revision": anything,
    "platform": anything,
    "language": text_that(values.is_language, "a language tag such as en-GB"),
    "statement": _reference,
    "extensions": extensions,
}
# Only in version 2 (IEEE 9274.1.1, 4.2.7).
_relevant_types = listing(iri, minimum=1)
_CONTEXT_2: dict[str, Check] = {
    "contextAgents": listing(
        shape(
            {"objectType": one_of("contextAgent"), "agent": agent, "relevantTypes": _relevant_types},
            required=("objectType", "agent"),
        )
    ),
    "contextGroups": listing(
        shape(
            {"objectType": one_of("contextGroup"), "group": group, "relevantTypes": _relevant_types},
            required=("objectType", "group"),
        )
    ),
}


def _has_content(value: Mapping[str, Any], path: str, problems: Problems) -> None:
    if value["usageType"] == SIGNATURE:
        problems.add(inside(path, "usageType"), "Signed statements aren't supported; send it without its signature.")
    elif "fileUrl" not in value:
        problems.add(
            inside(path, "fileUrl"), "This is missing: the data of attachments isn't stored, only where it lies."
        )


_attachment = shape(
    {
        "usageType": iri,
        "display": language_map,
        "description": language_map,
        "contentType": text_that(values.is_media_type, "a media type such as application/pdf"),
        "length": size,
        "sha2": text_that(values.is_sha2, "the hexadecimal digits of a SHA-2 digest"),
        "fileUrl": iri,
    },
    required=("usageType", "display", "contentType", "length", "sha2"),
    rules=[_has_content],
)


def _context_suits(value: Mapping[str, Any], path: str, problems: Problems) -> None:
    if value["object"].get("objectType", "Activity") == "Activity":
        return
    for name in ("revision", "platform"):
        if name in value.get("context", {}):
            problems.add(inside(path, f"context.{name}"), "Only a statement about an activity has this.")


def _voids_a_statement(value: Mapping[str, Any], path: str, problems: Problems) -> None:
    if value["verb"]["id"] == VOIDED and value["object"].get("objectType") != "StatementRef":
        problems.add(inside(path, "object.objectType"), "A voiding statement's object is a StatementRef.")


def _statement(is_version: Check, context: Mapping[str, Check]) -> Check:
    told: dict[str, Check] = {
        "actor": actor,
        "verb": _verb,
        "result": _result,
        "context": shape(context),
        "timestamp": _timestamp,
        "attachments": listing(_attachment),
    }
    objects = {"Activity": activity, "Agent": agent, "Group": group, "StatementRef": _reference}
    required = ("actor", "verb", "object")
    kind = {"objectType": one_of("SubStatement"), "object": by_type("Activity", objects)}
    inner = shape({**told, **kind}, required=required, rules=[_context_suits])
    outer = {"object": by_type("Activity", {**objects, "SubStatement": inner})}
    added = {"id": _uuid, "stored": _timestamp, "version": is_version, "authority": authority}
    return shape({**told, **outer, **added}, required=required, rules=[_context_suits, _voids_a_statement])


statement_1 = _statement(text_that(values.is_version_1, "1.0.x, such as 1.0.3"), _CONTEXT)
statement_2 = _statement(
    text_that(lambda text: values.is_version_2(text) or values.is_version_1(text), "2.0.0"), {**_CONTEXT, **_CONTEXT_2}
)
