"""Writes of teams. Each commits its rows and its ledger record together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from audit.services import record
from aurora_site.accounts.models import Membership
from learning.errors import AlreadyExists, UnknownReference, UnknownTeam
from learning.models import Learner, Team, TeamLead, TeamMember
from learning.services.rows import insert, require_all


@transaction.atomic
def team_create(
    *,
    organization_id: UUID,
    actor_id: str,
    name: str,
    learner_ids: Iterable[UUID] = (),
    lead_ids: Iterable[str] = (),
) -> Team:
    """A new team of learners, led by members of the organisation (ids of accounts).

    Raises UnknownReference for learners and members of elsewhere, AlreadyExists for a name that is taken.
    """
    learners = require_all(Learner, organization_id, learner_ids, field="learners")
    leads = _require_members(organization_id, lead_ids)
    team = insert(Team(organization_id=organization_id, name=name), _taken(name))
    _set(team, TeamMember, "learner_id", learners)
    _set(team, TeamLead, "user_id", leads)
    _record("created", team, actor_id, {"name": name, "learners": _texts(learners), "leads": _texts(leads)})
    return team


@transaction.atomic
def team_change(
    *,
    organization_id: UUID,
    actor_id: str,
    team_id: UUID,
    name: str | None = None,
    learner_ids: Iterable[UUID] | None = None,
    lead_ids: Iterable[str] | None = None,
) -> Team:
    """Give a team another name, or replace its learners or its leads; what is None stays.

    Raises UnknownTeam, UnknownReference for learners and members of elsewhere, AlreadyExists for a name that is taken.
    """
    team = _locked(organization_id, team_id)
    changes: dict[str, Any] = {}
    if name is not None and name != team.name:
        _rename(team, name)
        changes["name"] = name
    if learner_ids is not None:
        wanted: set[Any] = require_all(Learner, organization_id, learner_ids, field="learners")
        changes |= _changed("learners", *_set(team, TeamMember, "learner_id", wanted))
    if lead_ids is not None:
        leads: set[Any] = _require_members(organization_id, lead_ids)
        changes |= _changed("leads", *_set(team, TeamLead, "user_id", leads))
    if changes:
        _record("altered", team, actor_id, changes)
    return team


def team_member_add(*, organization_id: UUID, actor_id: str, team_id: UUID, learner_id: UUID) -> Team:
    """Take a learner into a team; one who is there stays. Raises UnknownTeam, UnknownReference."""
    with transaction.atomic():
        present = _present(organization_id, team_id, TeamMember, "learner_id")
        return team_change(
            organization_id=organization_id, actor_id=actor_id, team_id=team_id, learner_ids=present | {learner_id}
        )


def team_member_remove(*, organization_id: UUID, actor_id: str, team_id: UUID, learner_id: UUID) -> Team:
    """Take a learner out of a team, if they are in it. Raises UnknownTeam."""
    with transaction.atomic():
        present = _present(organization_id, team_id, TeamMember, "learner_id")
        return team_change(
            organization_id=organization_id, actor_id=actor_id, team_id=team_id, learner_ids=present - {learner_id}
        )


def team_lead_add(*, organization_id: UUID, actor_id: str, team_id: UUID, user_id: str) -> Team:
    """Have a member of the organisation lead a team. Raises UnknownTeam, UnknownReference."""
    with transaction.atomic():
        _require_members(organization_id, [user_id])
        present = _present(organization_id, team_id, TeamLead, "user_id")
        return _set_leads(organization_id, actor_id, team_id, present | {user_id})


def team_lead_remove(*, organization_id: UUID, actor_id: str, team_id: UUID, user_id: str) -> Team:
    """Have somebody lead a team no longer, if they do. Raises UnknownTeam."""
    with transaction.atomic():
        present = _present(organization_id, team_id, TeamLead, "user_id")
        return _set_leads(organization_id, actor_id, team_id, present - {user_id})


@transaction.atomic
def team_delete(*, organization_id: UUID, actor_id: str, team_id: UUID) -> None:
    """Delete a team; its learners stay. Raises UnknownTeam."""
    team = _locked(organization_id, team_id)
    _record("disbanded", team, actor_id, {"name": team.name})
    team.delete()


def _set_leads(organization_id: UUID, actor_id: str, team_id: UUID, lead_ids: set[Any]) -> Team:
    """Leads who have left the organisation meanwhile don't stand in the way of the others' change."""
    team = _locked(organization_id, team_id)
    changes = _changed("leads", *_set(team, TeamLead, "user_id", lead_ids))
    if changes:
        _record("altered", team, actor_id, changes)
    return team


def _locked(organization_id: UUID, team_id: UUID) -> Team:
    team: Team | None = Team.objects.for_organization(organization_id).select_for_update().filter(pk=team_id).first()
    if team is None:
        raise UnknownTeam("The organisation has no such team.")
    return team


def _present(organization_id: UUID, team_id: UUID, model: Any, field: str) -> set[Any]:
    """Who belongs to a team, which is locked from now on: two who change it at once don't undo each other's change."""
    return set(model.objects.filter(team=_locked(organization_id, team_id)).values_list(field, flat=True))


def _rename(team: Team, name: str) -> None:
    team.name = name
    try:
        with transaction.atomic():
            team.save(update_fields=["name"])
    except IntegrityError as error:
        raise _taken(name) from error


def _set(team: Team, model: Any, field: str, wanted: set[Any]) -> tuple[set[Any], set[Any]]:
    """Have the team's links lead to those wanted; who was added, and who removed. The team is locked or new."""
    rows = model.objects.filter(team=team)
    present = set(rows.values_list(field, flat=True))
    rows.filter(**{f"{field}__in": present - wanted}).delete()
    model.objects.bulk_create(model(team=team, **{field: each}) for each in sorted(wanted - present))
    return wanted - present, present - wanted


def _changed(what: str, added: set[Any], removed: set[Any]) -> dict[str, list[str]]:
    found = {f"{what}_added": _texts(added), f"{what}_removed": _texts(removed)}
    return {name: ids for name, ids in found.items() if ids}


def _require_members(organization_id: UUID, user_ids: Iterable[str]) -> set[str]:
    wanted = set(user_ids)
    members = Membership.objects.for_organization(organization_id).filter(user__in=wanted)
    if missing := wanted - set(members.values_list("user_id", flat=True)):
        raise UnknownReference(f"The organisation has no member {', '.join(sorted(missing))}.", field="leads")
    return wanted


def _taken(name: str) -> AlreadyExists:
    return AlreadyExists(f"There is a team named {name} already.", field="name")


def _texts(ids: Iterable[Any]) -> list[str]:
    return sorted(map(str, ids))


def _record(what: str, team: Team, actor_id: str, data: dict[str, Any]) -> None:
    record(
        event=f"learning.team_{what}",
        organization_id=team.organization_id,
        actor_id=actor_id,
        subject=("team", team.pk),
        data=data,
    )
