"""Forms of the account pages."""

from __future__ import annotations

from django import forms

from aurora_site.accounts.api.serializers import MAXIMUM_PASSWORD, MINIMUM_PASSWORD


def _password(label: str, *, new: bool) -> forms.CharField:
    autocomplete = "new-password" if new else "current-password"
    return forms.CharField(
        label=label,
        strip=False,
        min_length=MINIMUM_PASSWORD if new else None,
        max_length=MAXIMUM_PASSWORD,
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
        help_text=f"{MINIMUM_PASSWORD} characters or more." if new else "",
    )


def _email(*, focus: bool = True) -> forms.EmailField:
    attributes = {"autocomplete": "username", **({"autofocus": True} if focus else {})}
    return forms.EmailField(label="E-mail", max_length=254, widget=forms.EmailInput(attrs=attributes))


def _name() -> forms.CharField:
    return forms.CharField(
        label="Name", max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True})
    )


class SignInForm(forms.Form):
    email = _email()
    password = _password("Password", new=False)


class SignUpForm(forms.Form):
    name = _name()
    email = _email(focus=False)
    password = _password("Password", new=True)
    organization = forms.CharField(
        label="Organisation",
        max_length=120,
        required=False,
        help_text="You become its administrator. Left empty, it is named after you.",
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )


class PasswordResetForm(forms.Form):
    email = _email()


class NewPasswordForm(forms.Form):
    password = _password("New password", new=True)


class InvitationForm(forms.Form):
    """For someone who has no account yet."""

    name = _name()
    password = _password("Password", new=True)
