"""Runs and their events: what an agent was asked, and everything it showed, in order."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from aurora_site.accounts.scoping import OrganizationManager


def new_trace_id() -> str:
    """A trace id as W3C Trace Context has it: 32 hexadecimal characters."""
    return uuid.uuid4().hex


class Run(models.Model):
    """One turn of an agent. ``attempt`` fences writers: an append that carries another number is refused."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        WAITING_APPROVAL = "waiting_approval"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        CANCELLED = "cancelled"

    FINAL_STATES = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED})

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="runs")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="runs")
    session = models.ForeignKey(
        "agents.ChatSession", on_delete=models.SET_NULL, null=True, blank=True, related_name="runs"
    )
    retry_of = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="retries")
    kind = models.CharField(max_length=32, default="answer", help_text="Which executor carries it out.")
    agent = models.CharField(max_length=64, blank=True, default="")
    input = models.JSONField(default=dict)
    state = models.CharField(max_length=20, choices=State.choices, default=State.QUEUED)
    mode = models.CharField(max_length=16, blank=True, default="")
    attempt = models.PositiveIntegerField(default=0)
    last_seq = models.PositiveIntegerField(default=0)
    lease_expires_at = models.DateTimeField(
        null=True, blank=True, help_text="By the database's clock; renewed by the process that carries the run out."
    )
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    route = models.JSONField(default=dict, blank=True)
    output = models.JSONField(default=dict, blank=True)
    usage = models.JSONField(default=dict, blank=True)
    error = models.JSONField(default=dict, blank=True)
    trace_id = models.CharField(max_length=32, unique=True, default=new_trace_id, editable=False)
    idempotency_key = models.CharField(max_length=64, unique=True, null=True, blank=True, editable=False)
    active_session = models.UUIDField(
        unique=True, null=True, blank=True, editable=False, help_text="The session that works on this run and no other."
    )
    checkpoint = models.JSONField(
        null=True, blank=True, editable=False, help_text="How to go on after an approval: the conversation so far."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = OrganizationManager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["organization", "actor", "-created_at"], name="run_by_actor"),
            models.Index(fields=["state", "created_at"], name="run_by_state"),
            models.Index(fields=["session", "-created_at"], name="run_by_session"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running", "waiting_approval"], finished_at=None)
                | Q(state__in=["succeeded", "failed", "cancelled"], finished_at__isnull=False),
                name="run_finished_iff_final",
            )
        ]

    def __str__(self) -> str:
        return f"{self.agent or self.kind} {self.id}"


class RunEvent(models.Model):
    """Something a run showed; ``seq`` counts from 1 within the run, without gaps."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="events")
    seq = models.PositiveIntegerField()
    type = models.CharField(max_length=32)
    data = models.JSONField(default=dict)
    ts = models.DateTimeField()

    class Meta:
        ordering = ["run", "seq"]
        constraints = [models.UniqueConstraint(fields=["run", "seq"], name="run_event_seq_once")]

    def __str__(self) -> str:
        return f"{self.seq} {self.type}"


class Feedback(models.Model):
    """What a person thought of an answer; one for each person and run, the latest."""

    class Rating(models.TextChoices):
        UP = "up"
        DOWN = "down"

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="feedback")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="feedback")
    rating = models.CharField(max_length=8, choices=Rating.choices)
    comment = models.TextField(blank=True, default="")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "user"], name="feedback_once_for_person_and_run")]

    def __str__(self) -> str:
        return f"{self.rating} {self.run_id}"
