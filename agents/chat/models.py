"""Chat sessions and their messages."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from aurora_site.accounts.scoping import OrganizationManager


class ChatSession(models.Model):
    """A person's conversation. Deleting one sets ``deleted_at``; the rows stay until retention removes them."""

    class Status(models.TextChoices):
        ACTIVE = "active"
        IN_PROGRESS = "in_progress"
        COMPLETED = "completed"
        FAILED = "failed"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="chat_sessions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="chat_sessions")
    title = models.CharField(max_length=200)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.ACTIVE)
    ui_state = models.JSONField(default=dict, blank=True)
    head = models.ForeignKey(
        "agents.Message",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="The last message of the branch that is shown.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = OrganizationManager()

    class Meta:
        ordering = ["-updated_at", "-id"]
        indexes = [models.Index(fields=["organization", "user", "-updated_at"], name="session_by_person")]

    def __str__(self) -> str:
        return self.title


class Message(models.Model):
    """One thing said in a session. ``position`` orders messages, from 1; ``parent`` is what it follows, so that an edited
    question or another answer to the same question is a branch. An answer is made with its run, and gets its text when
    the run ends."""

    class Sender(models.TextChoices):
        USER = "user"
        ASSISTANT = "assistant"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(ChatSession, on_delete=models.CASCADE, related_name="messages")
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="replies")
    position = models.PositiveIntegerField()
    sender = models.CharField(max_length=16, choices=Sender.choices)
    text = models.TextField()
    run = models.ForeignKey("agents.Run", on_delete=models.SET_NULL, null=True, blank=True, related_name="messages")
    citations = models.JSONField(default=list, blank=True)
    timestamp = models.DateTimeField()

    class Meta:
        ordering = ["session", "position"]
        constraints = [models.UniqueConstraint(fields=["session", "position"], name="message_position_once")]

    def __str__(self) -> str:
        return f"{self.sender} {self.position}"
