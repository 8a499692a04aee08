"""Tool calls: what a run asked a tool to do, who allowed it, and what came back."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from agents.runs.models import Run


class ToolCall(models.Model):
    """One call of a tool. Its state changes by compare-and-swap only; its output is evidence and is never rewritten."""

    class State(models.TextChoices):
        PROPOSED = "proposed"
        APPROVED = "approved"
        DENIED = "denied"
        EXPIRED = "expired"
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        FAILED = "failed"

    class Effect(models.TextChoices):
        READ = "read"
        OWN = "own"
        WRITE = "write"

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="tool_calls")
    call_id = models.CharField(max_length=64)
    name = models.CharField(max_length=64)
    arguments = models.JSONField(default=dict)
    fingerprint = models.CharField(
        max_length=64,
        help_text="SHA-256 of attempt, name and canonical arguments: the same call is made once in an attempt.",
    )
    effect = models.CharField(max_length=8, choices=Effect.choices)
    state = models.CharField(max_length=16, choices=State.choices)
    output = models.TextField(blank=True, default="")
    output_characters = models.PositiveIntegerField(default=0, help_text="Its whole length, before it was cut.")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=500, blank=True, default="")
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["run", "id"]
        indexes = [models.Index(fields=["state", "expires_at"], name="tool_call_by_expiry")]
        constraints = [
            models.UniqueConstraint(fields=["run", "call_id"], name="tool_call_id_once"),
            models.UniqueConstraint(fields=["run", "fingerprint"], name="tool_call_identical_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.call_id}"
