"""Names for the ids that records hold."""

from __future__ import annotations

from collections.abc import Iterable

from aurora_site.accounts.models import User

# The subject type of records about a person.
PERSON = "user"


def names_of(user_ids: Iterable[str], *, own_id: str = "") -> dict[str, str]:
    """What to call each person: name, else e-mail address, "an erased person"; ``own_id`` is "you". Ids of nobody stay."""
    wanted = {user_id for user_id in user_ids if user_id}
    people = User.objects.filter(pk__in=wanted)
    found = {user.pk: "an erased person" if user.erased_at else user.get_full_name() for user in people}
    names = {user_id: found.get(user_id, user_id) for user_id in wanted}
    return names | {own_id: "you"} if own_id in names else names
