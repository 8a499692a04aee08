"""The page about sources."""

import pytest
from django.conf import settings

from incidents.sources.page import document
from incidents.sources.registry import sources


def test_the_page_is_current():
    assert (settings.BASE_DIR / "docs" / "incidents" / "sources.md").read_text() == document()


@pytest.mark.parametrize("source", sources(), ids=lambda source: source.name)
def test_it_tells_of_every_source(source):
    page = document()

    assert source.setup
    assert source.reads
    for text in (f"### {source.title}\n", *source.setup, source.reads, source.secret_use, source.template):
        assert text in page
    assert f"`/api/webhooks/{source.name}/…`" in page


def test_no_place_is_left_unfilled():
    page = document()

    assert "{table}" not in page
    assert "{sections}" not in page
