"""Imports resources with the skills that they teach; also the older system's ``title,tags,url,duration,level``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.text import slugify

from learning.imports.cells import Cells, known_columns
from learning.imports.counting import BATCH_ROWS, Importing, changed_fields
from learning.imports.tables import Table
from learning.models import Resource, ResourceKind, ResourceLevel, ResourceSkill, Skill

COLUMNS = known_columns(
    "key",
    "title",
    "url",
    "kind",
    "level",
    "minutes",
    "rating",
    "skills",
    "tags",
    "offered",
    key=("resource", "resource_key", "id"),
    title=("name",),
    url=("link", "address"),
    kind=("type",),
    minutes=("duration", "time", "length"),
    skills=("gains",),
)
LIST_NAME = "resources"
LEVELS = {
    "basic": "beginner", "easy": "beginner", "all": "beginner", "all_levels": "beginner", "medium": "intermediate",
    "hard": "advanced", "expert": "advanced",
}  # fmt: skip
KINDS = {
    "doc": "document", "docs": "document", "documentation": "document", "tutorial": "course", "training": "course",
    "blog": "article", "lab": "exercise", "practice": "exercise", "playlist": "video",
}  # fmt: skip
# What a resource brings of a skill that only a tag names.
TAG_GAIN = 0.3
FIELDS = ["title", "url", "kind", "level", "minutes", "rating", "offered"]
_valid_url = URLValidator(schemes=["http", "https"])


@dataclass(frozen=True)
class _Wanted:
    line: int
    key: str
    fields: Mapping[str, Any]
    gains: Mapping[UUID, float] | None


def catalog_import(importing: Importing, table: Table) -> None:
    """Create and change resources by their key. A column that isn't there leaves what it is about as it is."""
    skills = _skills(importing.organization_id)
    rows = Resource.objects.for_organization(importing.organization_id).order_by("pk").select_for_update()
    known = {resource.key.lower(): resource for resource in rows}
    passed_over: dict[str, None] = {}
    read = (_read(Cells(row, importing.refusals), known, skills, passed_over) for row in table.rows)
    wanted = [one for one in read if one]
    _refuse_repeated(importing, wanted)
    importing.tick(len(table.rows))
    importing.refusals.settle()
    for chunk in importing.chunks(wanted):
        _store(importing, chunk, known)
    importing.rows += len(wanted)
    if passed_over:
        told = ", ".join(list(passed_over)[:20])
        importing.notes.append(f"Tags that name no skill were passed over ({len(passed_over)}): {told}.")


def _skills(organization_id: UUID) -> dict[str, UUID]:
    """Skills by key and, where no key is like it, by name as a key."""
    rows = list(Skill.objects.for_organization(organization_id).values_list("key", "name", "pk"))
    by_name = {slugify(name, allow_unicode=True): pk for _, name, pk in reversed(rows)}
    return by_name | {key.lower(): pk for key, _, pk in rows}


def _read(
    cells: Cells, known: Mapping[str, Resource], skills: Mapping[str, UUID], passed_over: dict[str, None]
) -> _Wanted | None:
    title = cells.text("title", 200)
    key = cells.key("key", instead=title or "")
    if key is None:
        cells.refuse("key", "Give a key, or a title to make one from.")
        return None
    fields: dict[str, Any] = {
        "title": title,
        "kind": cells.choice("kind", ResourceKind.values, KINDS),
        "level": cells.choice("level", ResourceLevel.values, LEVELS),
        "minutes": cells.minutes("minutes"),
        "offered": cells.truth("offered"),
    }
    fields = {name: value for name, value in fields.items() if value is not None}
    if cells.has("url"):
        fields["url"] = _url(cells)
    if cells.has("rating"):
        fields["rating"] = cells.number("rating", 0, 5)
    if key not in known:
        for name in ("title", "minutes"):
            if name not in fields and not cells.row.cells.get(name):
                cells.refuse(name, "This is missing; a new resource needs it.")
        fields = {"kind": ResourceKind.COURSE.value, **fields}
    return _Wanted(cells.row.line, key, fields, _gains(cells, skills, passed_over))


def _url(cells: Cells) -> str:
    url = cells.text("url", 1000) or ""
    try:
        if url:
            _valid_url(url)
    except ValidationError:
        cells.refuse("url", "Give an address with http:// or https://, or nothing.")
    return url


def _gains(cells: Cells, skills: Mapping[str, UUID], passed_over: dict[str, None]) -> dict[UUID, float] | None:
    gains: dict[UUID, float] = {}
    for tag in cells.parts("tags") if cells.has("tags") else ():
        skill_id = skills.get(slugify(tag, allow_unicode=True))
        if skill_id is None:
            passed_over[tag[:50]] = None
        else:
            gains[skill_id] = TAG_GAIN
    for key, gain in cells.shares("skills").items() if cells.has("skills") else ():
        if key in skills:
            gains[skills[key]] = gain
        else:
            cells.refuse("skills", f"There is no skill {key[:100]}; import it with import_skills first.")
    return gains if cells.has("skills") or gains else None


def _refuse_repeated(importing: Importing, wanted: Sequence[_Wanted]) -> None:
    lines: dict[str, int] = {}
    for one in wanted:
        first = lines.setdefault(one.key, one.line)
        if first != one.line:
            text = f"{one.key} is there already, at {importing.refusals.word} {first}. Give each a key of its own."
            importing.refusals.add(one.line, "key", text)


def _store(importing: Importing, wanted: Sequence[_Wanted], known: dict[str, Resource]) -> None:
    new: list[Resource] = []
    changed: dict[UUID, Resource] = {}
    for one in wanted:
        resource = known.get(one.key)
        if resource is None:
            known[one.key] = Resource(organization_id=importing.organization_id, key=one.key, **one.fields)
            new.append(known[one.key])
        elif changed_fields(resource, dict(one.fields)):
            changed[resource.pk] = resource
    Resource.objects.bulk_create(new, batch_size=BATCH_ROWS)
    rows = Resource.objects.for_organization(importing.organization_id)
    rows.bulk_update(changed.values(), FIELDS, batch_size=BATCH_ROWS)
    gains = {known[one.key].pk: one.gains for one in wanted if one.gains is not None}
    touched = (_set_gains(gains) | changed.keys()) - {resource.pk for resource in new}
    same = len(wanted) - len(new) - len(touched)
    importing.counts.note("resources", created=len(new), updated=len(touched), unchanged=same)


def _set_gains(wanted: Mapping[UUID, Mapping[UUID, float]]) -> set[UUID]:
    """Make what resources teach what is wanted; the resources for which that is a change."""
    links = ResourceSkill.objects.filter(resource__in=wanted)
    known = {(link.resource_id, link.skill_id): link for link in links}
    gone = [link for (resource, skill), link in known.items() if skill not in wanted[resource]]
    new, changed = [], []
    for resource_id, gains in wanted.items():
        for skill_id, gain in gains.items():
            link = known.get((resource_id, skill_id))
            if link is None:
                new.append(ResourceSkill(resource_id=resource_id, skill_id=skill_id, gain=gain))
            elif link.gain != gain:
                link.gain = gain
                changed.append(link)
    links.filter(pk__in=[link.pk for link in gone]).delete()
    ResourceSkill.objects.bulk_create(new, batch_size=BATCH_ROWS)
    ResourceSkill.objects.bulk_update(changed, ["gain"], batch_size=BATCH_ROWS)
    return {link.resource_id for link in (*new, *changed, *gone)}
