from __future__ import annotations

from agents.page_rendering import MAXIMUM_CHARACTERS, Span, render_markdown, render_source

TEXT = """# Leave

You get **25 days** a year. The year starts in
January.

## Sick leave

- Tell your manager.
- Tell `people` by ten.

| Days | Note |
|---|---|
| 25 | none |
| 7 | a doctor's note |
"""


def span(text: str) -> Span:
    start = TEXT.index(text)
    return Span(start, start + len(text))


def test_the_quoted_sentence_is_marked_within_its_passage() -> None:
    passage = span("You get **25 days** a year. The year starts in\nJanuary.")
    html = render_markdown(TEXT, title="Leave", passage=passage, marks=[span("You get **25 days** a year.")])
    assert html.startswith(
        '<section class="passage" id="passage" aria-label="Cited passage">'
        "<p><mark>You get <strong>25 days</strong> a year.</mark> The year starts in\nJanuary.</p>\n</section>"
    )
    assert html.count("<mark>") == 1


def test_a_sentence_over_two_lines_is_marked_whole() -> None:
    sentence = span("The year starts in\nJanuary.")
    html = render_markdown(TEXT, title="Leave", passage=sentence, marks=[sentence])
    assert "<p>You get <strong>25 days</strong> a year. <mark>The year starts in\nJanuary.</mark></p>" in html


def test_list_items_and_table_rows_are_marked_without_their_markup() -> None:
    passage = Span(TEXT.index("## Sick leave"), len(TEXT))
    html = render_markdown(
        TEXT, title="Leave", passage=passage, marks=[span("- Tell `people` by ten."), span("| 25 | none |")]
    )
    assert "<li>Tell your manager.</li>\n<li><mark>Tell <code>people</code> by ten.</mark></li>" in html
    assert "<td><mark>25</mark></td>\n<td><mark>none</mark></td>" in html
    assert html.count("<mark>") == 3


def test_a_passage_without_quotes_is_marked_as_a_whole() -> None:
    html = render_markdown(TEXT, title="Leave", passage=span("- Tell your manager.\n- Tell `people` by ten."))
    assert "<li><mark>Tell your manager.</mark></li>\n<li><mark>Tell <code>people</code> by ten.</mark></li>" in html
    assert html.count("<mark>") == 2


def test_the_title_is_not_repeated_and_headings_go_down_one_level() -> None:
    html = render_markdown(TEXT, title="Leave")
    assert html.startswith("<p>You get <strong>25 days</strong>")
    assert "<h3>Sick leave</h3>" in html
    assert render_markdown(TEXT, title="Another").startswith("<h2>Leave</h2>")


def test_markup_and_links_that_lead_nowhere_are_defused() -> None:
    text = (
        "<script>alert(1)</script> [a](javascript:alert(1)) [b](../other.md) [c](https://example.com) "
        '![d](https://example.com/x.png) <b onclick="x">e</b>'
    )
    html = render_markdown(text, title="")
    assert "<script" not in html and "<b " not in html and "<img" not in html
    assert [part.split('"')[0] for part in html.split('href="')[1:]] == ["https://example.com"]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_the_source_is_escaped_and_marked_at_the_offsets() -> None:
    text = "a <b> c. d & e. f"
    html = render_source(text, passage=Span(2, 15), marks=[Span(9, 15)])
    assert html == 'a <span class="passage" id="passage">&lt;b&gt; c. <mark>d &amp; e.</mark></span> f'


def test_overlapping_marks_show_every_character_once() -> None:
    html = render_source("0123456789", passage=Span(1, 9), marks=[Span(2, 5), Span(4, 7), Span(7, 9)])
    assert html == '0<span class="passage" id="passage">1<mark>234</mark>56<mark>78</mark></span>9'


def test_of_a_long_text_the_part_around_the_passage_is_shown() -> None:
    text = "x" * MAXIMUM_CHARACTERS + "needle" + "y" * MAXIMUM_CHARACTERS
    html = render_source(text, passage=Span(MAXIMUM_CHARACTERS, MAXIMUM_CHARACTERS + 6))
    assert "<mark>needle</mark>" in html
    assert len(html) < MAXIMUM_CHARACTERS + 200
