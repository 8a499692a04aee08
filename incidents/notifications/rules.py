"""Writes of rules: which changes are told where. Each is recorded in its transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from audit.services import record
from incidents.errors import AlreadyExists, BadValue, UnknownReference
from incidents.models import NotificationChannel, NotificationRule, Service, Severity
from incidents.notifications.kinds import KINDS


def rule_create(
    *,
    organization_id: UUID,
    actor_id: str,
    name: str,
    channel_id: UUID,
    minimum_severity: str = Severity.UNKNOWN,
    service_ids: Collection[UUID] = (),
    kinds: Collection[str] = (),
) -> NotificationRule:
    """A new rule; without services it is for all, without kinds for all that matter.

    Raises UnknownReference, BadValue and AlreadyExists.
    """
    with transaction.atomic():
        rule = NotificationRule(
            organization_id=organization_id,
            name=name,
            channel=_channel(organization_id, channel_id),
            minimum_severity=_severity(minimum_severity),
            kinds=_kinds(kinds),
        )
        services = _services(organization_id, service_ids)
        _save(rule)
        rule.services.set(services)
        _record("created", rule, actor_id, {"channel": str(channel_id), **_told(rule, service_ids)})
    return rule


def rule_update(
    *,
    organization_id: UUID,
    actor_id: str,
    rule_id: UUID,
    name: str | None = None,
    minimum_severity: str | None = None,
    service_ids: Collection[UUID] | None = None,
    kinds: Collection[str] | None = None,
    is_enabled: bool | None = None,
) -> NotificationRule:
    """Change what is given. Raises UnknownReference, BadValue and AlreadyExists."""
    with transaction.atomic():
        rule = _locked(organization_id, rule_id)
        given = {
            "name": name,
            "minimum_severity": None if minimum_severity is None else _severity(minimum_severity),
            "kinds": None if kinds is None else _kinds(kinds),
            "is_enabled": is_enabled,
        }
        changed = {field: value for field, value in given.items() if value not in (None, getattr(rule, field))}
        for field, value in changed.items():
            setattr(rule, field, value)
        if changed:
            _save(rule)
        if service_ids is not None:
            rule.services.set(_services(organization_id, service_ids))
            changed["services"] = sorted(map(str, service_ids))
        if changed:
            _record("updated", rule, actor_id, {"changed": sorted(changed), **changed})
    return rule


def rule_delete(*, organization_id: UUID, actor_id: str, rule_id: UUID) -> None:
    """Take a rule away; what it made is still sent. Raises UnknownReference."""
    with transaction.atomic():
        rule = _locked(organization_id, rule_id)
        _record("deleted", rule, actor_id, {"name": rule.name})
        rule.delete()


def _told(rule: NotificationRule, service_ids: Collection[UUID]) -> dict[str, Any]:
    return {
        "name": rule.name,
        "minimum_severity": rule.minimum_severity,
        "kinds": rule.kinds,
        "services": sorted(map(str, service_ids)),
    }


def _channel(organization_id: UUID, channel_id: UUID) -> NotificationChannel:
    channel = NotificationChannel.objects.for_organization(organization_id).filter(pk=channel_id).first()
    if channel is None:
        raise UnknownReference("There is no such channel.", field="channel")
    return channel


def _services(organization_id: UUID, service_ids: Collection[UUID]) -> list[Service]:
    found = list(Service.objects.for_organization(organization_id).filter(pk__in=service_ids))
    if missing := set(service_ids) - {service.pk for service in found}:
        raise UnknownReference(f"No service has id {', '.join(sorted(map(str, missing)))}.", field="services")
    return found


def _severity(severity: str) -> str:
    if severity not in Severity.values:
        raise BadValue(f"Allowed values: {', '.join(Severity.values)}.", field="minimumSeverity")
    return severity


def _kinds(kinds: Collection[str]) -> list[str]:
    if unknown := sorted(set(kinds) - set(KINDS)):
        raise BadValue(f"{', '.join(unknown)[:200]} can't be told. Allowed values: {', '.join(KINDS)}.", field="kinds")
    return [kind for kind in KINDS if kind in kinds]


def _locked(organization_id: UUID, rule_id: UUID) -> NotificationRule:
    rows = NotificationRule.objects.for_organization(organization_id).select_for_update()
    rule = rows.filter(pk=rule_id).first()
    if rule is None:
        raise UnknownReference("There is no such rule.", field="rule")
    return rule


def _save(rule: NotificationRule) -> None:
    try:
        with transaction.atomic():
            rule.save()
    except IntegrityError as error:
        raise AlreadyExists(f"There is a rule named {rule.name} already.", field="name") from error


def _record(verb: str, rule: NotificationRule, actor_id: str, data: Mapping[str, Any]) -> None:
    record(
        event=f"incidents.rule_{verb}",
        organization_id=rule.organization_id,
        actor_id=actor_id,
        subject=("notification_rule", rule.pk),
        data=data,
    )
