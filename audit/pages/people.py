"""Names for the ids that records hold."""

from __future__ import annotations

from collections.abc import Iterable

from aurora_site.accounts.models import User

ERASED = "an erased person"


def names_of(user_ids: Iterable[str], *, own_id: str = "") -> dict[str, str]:
    """What to call each person: the name, else the e-mail address; ``own_id`` is "you". Ids of nobody stay ids."""
    wanted = {user_id for user_id in user_ids if user_id}
    rows = User.objects.filter(pk__in=wanted).values_list("pk", "name", "email")
    found = {pk: name or email or ERASED for pk, name, email in rows}
    names = {user_id: found.get(user_id, user_id) for user_id in wanted}
    return names | {own_id: "you"} if own_id in names else names
