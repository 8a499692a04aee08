"""Chunks follow the headings, fit the model, and point exactly into their source."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.retrieval.blocks import markdown_blocks, plain_blocks
from agents.retrieval.chunking import MAX_TOKENS, chunk_text, sentence_text
from agents.retrieval.token_counts import approximate_tokens

POLICY = """# Leave policy

Intro text.

## Annual leave

Everybody gets leave. **Carry-over.** Up to five days.

- **Part time.** In proportion.
- Sick leave is separate.

The table says how much:

| Years | Days |
|:---|---|
| 0 | 25 |
| 2 | 26 |

## How to book

```bash
qw leave book --days 3

qw leave list
```

### Empty

## Last
"""


def chunks_of(text: str, title: str = "Leave policy"):
    return chunk_text(text, markdown_blocks(text), title)


def test_sections_become_chunks_under_their_title_path() -> None:
    chunks = chunks_of(POLICY)
    assert [(chunk.heading, chunk.text.split("\n")[0]) for chunk in chunks] == [
        ("Leave policy", "Intro text."),
        ("Leave policy > Annual leave", "Everybody gets leave. **Carry-over.** Up to five days."),
        ("Leave policy > How to book", "```bash"),
        ("Leave policy > How to book > Empty", "### Empty"),
        ("Leave policy > Last", "## Last"),
    ]


def test_sentences_carry_what_they_need_to_be_understood() -> None:
    chunk = chunks_of(POLICY)[1]
    assert [(span.kind, sentence_text(POLICY, span)) for span in chunk.sentences] == [
        ("prose", "Everybody gets leave."),
        ("prose", "Carry-over."),
        ("prose", "Up to five days."),
        ("item", "Part time. In proportion."),
        ("item", "Sick leave is separate."),
        ("prose", "The table says how much:"),
        ("header", "Years; Days; :---; ---"),
        ("row", "Years: 0; Days: 25"),
        ("row", "Years: 2; Days: 26"),
    ]


def test_code_is_one_piece() -> None:
    chunk = chunks_of(POLICY)[2]
    assert [span.kind for span in chunk.sentences] == ["code"]
    assert sentence_text(POLICY, chunk.sentences[0]) == "qw leave book --days 3\n\nqw leave list"


def test_list_items_know_their_introduction() -> None:
    text = "Bring these:\n\n1. Passport\n2. Photo\n"
    spans = chunks_of(text)[0].sentences
    assert [(span.kind, span.context) for span in spans] == [
        ("prose", ""),
        ("item", "Bring these:"),
        ("item", "Bring these:"),
    ]


def test_a_long_table_is_cut_between_rows_and_keeps_its_header() -> None:
    rows = "\n".join(f"| SVC-{number:04} | the service number {number} does a thing |" for number in range(60))
    text = f"| Code | Meaning |\n|---|---|\n{rows}\n"
    chunks = chunks_of(text, "Codes")
    assert len(chunks) > 3
    assert all(chunk.embedded_text.startswith("Codes\n| Code | Meaning |\n") for chunk in chunks)
    assert chunks[2].text.startswith("| SVC-")
    assert sentence_text(text, chunks[2].sentences[0]).startswith("Code: SVC-")


def test_an_introduction_stays_with_its_list() -> None:
    filler = " ".join(f"Word{number} goes here." for number in range(38))
    items = "\n".join(f"- item {number} with some more words in it" for number in range(8))
    chunks = chunks_of(f"{filler}\n\nThe steps are:\n\n{items}\n")
    assert [chunk.text.split("\n")[0] for chunk in chunks] == [filler, "The steps are:"]


def test_plain_text_has_headings_in_capitals_and_lines_of_columns() -> None:
    text = "ON CALL\n\nPaging line:  0113\nSecurity:     0199\n\nA sentence\nwrapped.\n"
    assert [(block.kind, text[block.start : block.end]) for block in plain_blocks(text)] == [
        ("heading", "ON CALL"), ("row", "Paging line:  0113"), ("row", "Security:     0199"),
        ("paragraph", "A sentence\nwrapped."),
    ]  # fmt: skip


LINES = st.sampled_from(
    ["# Title", "## Part", "Some words here. And more!", "- item one", "  - nested: item", "| a | b |", "|---|---|",
     "| 1 | 2 |", "```python", "```", "    code(line)", "", "", "> quoted text", "12. twelve", "word " * 90, "x" * 700,
     "=====", "---", "日本語の文章です。" * 30, "naïve café", "a\tb", "Intro:"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(LINES, max_size=40))
def test_offsets_are_exact_nothing_is_lost_and_everything_fits(lines: list[str]) -> None:
    text = "\n".join(lines)
    for blocks in (markdown_blocks(text), plain_blocks(text)):
        chunks = chunk_text(text, blocks, "Title")
        assert [chunk.ordinal for chunk in chunks] == list(range(len(chunks)))
        assert all(text[chunk.start : chunk.end] == chunk.text != "" for chunk in chunks)
        assert all(approximate_tokens(chunk.text) <= MAX_TOKENS for chunk in chunks)
        assert all(before.end <= after.start for before, after in pairwise(chunks))
        assert all(chunk.start <= span.start < span.end <= chunk.end for chunk in chunks for span in chunk.sentences)
        assert _letters_outside(text, [(b.start, b.end) for b in blocks]) == ""
        covered = [(span.start, span.end) for chunk in chunks for span in chunk.sentences]
        headings = [(block.start, block.end) for block in blocks if block.kind == "heading"]
        assert _letters_outside(text, [*covered, *headings]) == ""
        shown = _on_one_line(" ".join([chunk.heading + chunk.text for chunk in chunks]))
        titles = [block.title.split("*")[0] for block in blocks if block.kind == "heading"]
        assert all(_on_one_line(title) in shown for title in titles)


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _letters_outside(text: str, spans: list[tuple[int, int]]) -> str:
    inside = {position for start, end in spans for position in range(start, end)}
    return "".join(c for position, c in enumerate(text) if c.isalnum() and position not in inside)


@given(st.text(max_size=2000))
def test_any_text_can_be_chunked(text: str) -> None:
    chunks = chunk_text(text, markdown_blocks(text), "Title")
    assert all(text[chunk.start : chunk.end] == chunk.text and chunk.text.strip() for chunk in chunks)


def test_text_indented_below_an_admonition_or_a_tab_is_no_code() -> None:
    text = '!!! note "Mind"\n    First.\n\n    Second. Third.\n\n=== "Linux"\n\n    Run it.\n\n'
    text += "    ```\n    run\n    ```\n\nAfter.\n\n    code\n"
    assert [(block.kind, text[block.start : block.end].strip()) for block in markdown_blocks(text)] == [
        ("paragraph", '!!! note "Mind"\n    First.'),
        ("paragraph", "Second. Third."),
        ("paragraph", '=== "Linux"'),
        ("paragraph", "Run it."),
        ("code", "```\n    run\n    ```"),
        ("paragraph", "After."),
        ("code", "code"),
    ]
