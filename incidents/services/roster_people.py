"""Who of an organisation is meant by the people that a calendar names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from uuid import UUID

from aurora_site.accounts.models import Membership
from incidents.calendars import CalendarShift
from incidents.models import Roster, Shift

_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"]{1,64}@[^\s<>()\[\],;:\"]{1,255}")


class People:
    """The members, by e-mail address and by name; a name that two have means neither."""

    def __init__(self, organization_id: UUID) -> None:
        members = Membership.objects.for_organization(organization_id).filter(user__is_active=True)
        self._by_email: dict[str, str] = {}
        self._by_name: dict[str, set[str]] = {}
        for user_id, email, name in members.values_list("user_id", "user__email", "user__name"):
            self._by_email[email.casefold()] = user_id
            if name.strip():
                self._by_name.setdefault(_plain(name), set()).add(user_id)

    def shifts(self, roster: Roster, read: Iterable[CalendarShift]) -> tuple[list[Shift], list[str]]:
        """Shifts of a roster, unsaved, one for each person and start; and which events name no member, in words."""
        shifts: dict[tuple[str, object], Shift] = {}
        unknown: dict[str, None] = {}
        for each in read:
            found = self._meant(each)
            if not found:
                named = ", ".join(each.attendees) or each.summary or "nobody"
                unknown[f"{named[:200]}: no one member has this address or name."] = None
            for user_id in found:
                shifts.setdefault(
                    (user_id, each.starts_at),
                    Shift(
                        roster=roster,
                        user_id=user_id,
                        starts_at=each.starts_at,
                        ends_at=each.ends_at,
                        calendar_uid=each.uid or "without UID",
                    ),
                )
        return list(shifts.values()), list(unknown)

    def _meant(self, shift: CalendarShift) -> list[str]:
        """The ids of who is on call: the attendees that are members, else who the summary names."""
        named = [found for name in shift.attendees if (found := self._find(name))]
        named = named or [found for address in _ADDRESS.findall(shift.summary) if (found := self._find(address))]
        if not named:
            summary = f" {_plain(shift.summary)} "
            named = [next(iter(ids)) for name, ids in self._by_name.items() if len(ids) == 1 and f" {name} " in summary]
        return list(dict.fromkeys(named))

    def _find(self, name: str) -> str | None:
        ids = self._by_name.get(_plain(name), set())
        return self._by_email.get(name.strip().casefold()) or (next(iter(ids)) if len(ids) == 1 else None)


def _plain(text: str) -> str:
    """Words alone, in one case."""
    return " ".join(re.findall(r"\w+", text.casefold()))
