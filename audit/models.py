"""The ledger's tables. Rows are only ever inserted, but for personal text, which may be erased, and the sealer's queue.

A record's leaf stays when the record is pruned, so the tree holds for ever.
"""

from __future__ import annotations

from typing import Any, NoReturn

from django.db import models

from audit.identifiers import record_id


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


class AppendOnly(models.Model):
    """A row that is written once."""

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise LedgerIsAppendOnly("Ledger records can't be changed.")
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise LedgerIsAppendOnly("Ledger records can't be deleted.")


class Record(AppendOnly):
    """One thing that happened: ``body`` holds its canonical bytes, the columns repeat parts of it for filtering."""

    id = models.UUIDField(primary_key=True, default=record_id, editable=False)
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

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["organization_id", "-at", "-id"], name="record_by_organization"),
            models.Index(fields=["subject_type", "subject_id"], name="record_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.at:%Y-%m-%d %H:%M:%S}"


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


class Unsealed(models.Model):
    """The sealer's queue: a record that has no place in the tree yet."""

    id = models.BigAutoField(primary_key=True)
    record_id = models.UUIDField()

    def __str__(self) -> str:
        return str(self.record_id)


class Leaf(AppendOnly):
    """A record's place in the tree, counted from 0, and the leaf hash of its body."""

    seq = models.BigIntegerField(primary_key=True)
    record_id = models.UUIDField(unique=True)
    hash = models.BinaryField(max_length=32)

    class Meta:
        ordering = ["seq"]

    def __str__(self) -> str:
        return str(self.seq)


class TreeNode(AppendOnly):
    """The hash of a complete subtree of 2**level leaves, for every eighth level."""

    id = models.BigAutoField(primary_key=True)
    level = models.SmallIntegerField()
    index = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["level", "index"], name="tree_node_once")]

    def __str__(self) -> str:
        return f"{self.level}/{self.index}"


class TreeHead(AppendOnly):
    """The root of the tree at one size, signed (Ed25519)."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField(max_length=32)
    at = models.DateTimeField()
    key_id = models.CharField(max_length=16)
    signature = models.BinaryField(max_length=64)

    class Meta:
        ordering = ["-size"]

    def __str__(self) -> str:
        return str(self.size)


class Pruned(AppendOnly):
    """A leaf whose record retention removes, and the record that sums up what was removed with it."""

    seq = models.BigIntegerField(primary_key=True)
    summary_id = models.UUIDField(db_index=True)

    class Meta:
        ordering = ["seq"]

    def __str__(self) -> str:
        return str(self.seq)
