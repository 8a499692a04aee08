"""What: activities with their definitions and interactions (xAPI 1.0.3, part 2, 2.4.4.1). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from learning.xapi import values
from learning.xapi.agents_shape import anything, iri
from learning.xapi.checking import Check, Problems, inside, keyed, listing, one_of, shape, text_that

# Which lists of components each kind of interaction has.
INTERACTIONS: Mapping[str, tuple[str, ...]] = {
    "true-false": (),
    "choice": ("choices",),
    "fill-in": (),
    "long-fill-in": (),
    "matching": ("source", "target"),
    "performance": ("steps",),
    "sequencing": ("choices",),
    "likert": ("scale",),
    "numeric": (),
    "other": (),
}
_COMPONENTS = ("choices", "scale", "source", "target", "steps")

language_map = keyed(values.is_language, "a language tag such as en-GB", anything)
extensions = keyed(values.is_iri, "an IRI")
_component = shape({"id": text_that(bool, "an id that isn't empty"), "description": language_map}, required=("id",))
_parts: Check = listing(_component)


def _components_fit(value: Mapping[str, Any], path: str, problems: Problems) -> None:
    kind = value.get("interactionType")
    for name in ("correctResponsesPattern", *_COMPONENTS):
        if name not in value:
            continue
        if kind is None:
            problems.add(inside(path, "interactionType"), f"This is missing; {name} needs it.")
        elif name in _COMPONENTS and name not in INTERACTIONS[kind]:
            problems.add(inside(path, name), f"An interaction of type {kind} has none.")
        elif name in _COMPONENTS and len({part["id"] for part in value[name]}) < len(value[name]):
            problems.add(inside(path, name), "Two have the same id.")


definition = shape(
    {
        "name": language_map,
        "description": language_map,
        "type": iri,
        "moreInfo": iri,
        "extensions": extensions,
        "interactionType": one_of(*INTERACTIONS),
        "correctResponsesPattern": listing(anything),
        **dict.fromkeys(_COMPONENTS, _parts),
    },
    rules=[_components_fit],
)
activity = shape({"objectType": one_of("Activity"), "id": iri, "definition": definition}, required=("id",))
