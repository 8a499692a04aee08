"""Removes people's texts from the ledger. The records stay, and so does every proof: they hold commitments alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.db.models import Q

from audit.models import PersonalText
from aurora_site.core.erasure import Erasure, Person

# Ids in one statement.
BATCH = 500


def texts_erase(
    *, person_id: str = "", subjects: tuple[str, Collection[object]] = ("", ()), containing: str = ""
) -> int:
    """Delete texts with their salts, so that not even a guess can be confirmed; how many.

    Those of a person and about their account, or those of records about subjects (type and ids); in both only those
    that contain a text, where one is given. A text alone is looked for everywhere.
    """
    within = Q(text__icontains=containing) if containing else Q()
    chosen = []
    if person_id:
        chosen.append(Q(person_id=person_id) | Q(record__subject_type="user", record__subject_id=person_id))
    kind, ids = subjects[0], [str(each) for each in subjects[1]]
    batches = [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)]
    chosen += [Q(record__subject_type=kind, record__subject_id__in=batch) for batch in batches]
    if containing and not person_id and not kind:
        chosen.append(Q())
    return sum(_delete(which & within) for which in chosen)


def _delete(which: Q) -> int:
    # By key: MySQL can't delete from a table that the same statement joins.
    keys = list(PersonalText.objects.filter(which).values_list("pk", flat=True))
    return sum(
        PersonalText.objects.filter(pk__in=keys[start : start + BATCH]).delete()[0]
        for start in range(0, len(keys), BATCH)
    )


def erase(person: Person) -> Mapping[str, int]:
    """The texts of a person, about their account, and any in which their address stands."""
    mentions = texts_erase(containing=person.email) if person.email else 0
    return {"ledger_texts": texts_erase(person_id=person.id) + mentions}


ERASURE = Erasure(
    app="audit",
    erase=erase,
    covers=frozenset({"audit.PersonalText.person_id"}),
    exempt={"audit.Record.actor_id": "an id alone; with the account emptied it names nobody, and the body is evidence"},
)
