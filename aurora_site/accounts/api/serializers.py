"""What the account routes take, checked and bounded."""

from __future__ import annotations

from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers

from aurora_site.accounts.models import Role

MINIMUM_PASSWORD = 8
MAXIMUM_PASSWORD = 1024
SCOPES = ("read", "write", "admin")
_ONE_LINE = RegexValidator(r"^[^\x00-\x1f\x7f\u2028\u2029]*$", "Use one line of plain text.")


class NameField(serializers.CharField):
    """A name that is shown in pages and mail: one line of up to 120 characters."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=120, validators=[_ONE_LINE], **kwargs)


class PasswordField(serializers.CharField):
    """A password as typed. The only rule for a new one is eight characters."""

    def __init__(self, *, new: bool = False, **kwargs: Any) -> None:
        minimum = {"min_length": MINIMUM_PASSWORD} if new else {}
        super().__init__(trim_whitespace=False, max_length=MAXIMUM_PASSWORD, write_only=True, **minimum, **kwargs)


class EmailField(serializers.EmailField):
    """An e-mail address, in lower case."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=254, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        return super().to_internal_value(data).lower()


class AliasSerializer(serializers.Serializer[Any]):
    """Takes fields under older names too: ``aliases`` maps those to the field."""

    aliases: dict[str, str] = {}

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            renamed = {self.aliases.get(name, name): value for name, value in data.items() if name in self.aliases}
            data = {**renamed, **{name: value for name, value in data.items() if name not in self.aliases}}
        return super().to_internal_value(data)


class RegisterIn(AliasSerializer):
    aliases = {"org_name": "organization", "orgName": "organization", "invitationToken": "invitation"}

    email = EmailField()
    password = PasswordField(new=True)
    name = NameField(required=False, allow_blank=True, default="")
    organization = NameField(required=False, allow_blank=True, default="")
    invitation = serializers.CharField(required=False, allow_blank=True, default="", max_length=100)


class LoginIn(serializers.Serializer[Any]):
    email = serializers.CharField(max_length=254)
    password = PasswordField()


class RefreshIn(serializers.Serializer[Any]):
    refresh = serializers.CharField(max_length=4096)


class PasswordChangeIn(AliasSerializer):
    aliases = {"current_password": "currentPassword", "new_password": "newPassword"}

    currentPassword = PasswordField()  # noqa: N815
    newPassword = PasswordField(new=True)  # noqa: N815


class PasswordResetIn(serializers.Serializer[Any]):
    email = EmailField()


class PasswordResetConfirmIn(serializers.Serializer[Any]):
    token = serializers.CharField(max_length=100)
    password = PasswordField(new=True)


class ProfileIn(AliasSerializer):
    aliases = {"defaultOrganization": "default_organization"}

    name = NameField(required=False)
    default_organization = serializers.UUIDField(required=False)


class ApiKeyIn(serializers.Serializer[Any]):
    name = NameField()
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=SCOPES), allow_empty=False, max_length=len(SCOPES), default=["read"]
    )
    expires_in_days = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=3650)


class InvitationIn(serializers.Serializer[Any]):
    email = EmailField()
    role = serializers.ChoiceField(choices=Role.choices, default=Role.VIEWER)


class InvitationAcceptIn(serializers.Serializer[Any]):
    """For someone without an account; a signed-in person sends nothing."""

    name = NameField(required=False, allow_blank=True, default="")
    password = PasswordField(new=True)


class RoleIn(serializers.Serializer[Any]):
    role = serializers.ChoiceField(choices=Role.choices)


class TeamIn(serializers.Serializer[Any]):
    name = NameField()


class TeamMemberIn(serializers.Serializer[Any]):
    user_id = serializers.CharField(max_length=64)
    is_lead = serializers.BooleanField(default=False)


class AccountOut(serializers.Serializer[Any]):
    id = serializers.CharField()
    email = serializers.EmailField()
    name = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.choices, allow_null=True)
    orgId = serializers.UUIDField(allow_null=True)  # noqa: N815
    orgName = serializers.CharField(allow_null=True)  # noqa: N815
    mustChangePassword = serializers.BooleanField()  # noqa: N815


class TokensOut(serializers.Serializer[Any]):
    access = serializers.CharField()
    refresh = serializers.CharField()
    expires_in = serializers.IntegerField()


class SignedInOut(AccountOut, TokensOut):
    pass


class MessageOut(serializers.Serializer[Any]):
    message = serializers.CharField()


class TicketOut(serializers.Serializer[Any]):
    ticket = serializers.CharField()
    expires_in = serializers.IntegerField()
