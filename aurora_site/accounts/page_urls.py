"""Pages at which people sign in, up and out, reset a password and answer an invitation."""

from aurora_site.accounts import pages
from aurora_site.core.http.urls import route

urlpatterns = [
    route("sign-in", pages.SignInPage.as_view(), name="sign-in"),
    route("sign-up", pages.SignUpPage.as_view(), name="sign-up"),
    route("sign-out", pages.sign_out, name="sign-out"),
    route("password-reset", pages.PasswordResetPage.as_view(), name="password-reset"),
    route("password-reset/<str:token>", pages.PasswordResetConfirmPage.as_view(), name="password-reset-confirm"),
    route("invitations/<str:token>", pages.InvitationPage.as_view(), name="invitation"),
]
