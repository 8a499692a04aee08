"""A database of its own for a benchmark, in a temporary home."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def databases() -> Iterator[None]:
    """Sets Django up with empty databases and drops them again; imports of models belong inside."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "aurora_site.settings.test"
    import django

    django.setup()
    from django.test.utils import setup_databases, teardown_databases

    made = setup_databases(verbosity=0, interactive=False)
    try:
        yield
    finally:
        teardown_databases(made, verbosity=0)
