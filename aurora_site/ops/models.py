"""Processes that are alive, recoveries that happened, and steps of setting up that are done."""

from __future__ import annotations

from django.db import models


class ProcessHeartbeat(models.Model):
    """One process of this installation, on whatever host. It counts as alive while ``seen_at`` is recent."""

    class Kind(models.TextChoices):
        WEB = "web", "Web"
        WORKER = "worker", "Worker"
        BEAT = "beat", "Beat"
        SUPERVISOR = "supervisor", "Supervisor"

    name = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=20, choices=Kind.choices, db_index=True)
    pid = models.PositiveIntegerField()
    host = models.CharField(max_length=150)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["kind", "name"]

    def __str__(self) -> str:
        return self.name


class Recovery(models.Model):
    """Something broke and was mended without a person: what, why, what was done, and how that went."""

    what = models.CharField(max_length=100)
    why = models.TextField()
    action = models.CharField(max_length=200)
    result = models.CharField(max_length=200)
    at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name_plural = "recoveries"

    def __str__(self) -> str:
        return f"{self.what}: {self.action}"


class SetupStep(models.Model):
    """A step of the first set-up that is done; its name is the key."""

    name = models.CharField(max_length=50, primary_key=True)
    finished_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name
