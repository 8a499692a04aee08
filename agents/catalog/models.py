"""Agents: the built-in ones, mirrored from code for operators to see, and those an organisation makes."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from aurora_site.accounts.scoping import OrganizationManager


class Agent(models.Model):
    """A named way of answering. Built-in agents belong to no organisation and are the same for all."""

    class Type(models.TextChoices):
        LLM = "llm", "Language model"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        "accounts.Organization", on_delete=models.CASCADE, related_name="agents", null=True, blank=True
    )
    key = models.CharField(
        max_length=110, unique=True, editable=False, help_text="Organisation and name; makes names unique in each."
    )
    name = models.CharField(max_length=64)
    agent_type = models.CharField(max_length=16, choices=Type.choices, default=Type.LLM)
    description = models.CharField(max_length=500, blank=True, default="")
    instructions = models.TextField(blank=True, default="")
    provider = models.CharField(max_length=32, blank=True, default="")
    model_name = models.CharField(max_length=200, blank=True, default="")
    config = models.JSONField(default=dict, blank=True)
    is_builtin = models.BooleanField(default=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = OrganizationManager()

    class Meta:
        ordering = ["-is_builtin", "name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: object, **kwargs: object) -> None:
        self.key = f"{self.organization_id or 'builtin'}:{self.name}"
        super().save(*args, **kwargs)  # type: ignore[arg-type]
