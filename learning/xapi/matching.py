"""Which learner an actor is, and which resource an activity: a constant number of queries for however many."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Lower

from learning.models import Learner, Resource
from learning.xapi.reading import identifier_of


def learners_of(organization_id: UUID, actors: Iterable[Mapping[str, Any]]) -> dict[str, UUID]:
    """Learners by the actor's identifier (``reading.identifier_of``); who isn't known isn't in it.

    An agent is a learner by the address of the learner or their account, or by an account of this installation, whose
    name is the id of the account or the learner. An address that several learners have is nobody's.
    """
    agents = {identifier_of(actor): actor for actor in actors if actor.get("objectType", "Agent") == "Agent"}
    addresses = {agent["mbox"][len("mailto:") :].lower() for agent in agents.values() if "mbox" in agent}
    hashed = any("mbox_sha1sum" in agent for agent in agents.values())
    names = {agent["account"]["name"] for agent in agents.values() if _is_of_here(agent)}
    if not (addresses or hashed or names):
        return {}
    learners = Learner.objects.for_organization(organization_id).alias(own=Lower("email"), account=Lower("user__email"))
    if not hashed:
        ids = [UUID(name) for name in names if _is_uuid(name)]
        wanted = Q(own__in=addresses) | Q(account__in=addresses) | Q(user_id__in=names) | Q(pk__in=ids)
        learners = learners.filter(wanted)
    found = _by_identifier(learners.values_list("pk", "email", "user_id", "user__email"))
    return {identifier: found[identifier] for identifier in agents if identifier in found}


def _by_identifier(rows: Iterable[tuple[UUID, str, str | None, str | None]]) -> dict[str, UUID]:
    found: dict[str, UUID] = {}
    several: set[str] = set()
    for pk, own, user_id, account in rows:
        for address in {own.lower(), (account or "").lower()} - {""}:
            mailbox = f"mailto:{address}"
            for identifier in (mailbox, f"sha1:{sha1_of(mailbox)}"):
                if found.setdefault(identifier, pk) != pk:
                    several.add(identifier)
        for name in filter(None, (user_id, str(pk))):
            found[account_identifier(name)] = pk
            found[account_identifier(name, "/")] = pk
    return {identifier: pk for identifier, pk in found.items() if identifier not in several}


def account_identifier(name: str, ending: str = "") -> str:
    """The identifier of an account of this installation."""
    return identifier_of({"account": {"homePage": settings.AURORA_PUBLIC_URL + ending, "name": name}})


def sha1_of(mailbox: str) -> str:
    """The digest that the standard's ``mbox_sha1sum`` is."""
    return hashlib.sha1(mailbox.encode(), usedforsecurity=False).hexdigest()


def identifiers_of_person(user_id: str, email: str) -> frozenset[str]:
    """Every identifier by which a person names themself in statements."""
    mailbox = f"mailto:{email.lower()}"
    return frozenset(
        {mailbox, f"sha1:{sha1_of(mailbox)}", account_identifier(user_id), account_identifier(user_id, "/")}
    )


def _is_of_here(agent: Mapping[str, Any]) -> bool:
    return agent.get("account", {}).get("homePage", "").rstrip("/") == settings.AURORA_PUBLIC_URL


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def resource_activity(resource: Resource) -> str:
    """The activity that a resource is: its address, or one of this installation where it has none."""
    return resource.url or f"{_own_addresses()}{resource.pk}"


def resources_of(organization_id: UUID, addresses: Collection[str]) -> dict[str, UUID]:
    """Resources by the activity's address: the resource's own (with or without a slash at its end), or this
    installation's ``/learning/resources/`` with the resource's id or key behind it."""
    urls = {variant for address in addresses for variant in _spellings(address)}
    names = {name for address in addresses if (name := _name_here(address))}
    ids = [UUID(name) for name in names if _is_uuid(name)]
    rows = Resource.objects.for_organization(organization_id).filter(Q(url__in=urls) | Q(key__in=names) | Q(pk__in=ids))
    found: dict[str, UUID] = {}
    # The first made counts where several have one address; one that is offered before one that isn't.
    for pk, url, key in rows.order_by("-offered", "created_at", "pk").values_list("pk", "url", "key"):
        for spelling in (*_spellings(url), _own_addresses() + key, f"{_own_addresses()}{pk}"):
            found.setdefault(spelling, pk)
    return {address: found[spelling] for address in addresses for spelling in _spellings(address) if spelling in found}


def _spellings(url: str) -> Sequence[str]:
    return (url, url.rstrip("/"), url.rstrip("/") + "/") if url else ()


def _own_addresses() -> str:
    return f"{settings.AURORA_PUBLIC_URL}/learning/resources/"


def _name_here(address: str) -> str:
    return address.removeprefix(_own_addresses()).rstrip("/") if address.startswith(_own_addresses()) else ""
