"""Which index version searches use: switched in one transaction, the former one kept to switch back to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connections, transaction
from django.utils import timezone

from agents.embeddings import get_embedder
from agents.retrieval.calibration import calibration_now
from agents.retrieval.chunking import CHUNKER
from agents.retrieval.errors import IndexVersionError
from agents.retrieval.models import IndexVersion
from agents.retrieval.selectors import ALIAS

State = IndexVersion.State


@contextmanager
def switching() -> Iterator[None]:
    """One transaction at a time may make or switch versions."""
    with transaction.atomic(using=ALIAS):
        with connections[ALIAS].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('index versions', 0))")
        yield


def version_ensure_active() -> IndexVersion:
    """The active version; an empty one of the configured embedder is made if there is none. Raises EmbeddingError."""
    active = IndexVersion.objects.filter(state=State.ACTIVE).first()
    if active is not None:
        return active
    embedder = get_embedder()
    name, dimension = embedder.name, embedder.dimension
    with switching():
        active = IndexVersion.objects.filter(state=State.ACTIVE).first()
        if active is not None:
            return active
        return IndexVersion.objects.create(
            name=_first_name(),
            embedder=name,
            dimension=dimension,
            chunker=CHUNKER,
            calibration=calibration_now(),
            state=State.ACTIVE,
            activated_at=timezone.now(),
        )


def version_activate(version: IndexVersion) -> IndexVersion:
    """Searches use this complete version from now on; the former one is kept. Raises IndexVersionError.

    A search reads which version is active once, so those that run go on in the one they began with.
    """
    with switching():
        current = IndexVersion.objects.select_for_update(no_key=True).filter(pk=version.pk).first()
        if current is None:
            raise IndexVersionError(f"Index version {version.name} was deleted.")
        if current.state == State.ACTIVE:
            return current
        if current.state != State.KEPT:
            raise IndexVersionError(
                f"Index version {current.name} is {current.state}; only a complete one can be used."
            )
        IndexVersion.objects.filter(state=State.ACTIVE).update(state=State.KEPT)
        current.state, current.activated_at = State.ACTIVE, timezone.now()
        current.save(update_fields=["state", "activated_at"])
    return current


def version_former() -> IndexVersion:
    """The complete version that was active last before this one. Raises IndexVersionError if none is kept."""
    kept = IndexVersion.objects.filter(state=State.KEPT, activated_at__isnull=False)
    former = kept.order_by("-activated_at").first()
    if former is None:
        raise IndexVersionError("No earlier index version is kept.")
    return former


def version_rollback() -> IndexVersion:
    """Switches back to the version that was active last before this one. Raises IndexVersionError if none is kept."""
    with switching():
        return version_activate(version_former())


def version_missed(version: IndexVersion, *, reason: str) -> bool:
    """A version lacks a change of a document. One that is being built is looked through once more before it is
    complete; a kept one must never be switched back to. False if it has become the active one meanwhile: then the
    change has to be made good."""
    with switching():
        rows = IndexVersion.objects.filter(pk=version.pk)
        if rows.filter(state=State.ACTIVE).exists():
            return False
        rows.filter(state=State.BUILDING).update(note=reason[:2000])
        rows.filter(state=State.KEPT).update(state=State.FAILED, note=reason[:2000])
    return True


def next_name() -> str:
    """v1, v2 and so on: the first number above all that are there. Call it while ``switching``."""
    numbers = (name[1:] for name in IndexVersion.objects.values_list("name", flat=True) if name[:1] == "v")
    return f"v{max((int(number) for number in numbers if number.isdigit()), default=0) + 1}"


def _first_name() -> str:
    """An index that begins anew takes the name that is pinned: else nothing could ever be found in it."""
    pinned: str = settings.AURORA_INDEX_VERSION
    return next_name() if not pinned or IndexVersion.objects.exists() else pinned
