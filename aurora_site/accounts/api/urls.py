"""``/api/auth/…``."""

from aurora_site.accounts.api import account, members, sign_in
from aurora_site.core.http.urls import route

urlpatterns = [
    route("register", sign_in.RegisterView.as_view(), name="register"),
    route("login", sign_in.LoginView.as_view(), name="login"),
    route("refresh", sign_in.RefreshView.as_view(), name="refresh"),
    route("logout", sign_in.LogoutView.as_view(), name="logout"),
    route("change-password", sign_in.PasswordChangeView.as_view(), name="change-password"),
    route("password-reset", sign_in.PasswordResetView.as_view(), name="api-password-reset"),
    route("password-reset/confirm", sign_in.PasswordResetConfirmView.as_view(), name="api-password-reset-confirm"),
    route("ws-ticket", sign_in.TicketView.as_view(), name="ws-ticket"),
    route("me", account.MeView.as_view(), name="me"),
    route("organizations", account.OrganizationsView.as_view(), name="organizations"),
    route("api-keys", account.ApiKeysView.as_view(), name="api-keys"),
    route("api-keys/<uuid:key_id>", account.ApiKeyView.as_view(), name="api-key"),
    route("members", members.MembersView.as_view(), name="members"),
    route("members/<str:user_id>", members.MemberView.as_view(), name="member"),
    route("invitations", members.InvitationsView.as_view(), name="invitations"),
    route("invitations/<uuid:invitation_id>", members.InvitationView.as_view(), name="api-invitation"),
    route("invitations/<str:token>", members.InvitationPreviewView.as_view(), name="api-invitation-preview"),
    route("invitations/<str:token>/accept", members.InvitationAcceptView.as_view(), name="api-invitation-accept"),
    route("teams", members.TeamsView.as_view(), name="teams"),
    route("teams/<uuid:team_id>", members.TeamView.as_view(), name="team"),
    route("teams/<uuid:team_id>/members", members.TeamMembersView.as_view(), name="team-members"),
    route("teams/<uuid:team_id>/members/<str:user_id>", members.TeamMemberView.as_view(), name="team-member"),
]
