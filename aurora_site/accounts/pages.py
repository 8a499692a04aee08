"""The account pages: signing in, up and out, passwords, invitations. They use the API's services."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from aurora_site.accounts.forms import InvitationForm, NewPasswordForm, PasswordResetForm, SignInForm, SignUpForm
from aurora_site.accounts.models import SignIn, User
from aurora_site.accounts.selectors import (
    invitation_by_token,
    invitation_or_none,
    invitation_preview,
    password_reset_is_open,
)
from aurora_site.accounts.services import invitations, passwords, registration, sign_ins
from aurora_site.core.http.errors import ApiError


@method_decorator([never_cache, sensitive_post_parameters("password")], name="dispatch")
class FormPage(View):
    """A page around one form. Subclasses name template and form, and say what a valid form does."""

    template: str
    form_class: type[forms.Form]

    def get(self, request: Any, **parameters: Any) -> HttpResponse:
        return self.shown(request, self.form_class())

    def post(self, request: Any, **parameters: Any) -> HttpResponse:
        form = self.form_class(request.POST)
        if not form.is_valid():
            return self.shown(request, form, status=400)
        try:
            return self.valid(request, form, **parameters)
        except ApiError as error:
            form.add_error(_field_of(form, error), error.detail)
            return self.shown(request, form, status=error.status)

    def valid(self, request: Any, form: forms.Form, **parameters: Any) -> HttpResponse:
        raise NotImplementedError

    def shown(self, request: Any, form: forms.Form | None, *, status: int = 200, **context: Any) -> HttpResponse:
        return render(request, self.template, {"form": form, "next": next_path(request), **context}, status=status)


class SignInPage(FormPage):
    template = "accounts/sign_in.html"
    form_class = SignInForm

    def get(self, request: Any, **parameters: Any) -> HttpResponse:
        if is_person(request) and "next" not in request.GET:
            return redirect(settings.LOGIN_REDIRECT_URL)
        return super().get(request)

    def valid(self, request: Any, form: forms.Form, **parameters: Any) -> HttpResponse:
        user = sign_ins.password_check(request, **form.cleaned_data)
        return _enter(request, user)


class SignUpPage(FormPage):
    template = "accounts/sign_up.html"
    form_class = SignUpForm

    def valid(self, request: Any, form: forms.Form, **parameters: Any) -> HttpResponse:
        data = form.cleaned_data
        membership = registration.register(
            email=data["email"], password=data["password"], name=data["name"], organization_name=data["organization"]
        )
        return _enter(request, membership.user)


@require_POST
def sign_out(request: Any) -> HttpResponse:
    """End the session and all tokens of its sign-in."""
    logout(request)
    return redirect("/sign-in")


class PasswordResetPage(FormPage):
    template = "accounts/password_reset.html"
    form_class = PasswordResetForm

    def valid(self, request: Any, form: forms.Form, **parameters: Any) -> HttpResponse:
        passwords.password_reset_request(email=form.cleaned_data["email"])
        return self.shown(request, form, sent=True)


class PasswordResetConfirmPage(FormPage):
    """The form, or none for a link that is used or expired."""

    template = "accounts/password_reset_confirm.html"
    form_class = NewPasswordForm

    def valid(self, request: Any, form: forms.Form, **parameters: Any) -> HttpResponse:
        user = passwords.password_reset_confirm(token=parameters["token"], password=form.cleaned_data["password"])
        return _enter(request, user)

    def shown(self, request: Any, form: forms.Form | None, *, status: int = 200, **context: Any) -> HttpResponse:
        is_open = password_reset_is_open(request.resolver_match.kwargs["token"])
        return super().shown(request, form if is_open else None, status=status if is_open else 404, **context)


class InvitationPage(FormPage):
    """A newcomer chooses name and password; someone signed in just accepts; others with an account sign in first."""

    template = "accounts/invitation.html"
    form_class = InvitationForm

    def get(self, request: Any, **parameters: Any) -> HttpResponse:
        invitation = invitation_or_none(parameters["token"])
        if invitation and not is_person(request) and invitation_preview(invitation)["has_account"]:
            return redirect("/sign-in?" + urlencode({"next": request.path}))
        return self.shown(request, forms.Form() if is_person(request) else InvitationForm())

    def post(self, request: Any, **parameters: Any) -> HttpResponse:
        if not is_person(request):
            return super().post(request, **parameters)
        form = forms.Form(request.POST)
        try:
            invitations.invitation_accept(token=parameters["token"], user=request.identity.user)
        except ApiError as error:
            form.add_error(None, error.detail)
            return self.shown(request, form, status=error.status)
        return redirect(settings.LOGIN_REDIRECT_URL)

    def valid(self, request: Any, form: forms.Form, **parameters: Any) -> HttpResponse:
        email = invitation_by_token(parameters["token"]).email
        membership = registration.register(email=email, invitation_token=parameters["token"], **form.cleaned_data)
        return _enter(request, membership.user)

    def shown(self, request: Any, form: forms.Form | None, *, status: int = 200, **context: Any) -> HttpResponse:
        invitation = invitation_or_none(request.resolver_match.kwargs["token"])
        form, status = (form, status) if invitation else (None, 404)
        return super().shown(request, form, status=status, invitation=invitation, **context)


def is_person(request: Any) -> bool:
    """Whether the browser is signed in as somebody; the demo learner is nobody."""
    return request.identity is not None and request.identity.kind == "session" and not request.identity.is_demo


def next_path(request: Any) -> str:
    """Where to go after signing in: a path of this site, else the home page."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    hosts = {request.get_host()}
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts=hosts, require_https=request.is_secure())
    return wanted if safe else settings.LOGIN_REDIRECT_URL


def _enter(request: Any, user: User) -> HttpResponse:
    sign_ins.session_open(request, user=user, kind=SignIn.Kind.PAGE)
    return redirect(next_path(request))


def _field_of(form: forms.Form, error: ApiError) -> str | None:
    """The form's field that an error is about; None shows it above the form."""
    return next((name for name in error.fields or () if name in form.fields), None)
