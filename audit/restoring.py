"""After an operator restored a backup: the ledger goes on from there, and says for ever that it was set back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
from django.utils import timezone

from audit import head_files, heads, saved_heads
from audit.errors import LedgerDamagedError
from audit.models import Record
from audit.services import record
from audit.stored_tree import stored_tree

EVENT = "audit.set_back"


def restored_accept() -> Path | None:
    """Put the saved heads that the restored tree contradicts aside, and record it; where they are then, None when there
    are none such. Raises LedgerDamagedError when the tree contradicts its own head too, which no backup does; OSError."""
    saved = saved_heads.largest()
    tree = stored_tree(is_compared=False)
    if saved is None or _fits():
        return None
    now = timezone.now()
    name = saved_heads.name_aside(now)
    # Before the file goes: should this fail or be killed between the two, the sealer still refuses.
    record(
        event=EVENT,
        data={"saved_size": saved["size"], "saved_root": saved["root"], "tree_size": tree.size, "kept_as": name},
    )
    return saved_heads.put_aside(name)


def _fits() -> bool:
    try:
        stored_tree()
    except LedgerDamagedError:
        return False
    return True


def warnings() -> list[str]:
    """One line for each time that the ledger was set back."""
    return [
        f"The ledger was set back at {at:%Y-%m-%d %H:%M:%S} UTC, from {data['saved_size']} leaves to {data['tree_size']}: "
        f"what was lost with them isn't proven; the heads of before are in {data['kept_as']}."
        for at, data in _times()
    ]


def heads_of_before() -> set[tuple[int, str]]:
    """Size and signature of each head that was put aside and on the record. Raises OSError."""
    files = (heads.saved_path().with_name(Path(data["kept_as"]).name) for _, data in _times())
    return {(head["size"], str(head.get("signature"))) for file in files for head in head_files.read(file)}


def _times() -> Iterator[tuple[Any, dict[str, Any]]]:
    for row in Record.objects.filter(event=EVENT, organization_id="").order_by("at"):
        data = orjson.loads(bytes(row.body)).get("data", {})
        if data.keys() >= {"saved_size", "tree_size", "kept_as"}:
            yield row.at, data
