"""Who: agents and groups, as the standard describes them (xAPI 1.0.3, part 2, 2.4.2). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from learning.xapi import values
from learning.xapi.checking import Check, Problems, by_type, inside, listing, one_of, shape, text_that

IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")

anything = text_that(lambda text: True, "text")
iri = text_that(values.is_iri, "an IRI with its scheme, such as https://example.com/course")
_account = shape({"homePage": iri, "name": text_that(bool, "a name that isn't empty")}, required=("homePage", "name"))
_WHO: dict[str, Check] = {
    "name": anything,
    "mbox": text_that(values.is_mailbox, "an address such as mailto:ann@example.com"),
    "mbox_sha1sum": text_that(values.is_sha1, "the 40 hexadecimal digits of a SHA-1 digest"),
    "openid": iri,
    "account": _account,
}


def _one_identifier(value: Mapping[str, Any], path: str, problems: Problems) -> None:
    given = [name for name in IDENTIFIERS if name in value]
    if len(given) != 1:
        problems.add(path, f"Give exactly one of {', '.join(IDENTIFIERS)}.")


def _group_is_named(value: Mapping[str, Any], path: str, problems: Problems) -> None:
    if any(name in value for name in IDENTIFIERS):
        _one_identifier(value, path, problems)
    elif not value.get("member"):
        problems.add(inside(path, "member"), "A group without an identifier needs members.")


agent = shape({"objectType": one_of("Agent"), **_WHO}, rules=[_one_identifier])
group = shape(
    {"objectType": one_of("Group"), **_WHO, "member": listing(agent)}, required=("objectType",), rules=[_group_is_named]
)
actor = by_type("Agent", {"Agent": agent, "Group": group})


def _is_of_two(value: Mapping[str, Any], path: str, problems: Problems) -> None:
    if value.get("objectType") == "Group" and (
        len(value.get("member", ())) != 2 or any(name in value for name in IDENTIFIERS)
    ):
        problems.add(path, "A group as authority has two members and no identifier of its own (OAuth).")


def authority(value: Any, path: str, problems: Problems) -> None:
    """An agent, or the group of two that OAuth makes."""
    before = problems.count
    actor(value, path, problems)
    if problems.count == before:
        _is_of_two(value, path, problems)
