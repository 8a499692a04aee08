"""Imports roles: a row for each skill that a role asks for, with the level."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from learning.imports.cells import Cells, known_columns
from learning.imports.counting import BATCH_ROWS, Importing
from learning.imports.tables import Row, Table
from learning.models import Role, RoleSkill, Skill

COLUMNS = known_columns(
    "role", "skill", "level", "description",
    role=("name", "role_name"),
    skill=("skill_key", "key", "skills"),
)  # fmt: skip

LIST_NAME = "roles"


@dataclass(frozen=True)
class _Target:
    line: int
    role: str
    skill: str
    level: float


def roles_import(importing: Importing, table: Table) -> None:
    """Create roles by their name, and set what each asks for of the skills that the file names; its others stay."""
    skills = dict(Skill.objects.for_organization(importing.organization_id).values_list("key", "pk"))
    ids = {key.lower(): pk for key, pk in skills.items()}
    targets: list[_Target] = []
    descriptions: dict[str, str] = {}
    for row in table.rows:
        _read(Cells(row, importing.refusals), ids, targets, descriptions)
    _refuse_repeated(importing, targets)
    importing.tick(len(table.rows))
    importing.refusals.settle()
    roles = _store(importing, {target.role for target in targets} | descriptions.keys(), descriptions)
    _set_levels(importing, roles, ids, targets)
    importing.rows += len(table.rows)
    importing.tick(len(table.rows))


def flattened(table: Table) -> Table:
    """Entries of JSON as ``{"role", "skills": {"key": 0.8}}``, taken apart into a row for each skill."""
    rows = []
    for row in table.rows:
        levels = row.cells.get("skill")
        if not isinstance(levels, dict):
            rows.append(row)
            continue
        rest = {name: cell for name, cell in row.cells.items() if name != "skill"}
        rows += [Row(row.line, {**rest, "skill": key, "level": level}) for key, level in levels.items()] or [
            Row(row.line, rest)
        ]
    return Table(table.columns | {"level"}, rows)


def _read(cells: Cells, ids: Mapping[str, UUID], targets: list[_Target], descriptions: dict[str, str]) -> None:
    role = cells.text("role", 200, required=True)
    if role and (description := cells.text("description", 5000, lines=True)):
        descriptions[role] = description
    skill = (cells.text("skill", 100, required=True) or "").lower()
    level = cells.number("level", 0, 1, above=True)
    if level is None and not cells.row.cells.get("level"):
        cells.refuse("level", "This is missing: give a number above 0, at most 1, or a percentage such as 85%.")
    if skill and skill not in ids:
        cells.refuse("skill", f"There is no skill {skill}; import it with import_skills first.")
    elif role and skill and level is not None:
        targets.append(_Target(cells.row.line, role, skill, level))


def _refuse_repeated(importing: Importing, targets: Sequence[_Target]) -> None:
    lines: dict[tuple[str, str], int] = {}
    for target in targets:
        first = lines.setdefault((target.role, target.skill), target.line)
        if first != target.line:
            text = f"{target.role} has {target.skill} already, at {importing.refusals.word} {first}."
            importing.refusals.add(target.line, "skill", text)


def _store(importing: Importing, names: set[str], descriptions: Mapping[str, str]) -> dict[str, Role]:
    rows = Role.objects.for_organization(importing.organization_id)
    roles = {role.name: role for role in rows.select_for_update()}
    missing = sorted(names - roles.keys())
    new = [Role(organization_id=importing.organization_id, name=name) for name in missing]
    changed = []
    for role in new:
        role.description = descriptions.get(role.name, "")
    for name, description in descriptions.items():
        if name in roles and roles[name].description != description:
            roles[name].description = description
            changed.append(roles[name])
    Role.objects.bulk_create(new, batch_size=BATCH_ROWS)
    rows.bulk_update(changed, ["description"], batch_size=BATCH_ROWS)
    same = len(names) - len(new) - len(changed)
    importing.counts.note("roles", created=len(new), updated=len(changed), unchanged=same)
    return roles | {role.name: role for role in new}


def _set_levels(
    importing: Importing, roles: Mapping[str, Role], ids: Mapping[str, UUID], targets: Sequence[_Target]
) -> None:
    wanted: defaultdict[UUID, dict[UUID, float]] = defaultdict(dict)
    for target in targets:
        wanted[roles[target.role].pk][ids[target.skill]] = target.level
    links = RoleSkill.objects.filter(role__in=wanted)
    known = {(link.role_id, link.skill_id): link for link in links}
    new, changed = [], []
    for role_id, levels in wanted.items():
        for skill_id, level in levels.items():
            link = known.get((role_id, skill_id))
            if link is None:
                new.append(RoleSkill(role_id=role_id, skill_id=skill_id, level=level))
            elif link.level != level:
                link.level = level
                changed.append(link)
    RoleSkill.objects.bulk_create(new, batch_size=BATCH_ROWS)
    RoleSkill.objects.bulk_update(changed, ["level"], batch_size=BATCH_ROWS)
    same = len(targets) - len(new) - len(changed)
    importing.counts.note("targets", created=len(new), updated=len(changed), unchanged=same)
