from aurora_site.accounts.models.access import ApiKey, PasswordReset, SignIn
from aurora_site.accounts.models.organization import Invitation, Membership, Organization, Role, Team, TeamMembership
from aurora_site.accounts.models.retention import RetentionPolicy
from aurora_site.accounts.models.user import User, new_user_id

__all__ = [
    "ApiKey",
    "Invitation",
    "Membership",
    "Organization",
    "PasswordReset",
    "RetentionPolicy",
    "Role",
    "SignIn",
    "Team",
    "TeamMembership",
    "User",
    "new_user_id",
]
