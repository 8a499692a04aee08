"""The day that a document says it is of. Pure but for today's date, which bounds what is believed.

Of what a document says about itself the first counts that is a date: its front matter or ``meta`` elements, a line
such as "Last updated: 14 March 2026" among its first, its path, and what the program that made the file noted in it.
Among names of the same kind a change outranks a review, and that the first day.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

# In the order in which they count.
NAMES = (
    "last_updated", "lastupdated", "updated", "updated_at", "last_modified", "lastmod", "modified", "revised",
    "article:modified_time", "og:updated_time", "dcterms.modified", "datemodified", "revision_date", "last_reviewed",
    "reviewed", "date", "dated", "effective", "effective_date", "published", "published_at", "article:published_time",
    "datepublished", "pubdate", "dc.date", "dcterms.created", "created", "created_at", "time",
)  # fmt: skip
EARLIEST = datetime.date(1970, 1, 2)
_AHEAD = datetime.timedelta(days=366)
_LINES = 15
_LONGEST_LINE = 200
_CHARACTERS = 4_000
_MONTHS = (
    ("jan",), ("feb", "fév"), ("mar", "mär", "mrz"), ("apr", "avr"), ("may", "mai"), ("jun", "juin"), ("jul", "juil"),
    ("aug", "aoû"), ("sep",), ("oct", "okt"), ("nov",), ("dec", "dez", "déc"),
)  # fmt: skip
_ISO = re.compile(r"(?<!\d)(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)")
_DAY_FIRST = re.compile(r"(?<!\d)(\d{1,2})(?:st|nd|rd|th)?[.\s-]\s?(?:of\s)?([^\W\d_]{3,9})[.,\s-]{1,2}(\d{4})(?!\d)")
_MONTH_FIRST = re.compile(r"(?<!\w)([^\W\d_]{3,9})\.?\s(\d{1,2})(?:st|nd|rd|th)?,?\s(\d{4})(?!\d)")
_NUMBERS = re.compile(r"(?<!\d)(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?!\d)")
_EAST_ASIAN = re.compile(r"(?<!\d)(\d{4})\s?[年년]\s?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日일]")
_IN_PATH = re.compile(r"(?<!\d)(\d{4})([-_.]?)(\d{2})\2(\d{2})(?!\d)")
_PDF = re.compile(r"D:(\d{4})(\d{2})(\d{2})")
_LABEL = re.compile(
    r"[\s>*_|#(-]*(?P<label>(?:last[\s-])?(?:updated?|modified|changed|revised|reviewed)(?:\son)?|date(?:d|\sof\sissue)?|revision\sdate"
    r"|effective(?:\sdate|\sfrom|\sas\sof)?|valid\sfrom|published(?:\son)?|issued(?:\son)?|as\sof|stand|datum"
    r"|(?:zuletzt\s)?(?:aktualisiert|geändert)(?:\sam)?|gültig\sab|mis\sà\sjour(?:\sle)?|fecha|更新日|最終更新日?|发布日期|更新日期)"
    r"[\s*_]*[:：|]?[\s*_|]*(?P<rest>.{6,40})",
    re.IGNORECASE,
)
# "as of", "stand" and the like are words of sentences too: only with a colon or a bar are they labels.
_WEAK = frozenset(["as of", "stand", "update", "effective", "fecha"])


def date_said(
    named: Mapping[str, object], text: str, path: str, noted: Iterable[str] = (), *, today: datetime.date | None = None
) -> datetime.date | None:
    """The document's day, or None. ``named`` are the values of its front matter or ``meta`` elements, ``noted`` those
    of a PDF's information. A day before 1970 or more than a year ahead is no date of a document."""
    latest = (today or datetime.datetime.now(tz=datetime.UTC).date()) + _AHEAD
    for found in _said(named, text, path, noted):
        if found and EARLIEST <= found <= latest:
            return found
    return None


def _said(named: Mapping[str, object], text: str, path: str, noted: Iterable[str]) -> Iterator[datetime.date | None]:
    values = {key.strip().lower().replace("-", "_").replace(" ", "_"): value for key, value in named.items()}
    for name in NAMES:
        if name in values:
            yield date_read(values[name])
    yield from _opening_dates(text)
    for found in reversed(list(_IN_PATH.finditer(path[-255:]))):
        yield _day(found[1], found[3], found[4])
    for value in noted:
        if match := _PDF.match(value):
            yield _day(match[1], match[2], match[3])


def date_read(value: object) -> datetime.date | None:
    """A value as YAML gives it, or the date that a text begins with; what could be two days is none."""
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    text = str(value).strip()[:60]
    for pattern, day in _FORMS:
        if match := pattern.match(text):
            return day(match)
    return None


def _day_first(match: re.Match[str]) -> datetime.date | None:
    """With full stops the day comes first; with strokes only where no other reading is a date."""
    first, second = int(match[1]), int(match[3])
    if match[2] == "." or first > 12 or first == second:
        return _day(match[4], second, first)
    return _day(match[4], first, second) if second > 12 else None


def _opening_dates(text: str) -> Iterator[datetime.date | None]:
    """Labelled dates of the first lines; changes before reviews before the rest."""
    labelled: list[tuple[int, datetime.date]] = []
    lines = [line for line in text[:_CHARACTERS].split("\n") if line.strip()][:_LINES]
    for line in lines:
        match = _LABEL.match(line) if len(line) <= _LONGEST_LINE else None
        if match is None:
            continue
        label = " ".join(match["label"].lower().split())
        if label in _WEAK and not re.search(r"[:：|]", line[match.end("label") : match.start("rest")]):
            continue
        if found := date_read(match["rest"]):
            labelled.append((_rank(label), found))
    yield from (found for _, found in sorted(labelled, key=lambda pair: pair[0]))


def _rank(label: str) -> int:
    if re.search(r"updat|modif|chang|revis|aktuali|geändert|jour|更新", label):
        return 0
    return 1 if "review" in label else 2


def _month(name: str) -> int:
    word = name.lower()
    return next((number for number, stems in enumerate(_MONTHS, 1) if word.startswith(stems)), 0)


def _day(year: str | int, month: str | int, day: str | int) -> datetime.date | None:
    try:
        return datetime.date(int(year), int(month), int(day))
    except ValueError:
        return None


# Each way to write a date, and what it means.
_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], datetime.date | None]], ...] = (
    (_ISO, lambda match: _day(match[1], match[3], match[4])),
    (_EAST_ASIAN, lambda match: _day(match[1], match[2], match[3])),
    (_DAY_FIRST, lambda match: _day(match[3], _month(match[2]), match[1])),
    (_MONTH_FIRST, lambda match: _day(match[3], _month(match[1]), match[2])),
    (_NUMBERS, _day_first),
)
