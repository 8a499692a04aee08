"""Imports skills with what comes before them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from learning.graph import any_cycle
from learning.imports.cells import Cells, known_columns
from learning.imports.counting import BATCH_ROWS, Importing, changed_fields
from learning.imports.tables import Table
from learning.models import Skill, SkillPrerequisite
from learning.selectors.catalogue import prerequisite_graph

COLUMNS = known_columns(
    "key",
    "name",
    "description",
    "prerequisites",
    "external_refs",
    key=("skill_key", "id"),
    name=("skill", "title"),
    prerequisites=("requires", "needs", "prerequisite"),
    external_refs=("external_references", "refs"),
)
LIST_NAME = "skills"
MOST_REFERENCES = 20


@dataclass(frozen=True)
class _Wanted:
    line: int
    key: str
    fields: Mapping[str, Any]
    prerequisites: Sequence[str] | None


def skills_import(importing: Importing, table: Table) -> None:
    """Create and change skills by their key. A column that isn't there leaves what it is about as it is."""
    # One change of the graph at a time, as everywhere: two that are harmless alone can close a cycle together.
    rows = Skill.objects.for_organization(importing.organization_id).order_by("pk").select_for_update()
    known = {skill.key.lower(): skill for skill in rows}
    read = (_read(Cells(row, importing.refusals), known) for row in table.rows)
    wanted = [one for one in read if one]
    _refuse_repeated(importing, wanted)
    _refuse_unknown(importing, wanted, known)
    importing.tick(len(table.rows))
    importing.refusals.settle()
    _store(importing, wanted, known)
    graph = prerequisite_graph(importing.organization_id)
    _link(importing, wanted, {key: skill.pk for key, skill in known.items()}, graph)


def _read(cells: Cells, known: Mapping[str, Skill]) -> _Wanted | None:
    name = cells.text("name", 200)
    key = cells.key("key", instead=name or "")
    if key is None:
        cells.refuse("key", "Give a key, or a name to make one from.")
        return None
    if name is None and key not in known:
        cells.refuse("name", "This is missing; a new skill needs it.")
    fields: dict[str, Any] = {"name": name} if name else {}
    if cells.has("description"):
        fields["description"] = cells.text("description", 5000, lines=True) or ""
    if cells.has("external_refs"):
        fields["external_refs"] = _references(cells)
    prerequisites = [part.lower() for part in cells.parts("prerequisites")] if cells.has("prerequisites") else None
    return _Wanted(cells.row.line, key, fields, prerequisites)


def _references(cells: Cells) -> list[dict[str, str]]:
    given = cells.row.cells["external_refs"]
    if isinstance(given, list) and all(isinstance(part, dict) for part in given):
        pairs = [(part.get("scheme"), part.get("identifier")) for part in given]
    else:
        split = (part.partition(":") for part in cells.parts("external_refs"))
        pairs = [(scheme.strip(), identifier.strip()) for scheme, _, identifier in split]
    if not all(_is_text(scheme, 50) and _is_text(identifier, 500) for scheme, identifier in pairs):
        cells.refuse("external_refs", "Give scheme:identifier, such as esco:http://data.europa.eu/esco/skill/1.")
        return []
    if len(pairs) > MOST_REFERENCES:
        cells.refuse("external_refs", f"Give at most {MOST_REFERENCES}.")
    return [{"scheme": scheme, "identifier": identifier} for scheme, identifier in pairs]


def _is_text(value: Any, longest: int) -> bool:
    return isinstance(value, str) and 0 < len(value) <= longest and value.isprintable()


def _refuse_repeated(importing: Importing, wanted: Iterable[_Wanted]) -> None:
    lines: dict[str, int] = {}
    for one in wanted:
        first = lines.setdefault(one.key, one.line)
        if first != one.line:
            importing.refusals.add(
                one.line, "key", f"{one.key} is there already, at {importing.refusals.word} {first}."
            )


def _refuse_unknown(importing: Importing, wanted: Sequence[_Wanted], known: Mapping[str, Skill]) -> None:
    names = known.keys() | {one.key for one in wanted}
    for one in wanted:
        for key in one.prerequisites or ():
            if key not in names:
                text = f"There is no skill {key[:100]}, neither here nor in the file."
                importing.refusals.add(one.line, "prerequisites", text)


def _store(importing: Importing, wanted: Sequence[_Wanted], known: dict[str, Skill]) -> None:
    """Creates and changes; ``known`` has all of them afterwards."""
    new, changed = [], []
    for one in wanted:
        skill = known.get(one.key)
        if skill is None:
            known[one.key] = Skill(organization_id=importing.organization_id, key=one.key, **one.fields)
            new.append(known[one.key])
        elif changed_fields(skill, dict(one.fields)):
            changed.append(skill)
    Skill.objects.bulk_create(new, batch_size=BATCH_ROWS)
    rows = Skill.objects.for_organization(importing.organization_id)
    rows.bulk_update(changed, ["name", "description", "external_refs"], batch_size=BATCH_ROWS)
    same = len(wanted) - len(new) - len(changed)
    importing.counts.note("skills", created=len(new), updated=len(changed), unchanged=same)
    importing.rows += len(wanted)


def _link(
    importing: Importing, wanted: Sequence[_Wanted], ids: Mapping[str, UUID], graph: dict[UUID, set[UUID]]
) -> None:
    before = {skill_id: set(links) for skill_id, links in graph.items()}
    for one in wanted:
        if one.prerequisites is not None:
            graph[ids[one.key]] = {ids[key] for key in one.prerequisites}
    _refuse_cycle(importing, wanted, {pk: key for key, pk in ids.items()}, graph)
    added, removed = [], []
    for one in wanted:
        skill_id = ids[one.key]
        old, now = before.get(skill_id, set()), graph.get(skill_id, set())
        added += [SkillPrerequisite(skill_id=skill_id, prerequisite_id=pk) for pk in sorted(now - old)]
        if old - now:
            removed.append((skill_id, old - now))
    for skill_id, gone in removed:
        SkillPrerequisite.objects.filter(skill_id=skill_id, prerequisite_id__in=gone).delete()
    SkillPrerequisite.objects.bulk_create(added, batch_size=BATCH_ROWS)
    importing.counts.note("prerequisites", created=len(added), updated=sum(len(gone) for _, gone in removed))
    importing.tick(len(wanted))


def _refuse_cycle(
    importing: Importing, wanted: Sequence[_Wanted], keys: Mapping[UUID, str], graph: Mapping[UUID, set[UUID]]
) -> None:
    cycle = any_cycle(graph)
    if cycle is None:
        return
    lines = {one.key: one.line for one in wanted}
    circle = [keys[pk] for pk in cycle]
    at = [lines[key] for key in circle[:-1] if key in lines]
    told = " needs ".join(circle)
    places = f" ({importing.refusals.word}s {', '.join(map(str, sorted(at)))})" if len(at) > 1 else ""
    importing.refusals.add(min(at, default=1), "prerequisites", f"These go round: {told}{places}. Take one out.")
    importing.refusals.settle()
