"""Making the test databases as an installation makes them: the retrieval database gets its own app's tables alone.

Django would go through every app's migrations a second time, and create nothing by them.
"""

from __future__ import annotations

from typing import Any

from django.core.management.commands.migrate import Command

from aurora_site.core.databases import RETRIEVAL

_handle = Command.handle


def install() -> None:
    """From now on ``migrate`` of the retrieval database means its app, unless another is named."""
    Command.handle = _own_app


def _own_app(self: Command, *args: Any, **options: Any) -> None:
    if options["database"] == RETRIEVAL and not options["app_label"]:
        options |= {"app_label": RETRIEVAL, "run_syncdb": False}
    _handle(self, *args, **options)
