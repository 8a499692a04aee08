"""Aurora's wiring: settings, core, accounts, API and operations."""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    # `celery -A aurora_site` looks for these. Lazily, because the database's keeper imports this package too and must
    # stay small.
    if name in {"celery_app", "app"}:
        from aurora_site.celery import app

        return app
    raise AttributeError(name)
