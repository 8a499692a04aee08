"""A search narrowed to a collection, a document or folder, or a period: in both legs, and as callers write it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.embeddings import get_embedder
from agents.knowledge.tools import SearchTool
from agents.retrieval import versions
from agents.retrieval.candidates import candidates
from agents.retrieval.corpus import corpus_of
from agents.retrieval.errors import BadFilter
from agents.retrieval.filters import SearchFilters, filters_from
from agents.retrieval.models import Chunk
from agents.runs.database import in_database
from agents.tools.base import ToolContext, ToolError
from aurora_site.accounts.models import Membership
from tests.agents.knowledge_index import OURS, found, index
from tests.factories.accounts import Api

pytestmark = pytest.mark.django_db(databases=["default", "retrieval"])

SEARCH = "/api/v1/knowledge/search"


def paths(query: str = "zebra", **filters: Any) -> set[str]:
    return {hit.path for hit in found(query, limit=50, filters=SearchFilters(**filters)).hits}


def note(path: str, *, dated: date | None = None, **options: Any) -> None:
    index(f"# Zebra\n\nThe zebra of {path} grazes.", path, **options)
    Chunk.objects.filter(path=path).update(dated=dated)


class TestSource:
    def test_a_path_is_that_document_alone(self) -> None:
        for path in ("ops/disk.md", "ops/disk.md.old.md", "ops/disk.mdx.md"):
            note(path)
        assert paths(source="ops/disk.md") == {"ops/disk.md"}

    def test_a_folder_is_all_below_it_with_and_without_slash(self) -> None:
        for path in ("ops/disk.md", "ops/db/slow.md", "operations/disk.md", "ops.md"):
            note(path)
        assert paths(source="ops") == paths(source="ops/") == {"ops/disk.md", "ops/db/slow.md"}
        assert paths(source="ops/db") == {"ops/db/slow.md"}
        assert paths(source="op") == set()

    @pytest.mark.parametrize(("source", "other"), [("a_b", "axb"), ("100%", "100 percent"), ("a\\_b", "a_b")])
    def test_wildcards_of_like_are_plain_characters(self, source: str, other: str) -> None:
        note(f"{source}/x.md")
        note(f"{other}/x.md")
        assert paths(source=source) == {f"{source}/x.md"}
        assert paths(source="%") == paths(source="_") == set()


class TestPeriod:
    def test_both_days_are_included(self) -> None:
        for day in (1, 2, 3, 4):
            note(f"day-{day}.md", dated=date(2026, 3, day))
        assert paths(since=date(2026, 3, 2), until=date(2026, 3, 3)) == {"day-2.md", "day-3.md"}
        assert paths(since=date(2026, 3, 4)) == {"day-4.md"}
        assert paths(until=date(2026, 3, 1)) == {"day-1.md"}
        assert {hit.dated for hit in found("zebra", filters=SearchFilters(since=date(2026, 3, 4))).hits} == {
            date(2026, 3, 4)
        }

    def test_a_passage_without_a_date_is_in_no_period(self) -> None:
        note("undated.md")
        assert paths(since=date(1, 1, 1)) == paths(until=date(9999, 12, 31)) == set()
        assert paths() == {"undated.md"}


def test_all_filters_must_hold() -> None:
    note("ops/a.md", collection="ops", dated=date(2026, 3, 1))
    note("ops/b.md", collection="ops", dated=date(2026, 4, 1))
    note("hr/a.md", collection="hr", dated=date(2026, 3, 1))
    assert paths(collection="ops", source="ops", until=date(2026, 3, 31)) == {"ops/a.md"}
    assert paths(collection="ops", source="hr") == set()


@pytest.mark.parametrize("terms", [[], ["zebra"]])
def test_each_leg_is_narrowed_before_it_is_cut(terms: list[str]) -> None:
    """Sixty passages that fit better don't crowd out the one that the filter lets through."""
    for number in range(60):
        note(f"many/{number}.md")
    index("# Grass\n\nA zebra somewhere among many other words about grass and rain and hills.", "one/a.md")
    vector = get_embedder().embed_query("zebra grazes")
    version = versions.version_ensure_active()
    assert {
        row.path for row in candidates(version, corpus_of(version, OURS), vector, terms, SearchFilters(source="one"))
    } == {"one/a.md"}  # fmt: skip


def test_word_scores_stay_those_of_the_whole_corpus() -> None:
    note("a/x.md")
    index("# Grass\n\nNothing about animals.", "b/y.md")
    whole = next(hit for hit in found("zebra").hits if hit.path == "a/x.md")
    narrowed = found("zebra", filters=SearchFilters(source="a")).hits[0]
    assert narrowed.why["bm25"] == whole.why["bm25"] > 0


class TestAsWritten:
    def test_what_is_empty_or_missing_does_not_narrow(self) -> None:
        assert filters_from({}) == filters_from({"source": "", "since": "", "k": "3"}) == SearchFilters()

    def test_what_is_given_is_read(self) -> None:
        given = {"collection": "hr", "source": "a/b.md", "since": "2026-01-31", "until": "2026-01-31"}
        day = date(2026, 1, 31)
        assert filters_from(given) == SearchFilters(collection="hr", source="a/b.md", since=day, until=day)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("since", "yesterday"),
            ("since", "2026-02-30"),
            ("until", "20260131"),
            ("until", "2026-W05-6"),
            ("until", "٢٠٢٦-٠١-٠١"),
            ("since", "2026-01-31T00:00:00"),
            ("source", "a\x00b"),
            ("source", "x" * 1025),
            ("collection", "x" * 101),
        ],
    )
    def test_what_makes_no_sense_names_its_field(self, field: str, value: str) -> None:
        with pytest.raises(BadFilter) as refused:
            filters_from({field: value})
        assert refused.value.field == field

    def test_a_period_that_ends_before_it_begins_is_refused(self) -> None:
        with pytest.raises(BadFilter) as refused:
            filters_from({"since": "2026-02-01", "until": "2026-01-31"})
        assert refused.value.field == "since"

    @given(st.dictionaries(st.sampled_from(["collection", "source", "since", "until"]), st.text(max_size=30)))
    def test_any_text_is_read_or_refused(self, given_texts: dict[str, str]) -> None:
        try:
            filters = filters_from(given_texts)
        except BadFilter as refused:
            assert given_texts[refused.field]
        else:
            assert (filters.source or "") == given_texts.get("source", "")


@pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])
class TestCallers:
    def date_documents(self) -> None:
        Chunk.objects.update(dated=date(2026, 2, 28))
        Chunk.objects.filter(path="runbooks/disk-full.md").update(dated=date(2026, 3, 1))

    def results(self, api: Api, query: str) -> list[dict[str, Any]]:
        return api.get(f"{SEARCH}?q=how+much+leave+or+disk&{query}").json()["results"]

    def test_rest_takes_every_filter(self, api: Api, documents: dict[str, Any]) -> None:
        self.date_documents()
        assert {hit["path"] for hit in self.results(api, "")} == {"policies/annual-leave.md", "runbooks/disk-full.md"}
        for query in ("source=runbooks", "source=runbooks/disk-full.md", "collection=runbooks", "since=2026-03-01",
                      "since=2026-03-01&until=2026-03-01"):  # fmt: skip
            hits = self.results(api, query)
            assert {(hit["path"], hit["collection"], hit["dated"]) for hit in hits} == {
                ("runbooks/disk-full.md", "runbooks", "2026-03-01")
            }, query
        assert self.results(api, "since=2026-03-02") == []

    @pytest.mark.parametrize("query", ["since=soon", "until=2026-13-01", "source=a%00b", "explain=perhaps"])
    def test_rest_refuses_a_bad_one_and_says_how_to_mend_it(self, api: Api, query: str) -> None:
        response = api.get(f"{SEARCH}?q=leave&{query}")
        field = query.partition("=")[0]
        assert (response.status_code, list(response.json()["fields"])) == (400, [field])
        assert response.json()["fields"][field][0].startswith("Give ")

    def test_rest_says_why_unless_told_not_to(self, api: Api, documents: dict[str, Any]) -> None:
        for query in ("", "explain=true", "explain=1"):
            assert set(self.results(api, query)[0]["why"]) >= {"dense", "bm25", "sentence", "terms"}
        assert "why" not in self.results(api, "explain=false")[0]

    async def test_the_tool_takes_the_same_filters(self, editor: Membership, documents: dict[str, Any]) -> None:
        await in_database(self.date_documents)
        context = ToolContext(run_id="r", call_id="c", organization_id=str(editor.organization_id), actor_id="a")

        async def search(**filters: str) -> set[str]:
            output = await SearchTool().call({"query": "DiskSpaceLow fires: delete old logs", **filters}, context)
            return {passage.path for passage in output.passages}

        assert await search(source="runbooks", since="2026-03-01") == {"runbooks/disk-full.md"}
        assert await search(source="policies") == set()
        assert await search(until="2026-02-27") == set()
        with pytest.raises(ToolError, match=r"^since: Give a day"):
            await search(since="2026-02-30")
