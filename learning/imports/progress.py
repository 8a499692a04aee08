"""Imports what learners have finished and shown; also the older system's ``user_id,course,status,due,attempts``."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.utils import timezone
from django.utils.text import slugify

from learning.imports.cells import Cells, known_columns
from learning.imports.counting import BATCH_ROWS, Importing
from learning.imports.tables import Table
from learning.models import Completion, Evidence, EvidenceKind, Learner, Resource, Skill
from learning.services.evidence import completion_identity
from learning.services.observing import Finished, Seen, learners_lock, mastery_renew, observations_store
from learning.services.rows import EARLIEST

COLUMNS = known_columns(
    "learner",
    "resource",
    "skill",
    "kind",
    "status",
    "value",
    "score",
    "date",
    "minutes",
    "due",
    "attempts",
    learner=("user_id", "user", "email", "learner_id", "learner_email"),
    resource=("course", "resource_key", "title"),
    skill=("skill_key",),
    value=("level",),
    date=("completed_at", "completed_on", "observed_at", "timestamp"),
    minutes=("duration", "time_spent"),
)
LIST_NAME = "progress"
SOURCE = "import"
_DONE = {"completed", "complete", "done", "finished", "passed"}
_OPEN = {
    "", "not_started", "started", "in_progress", "pending", "open", "overdue", "planned", "assigned", "enrolled", "failed",
    "skipped", "todo",
}  # fmt: skip
KINDS = (
    EvidenceKind.QUIZ_RESULT,
    EvidenceKind.SELF_ASSESSMENT,
    EvidenceKind.ATTESTATION,
    EvidenceKind.INCIDENT_RESPONSE,
)
_KIND_WORDS = {"quiz": "quiz_result", "test": "quiz_result", "exam": "quiz_result", "assessment": "self_assessment"}
Told = Finished | Seen


@dataclass(frozen=True)
class Known:
    """Ids by everything that a file may call a learner, a resource or a skill; None where several are called so."""

    learners: Mapping[str, UUID | None]
    resources: Mapping[str, UUID | None]
    skills: Mapping[str, UUID | None]


def progress_import(importing: Importing, table: Table) -> None:
    """Store finished resources and levels of skills: one for each learner and resource, and for each learner, skill,
    kind and date. The same again changes nothing; other figures replace those of an earlier import."""
    known = _known(importing.organization_id)
    now = timezone.now()
    told: list[tuple[int, Told]] = []
    still_open = 0
    for row in table.rows:
        found = _read(Cells(row, importing.refusals), known, now)
        if found is not None:
            told.append((row.line, found))
        elif _is_open(row.cells.get("status")) and "status" in row.cells:
            still_open += 1
    _refuse_repeated(importing, told)
    importing.tick(len(table.rows))
    importing.refusals.settle()
    learners_lock(importing.organization_id, {one.learner_id for _, one in told})
    # Those of one learner together: their mastery is computed once, or twice at the border of two parts.
    for chunk in importing.chunks(sorted((one for _, one in told), key=lambda one: one.learner_id)):
        _store_finished(importing, [one for one in chunk if isinstance(one, Finished)])
        _store_seen(importing, [one for one in chunk if isinstance(one, Seen)])
    importing.rows += len(table.rows)
    if still_open:
        importing.notes.append(f"Rows of what isn't finished yet were passed over: {still_open:,}.")


def _known(organization_id: UUID) -> Known:
    learners = Learner.objects.for_organization(organization_id).order_by("created_at", "pk")
    resources = Resource.objects.for_organization(organization_id).order_by("created_at", "pk")
    skills = Skill.objects.for_organization(organization_id).order_by("created_at", "pk")
    return Known(
        learners=_called(
            [(pk, (str(pk), user)) for pk, user in learners.values_list("pk", "user_id")],
            [(pk, mails) for pk, *mails in learners.values_list("pk", "email", "user__email")],
            [(pk, (name,)) for pk, name in learners.values_list("pk", "name")],
        ),
        resources=_called(
            [(pk, (str(pk), key)) for pk, key in resources.values_list("pk", "key")],
            [(pk, (url,)) for pk, url in resources.values_list("pk", "url")],
            [(pk, (title, slugify(title, allow_unicode=True))) for pk, title in resources.values_list("pk", "title")],
        ),
        skills=_called(
            [(pk, (str(pk), key)) for pk, key in skills.values_list("pk", "key")],
            [(pk, (name, slugify(name, allow_unicode=True))) for pk, name in skills.values_list("pk", "name")],
        ),
    )


def _called(*ways: Iterable[tuple[UUID, Collection[str | None]]]) -> dict[str, UUID | None]:
    """Ids by what they are called, the first way before the next; None for what several are called in the same way."""
    found: dict[str, UUID | None] = {}
    for way in ways:
        here: dict[str, UUID | None] = {}
        for pk, names in way:
            for name in {name.strip().lower() for name in names if name} - {""}:
                here[name] = pk if here.get(name, pk) == pk else None
        found = here | found
    return found


def _is_open(status: object) -> bool:
    return isinstance(status, str) and _word(status) not in _DONE


def _word(text: str) -> str:
    return text.strip().lower().replace(" ", "_").replace("-", "_")


def _read(cells: Cells, known: Known, now: datetime) -> Told | None:
    """What a row tells; None for one that tells of something unfinished, or was refused."""
    learner = _named(cells, "learner", known.learners, "Make the learner first, or give an e-mail address or id.")
    resource = _named(cells, "resource", known.resources, "Import it with import_catalog first.")
    skill = _named(cells, "skill", known.skills, "Import it with import_skills first.")
    _refuse_missing(cells)
    status = cells.choice("status", _DONE | _OPEN)
    at = cells.moment("date")
    if at is not None and at < EARLIEST:
        cells.refuse("date", f"Give a date from {EARLIEST.year} on.")
    if at is not None and at > now and at.date() > now.date():
        cells.refuse("date", "This is still to come.")
    minutes = cells.minutes("minutes")
    score = cells.number("value" if cells.text("value", 40) else "score", 0, 1)
    kind = cells.choice("kind", KINDS, _KIND_WORDS) or EvidenceKind.QUIZ_RESULT.value
    if cells.text("skill", 200) and score is None and not cells.text("score", 40) and not cells.text("value", 40):
        cells.refuse("value", "This is missing: give a number from 0 to 1, or a percentage such as 85%.")
    if learner is None or (resource is None) == (skill is None):
        return None
    if skill is not None:
        day = at.isoformat() if at else "undated"
        return None if score is None else Seen(
            learner_id=learner, skill_id=skill, kind=kind, value=score, at=min(at or now, now), source=SOURCE,
            identity=f"{SOURCE}:{kind}:{day}",
        )  # fmt: skip
    if resource is None or (cells.has("status") and status not in _DONE):
        return None
    return Finished(
        learner_id=learner, resource_id=resource, at=min(at or now, now), source=SOURCE,
        identity=completion_identity(resource), minutes=minutes, score=score,
    )  # fmt: skip


def _named(cells: Cells, name: str, ids: Mapping[str, UUID | None], remedy: str) -> UUID | None:
    told = cells.text(name, 1000)
    if told is None:
        return None
    found = ids.get(told.lower())
    if found is None:
        several = told.lower() in ids
        reason = (
            f"Several are called {told[:100]}; give an id." if several else f"There is no {name} {told[:100]}. {remedy}"
        )
        cells.refuse(name, reason)
    return found


def _refuse_missing(cells: Cells) -> None:
    if cells.text("learner", 1000) is None:
        cells.refuse("learner", "This is missing: give an e-mail address or an id.")
    given = [name for name in ("resource", "skill") if cells.text(name, 1000)]
    if not given:
        cells.refuse("resource", "Give a resource that was finished, or a skill with a value.")
    elif len(given) == 2:
        cells.refuse("skill", "Give a resource or a skill, not both.")


def _refuse_repeated(importing: Importing, told: Iterable[tuple[int, Told]]) -> None:
    lines: dict[tuple[UUID, UUID, str], int] = {}
    for line, one in told:
        about = one.resource_id if isinstance(one, Finished) else one.skill_id
        first = lines.setdefault((one.learner_id, about, one.identity), line)
        if first != line:
            name = "resource" if isinstance(one, Finished) else "skill"
            text = f"The same is told at {importing.refusals.word} {first}. Keep one."
            importing.refusals.add(line, name, text)


def _store_finished(importing: Importing, finished: Sequence[Finished]) -> None:
    if not finished:
        return
    organization_id = importing.organization_id
    learners, resources = {one.learner_id for one in finished}, {one.resource_id for one in finished}
    rows = Completion.objects.for_organization(organization_id).filter(learner__in=learners, resource__in=resources)
    known = {(row.learner_id, row.resource_id): row for row in rows}
    new, changed = [], []
    for one in finished:
        row = known.get((one.learner_id, one.resource_id))
        if row is None:
            new.append(one)
        elif row.source == SOURCE and _differs(row, one):
            changed.append(replace(one, at=row.completed_at if one.at > row.completed_at else one.at))
    if changed:
        pairs = {(one.learner_id, one.resource_id) for one in changed}
        rows.filter(pk__in=[known[pair].pk for pair in pairs]).delete()
        _withdraw_gains(organization_id, pairs)
    observations_store(organization_id=organization_id, finished=[*new, *changed], seen=[])
    same = len(finished) - len(new) - len(changed)
    importing.counts.note("completions", created=len(new), updated=len(changed), unchanged=same)


def _differs(row: Completion, told: Finished) -> bool:
    """Whether the file tells other figures; what it doesn't tell stays."""
    figures = ((told.minutes, row.minutes), (told.score, row.score))
    return any(new is not None and new != old for new, old in figures) or told.at < row.completed_at


def _withdraw_gains(organization_id: UUID, pairs: Collection[tuple[UUID, UUID]]) -> None:
    learners, resources = {learner for learner, _ in pairs}, {resource for _, resource in pairs}
    rows = Evidence.objects.for_organization(organization_id).filter(
        learner__in=learners, resource__in=resources, kind=EvidenceKind.RESOURCE_COMPLETED
    )
    found = rows.order_by().values_list("pk", "learner_id", "resource_id")
    rows.filter(pk__in=[pk for pk, *pair in found if tuple(pair) in pairs]).delete()


def _store_seen(importing: Importing, seen: Sequence[Seen]) -> None:
    if not seen:
        return
    organization_id = importing.organization_id
    learners, identities = {one.learner_id for one in seen}, {one.identity for one in seen}
    rows = Evidence.objects.for_organization(organization_id).filter(learner__in=learners, identity__in=identities)
    known = {(row.learner_id, row.skill_id, row.identity): row for row in rows}
    new, changed = [], []
    for one in seen:
        row = known.get((one.learner_id, one.skill_id, one.identity))
        if row is None:
            new.append(one)
        elif row.value != one.value:
            row.value = one.value
            changed.append(row)
    rows.bulk_update(changed, ["value"], batch_size=BATCH_ROWS)
    mastery_renew(organization_id, {(row.learner_id, row.skill_id) for row in changed})
    observations_store(organization_id=organization_id, finished=[], seen=new)
    same = len(seen) - len(new) - len(changed)
    importing.counts.note("evidence", created=len(new), updated=len(changed), unchanged=same)
