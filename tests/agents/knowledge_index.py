"""Small helpers for tests of the knowledge index."""

from __future__ import annotations

from agents.retrieval.building import version_building, version_complete
from agents.retrieval.indexing import IndexDocument, IndexResult, document_index, document_index_in
from agents.retrieval.loading import load_text
from agents.retrieval.models import IndexVersion
from agents.retrieval.search import SearchResult, search

OURS = "11111111-1111-1111-1111-111111111111"
THEIRS = "22222222-2222-2222-2222-222222222222"

LEAVE = """# Annual leave

## How much

Full-time employees get 25 days of annual leave a year. You may carry over five of them.

## How to book

1. Check your team's calendar.
2. Enter the days in the people system.
"""
DEPLOY = """# Deployment

## Rolling back

Run `qw rollback checkout --env production`. It takes about 90 seconds.

| Key | Default | Meaning |
|---|---|---|
| checkout.retry.max_attempts | 3 | attempts for one call |
| checkout.timeout_ms | 800 | time for one call |
"""


def index(text: str, path: str, *, organization_id: str = OURS, title: str = "", **options) -> IndexResult:
    source = load_text(text, path, title=title)
    return document_index(
        organization_id=organization_id, document_id=options.pop("document_id", path), path=path,
        title=source.title, source=source, **options,
    )  # fmt: skip


def built(*texts: str) -> IndexVersion:
    """A complete version beside the active one, of these texts alone."""
    with version_building() as version:
        for number, text in enumerate(texts):
            path = f"{number}.md"
            source = load_text(text, path, title="T")
            document = IndexDocument(organization_id=OURS, document_id=path, path=path, title="T", source=source)
            document_index_in(document, version)
        assert version_complete(version)
    return version


def found(query: str, *, organization_id: str = OURS, **options) -> SearchResult:
    return search(organization_id=organization_id, query=query, **options)
