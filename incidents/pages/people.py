"""Names for the people that incidents speak of, and who can be chosen."""

from __future__ import annotations

from collections.abc import Iterable

from aurora_site.accounts.models import User
from aurora_site.accounts.selectors import members_of

# More than this can't be chosen from a list anyway.
MOST_MEMBERS = 200


def names_of(user_ids: Iterable[str | None], *, own_id: str = "") -> dict[str, str]:
    """What to call each person: name, else e-mail address; "an erased person"; ``own_id`` is "you". Others stay ids."""
    wanted = {user_id for user_id in user_ids if user_id}
    people = User.objects.filter(pk__in=wanted) if wanted else ()
    found = {user.pk: "an erased person" if user.erased_at else user.get_full_name() for user in people}
    names = {user_id: found.get(user_id, user_id) for user_id in wanted}
    return names | {own_id: "you"} if own_id in names else names


def members(organization_id: object) -> list[User]:
    """The people of an organisation."""
    rows = [membership.user for membership in members_of(organization_id)[:MOST_MEMBERS]]
    return [user for user in rows if not user.is_demo]
