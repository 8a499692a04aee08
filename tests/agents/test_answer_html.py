from __future__ import annotations

import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from agents.pages.answer_html import citation_url, render_answer

CITATION = {
    "number": 1,
    "document_id": "0b6f",
    "title": 'Leave "and" <more>',
    "path": "policies/leave.md",
    "start": 10,
    "end": 30,
    "marks": [[10, 20], [22, 30]],
}
URL = "/documents/0b6f?start=10&end=30&mark=10-20&mark=22-30#passage"
LINK = (
    f'<a class="citation" href="{URL.replace("&", "&amp;")}" '
    'aria-label="Source 1: Leave &quot;and&quot; &lt;more&gt;" rel="noopener noreferrer nofollow">1</a>'
)
ALLOWED = {
    "p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "div",
    "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip


def test_a_citation_leads_to_its_passage_with_the_quoted_stretches_marked() -> None:
    assert citation_url(CITATION) == URL


def test_known_markers_are_links_and_unknown_ones_stay_text() -> None:
    assert render_answer("25 days [1], more [2].", [CITATION]) == f"<p>25 days {LINK}, more [2].</p>\n"


def test_markers_in_code_stay_text() -> None:
    assert render_answer("`a[1]` **[1]**", [CITATION]) == f"<p><code>a[1]</code> <strong>{LINK}</strong></p>\n"


def test_an_answer_cannot_define_where_its_markers_lead() -> None:
    html = render_answer("[1]: https://evil.example\n\nSee [1].", [CITATION])
    assert html == f"<p>{LINK}: https://evil.example</p>\n<p>See {LINK}.</p>\n"


def test_headings_become_bold_lines_outside_of_the_outline() -> None:
    assert render_answer("# Rules\n\ntext", []) == "<p><strong>Rules</strong></p>\n<p>text</p>\n"


def test_line_breaks_lists_and_numbers_are_kept() -> None:
    assert render_answer("one\ntwo\n\n3. c\n4. d", []) == (
        '<p>one<br>\ntwo</p>\n<ol start="3">\n<li>c</li>\n<li>d</li>\n</ol>\n'
    )


def test_markers_below_a_table_or_code_belong_to_it_and_are_no_row() -> None:
    html = render_answer("| a |\n|---|\n| 1 |\n[1]\n\n```\ncode\n```\n[1] [1]", [CITATION])
    assert html.count("<tr>") == 2
    assert f'</table></div>\n<p class="markers">{LINK}</p>\n' in html
    assert html.endswith(f'</pre>\n<p class="markers">{LINK} {LINK}</p>\n')


def test_what_scrolls_sideways_can_be_reached_by_keyboard() -> None:
    html = render_answer("| a |\n|---|\n| 1 |\n\n```\ncode\n```", [])
    assert '<div class="table-scroll" role="region" aria-label="Table" tabindex="0"><table>' in html
    assert html.endswith('</table></div>\n<pre tabindex="0"><code>code\n</code></pre>\n')


def test_a_link_shows_where_it_leads() -> None:
    link = '<a href="https://evil.example/a" rel="noopener noreferrer nofollow">'
    assert render_answer("[the bank](https://evil.example/a)", []) == f"<p>{link}the bank</a> (evil.example)</p>\n"
    assert render_answer("[bank.example](https://evil.example/a)", []) == (
        f"<p>{link}bank.example</a> (evil.example)</p>\n"
    )
    assert render_answer("<https://evil.example/a>", []) == f"<p>{link}https://evil.example/a</a></p>\n"


def test_links_that_lead_nowhere_and_images_are_text() -> None:
    text = "[a](javascript:alert(1)) [b](/admin/) [c](//evil.example) ![d](https://evil.example/x.png)"
    html = render_answer(text, [])
    assert "<a " not in html and "<img" not in html
    assert html == "<p>[a](javascript:alert(1)) b c d</p>\n"


def test_html_is_text() -> None:
    html = render_answer("<script>alert(1)</script>\n\n<b onclick='x'>b</b> <table>", [])
    assert html == (
        "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n<p>&lt;b onclick='x'&gt;b&lt;/b&gt; &lt;table&gt;</p>\n"
    )


class _Checker(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.foul: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        if tag not in ALLOWED or names - {"href", "class", "aria-label", "rel", "start", "role", "tabindex"}:
            self.foul.append(f"{tag} {attrs}")
        href = dict(attrs).get("href")
        if href is not None and not re.match(r"https?://|mailto:|/documents/", href):
            self.foul.append(f"href {href}")


@given(
    st.lists(
        st.sampled_from(
            ["[1]", "](", "javascript:", "<", "img src=x onerror=y>", "`", "```\n", "\n", "> ", "# ", "|", "---", "*",
             "http://e.example", "[x]", "(", ")", "!", "&lt;", "\\", '"', "data:text/html,", " ", "a", "<!--", "\x00"]
        ),
        max_size=30,
    ).map("".join)
)  # fmt: skip
def test_no_text_becomes_markup_of_its_own(text: str) -> None:
    checker = _Checker()
    checker.feed(render_answer(text, [CITATION]))
    assert checker.foul == []
