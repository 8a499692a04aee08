"""The ledger's tables. Rows are only ever inserted; personal text alone may be erased."""

from __future__ import annotations

import uuid
from typing import Any, NoReturn

from django.db import models


class LedgerIsAppendOnly(Exception):
    """Something tried to change or delete a ledger record."""


class AppendOnlyQuerySet(models.QuerySet[Any]):
    """A queryset that reads and inserts."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise LedgerIsAppendOnly("Ledger records can't be changed.")

    def delete(self) -> NoReturn:
        raise LedgerIsAppendOnly("Ledger records can't be deleted.")

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise LedgerIsAppendOnly("Ledger records can't be changed.")


class Record(models.Model):
    """One thing that happened: ``body`` holds its canonical bytes, the columns repeat parts of it for filtering."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    at = models.DateTimeField(db_index=True)
    event = models.CharField(max_length=64, db_index=True)
    organization_id = models.CharField(max_length=36, blank=True, default="")
    actor_id = models.CharField(max_length=64, blank=True, default="")
    subject_type = models.CharField(max_length=32, blank=True, default="")
    subject_id = models.CharField(max_length=64, blank=True, default="")
    trace_id = models.CharField(max_length=64, blank=True, default="", db_index=True)
    body = models.BinaryField()
    key_id = models.CharField(max_length=16)
    code = models.CharField(max_length=64, help_text="HMAC-SHA256 over the body, hexadecimal.")

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["organization_id", "-at"], name="record_by_organization"),
            models.Index(fields=["subject_type", "subject_id"], name="record_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.at:%Y-%m-%d %H:%M:%S}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise LedgerIsAppendOnly("Ledger records can't be changed.")
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise LedgerIsAppendOnly("Ledger records can't be deleted.")


class PersonalText(models.Model):
    """Text of a person that a record is bound to by a salted commitment; erasing it leaves the record provable."""

    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="texts")
    name = models.CharField(max_length=32)
    person_id = models.CharField(max_length=64, blank=True, default="", db_index=True)
    salt = models.BinaryField(max_length=32)
    text = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["record", "name"], name="personal_text_once_per_record")]

    def __str__(self) -> str:
        return f"{self.name} of {self.record_id}"
