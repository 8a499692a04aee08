"""Looking for static files once in a process, and not for every client of every test: each makes a server of its own."""

from __future__ import annotations

from typing import Any

from servestatic.middleware import ServeStaticMiddleware

_look = ServeStaticMiddleware.add_files_from_finders
_found: dict[str, Any] = {}


def install() -> None:
    """From now on all servers of this process share what the first one finds."""
    ServeStaticMiddleware.add_files_from_finders = _look_once


def _look_once(self: ServeStaticMiddleware) -> None:
    if not _found:
        _look(self)
        _found.update(self.files)
    self.files.update(_found)
