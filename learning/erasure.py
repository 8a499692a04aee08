"""Forgets learners: what they want, when they have time, what they have shown, and their plans."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Q

from aurora_site.core.erasure import Erasure, Person
from learning.models import Learner


def erase(person: Person) -> Mapping[str, int]:
    """Delete the learners of an account or an address, plans, evidence and mastery included."""
    theirs = Q(organization__in=person.organizations)
    if person.id:
        theirs |= Q(user_id=person.id)
    if person.email:
        theirs |= Q(email__iexact=person.email)
    learners = Learner.objects.filter(theirs)
    found = learners.count()
    learners.delete()
    return {"learners": found}


ERASURE = Erasure(app="learning", erase=erase, covers=frozenset({"learning.Learner.user", "learning.Learner.email"}))
