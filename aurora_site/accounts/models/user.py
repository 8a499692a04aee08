"""People who sign in, by e-mail address."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils import timezone

USER_ID_PREFIX = "user_"
USER_ID_RANDOM_LENGTH = 20
ERASED_PERSON = "erased person"
_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"


def new_user_id() -> str:
    """``user_`` and 20 random lower-case base32 characters: 100 bits."""
    return USER_ID_PREFIX + "".join(secrets.choice(_BASE32) for _ in range(USER_ID_RANDOM_LENGTH))


def normalized_email(email: str) -> str:
    """The one spelling under which an address is stored and looked up."""
    return email.strip().lower()


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Make a user; without a password, one who can't sign in by password."""
        user = self.model(email=normalized_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Make an operator of the installation."""
        return self.create_user(email, password, **{**fields, "is_staff": True, "is_superuser": True})

    def get_by_natural_key(self, email: str | None) -> User:
        return self.get(email=normalized_email(email or ""))


class User(AbstractBaseUser, PermissionsMixin):
    id = models.CharField(primary_key=True, max_length=64, default=new_user_id, editable=False)
    email = models.EmailField(unique=True, max_length=254)
    name = models.CharField(max_length=120, blank=True, default="")
    is_staff = models.BooleanField("operator", default=False, help_text="Operates the installation; may use the admin.")
    is_active = models.BooleanField("active", default=True, help_text="Clear to shut the person out at once.")
    is_demo = models.BooleanField("demo learner", default=False)
    must_change_password = models.BooleanField(default=False)
    default_organization = models.ForeignKey(
        "accounts.Organization", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    erased_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When the person was erased; the id stays as a pseudonym."
    )
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []

    class Meta:
        ordering = ["email"]

    def __str__(self) -> str:
        return ERASED_PERSON if self.erased_at else self.email

    def clean(self) -> None:
        self.email = normalized_email(self.email)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = normalized_email(self.email)
        super().save(*args, **kwargs)

    def get_full_name(self) -> str:
        return ERASED_PERSON if self.erased_at else self.name or self.email

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] if self.name else self.email
