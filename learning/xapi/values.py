"""Single values of statements: each test says whether a text is one. Pure. Sources: xAPI 1.0.3, part 2 (data)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from learning.xapi.durations import seconds_of

# RFC 3987 without what no IRI may hold; the standard asks for a scheme and no more.
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`\x00-\x20\x7f]+")
_MAILBOX = re.compile(r"mailto:[^\s@<>:,;\"()\[\]\\]+@[^\s@<>:,;\"()\[\]\\/]+")
_SHA1 = re.compile(r"[0-9a-fA-F]{40}")
_SHA2 = re.compile(r"(?:[0-9a-fA-F]{56}|[0-9a-fA-F]{64}|[0-9a-fA-F]{96}|[0-9a-fA-F]{128})")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# RFC 5646, 2.1: language, extended language, script, region, variants, extensions, private use.
_LANGUAGE = re.compile(
    r"(?:(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?"
    r"(?:-(?:[a-z0-9]{5,8}|\d[a-z0-9]{3}))*(?:-[a-wy-z0-9](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?"
    r"|x(?:-[a-z0-9]{1,8})+|i-[a-z]{2,8}|art-lojban|cel-gaulish|en-gb-oed|no-(?:bok|nyn)|sgn-(?:be-fr|be-nl|ch-de)"
    r"|zh-(?:guoyu|hakka|min|min-nan|xiang))",
    re.IGNORECASE | re.ASCII,
)
_TIMESTAMP = re.compile(
    r"(?P<time>\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2})(?:\.(?P<fraction>\d+))?(?P<zone>[Zz]|[+-]\d{2}(?::?\d{2})?)",
    re.ASCII,
)
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,127}/[A-Za-z0-9!#$&^_.+-]{1,127}(?:\s*;.{0,200})?")
_LONGEST_LANGUAGE = 100
_VERSION_1 = re.compile(r"1\.0(?:\.\d{1,4})?", re.ASCII)
_VERSION_2 = re.compile(r"2\.0(?:\.\d{1,4})?", re.ASCII)


def is_iri(text: str) -> bool:
    """An absolute IRI: a scheme, a colon, and no blanks."""
    return _IRI.fullmatch(text) is not None


def is_mailbox(text: str) -> bool:
    return len(text) <= 7 + 254 and _MAILBOX.fullmatch(text) is not None


def is_sha1(text: str) -> bool:
    return _SHA1.fullmatch(text) is not None


def is_sha2(text: str) -> bool:
    """A digest of SHA-224, 256, 384 or 512 in hexadecimal digits."""
    return _SHA2.fullmatch(text) is not None


def is_uuid(text: str) -> bool:
    """A UUID in its canonical form, of any version."""
    return _UUID.fullmatch(text) is not None


def is_language(text: str) -> bool:
    """A well-formed language tag (RFC 5646)."""
    return len(text) <= _LONGEST_LANGUAGE and _LANGUAGE.fullmatch(text) is not None


def is_duration(text: str) -> bool:
    return seconds_of(text) is not None


def is_media_type(text: str) -> bool:
    return _MEDIA_TYPE.fullmatch(text) is not None


def is_version_1(text: str) -> bool:
    return _VERSION_1.fullmatch(text) is not None


def is_version_2(text: str) -> bool:
    return _VERSION_2.fullmatch(text) is not None


def moment_of(text: str) -> datetime | None:
    """The instant of a timestamp, in UTC, to the microsecond; None for what isn't one.

    A zone is needed, and ``-00:00``, which says that it isn't known, is none (xAPI 1.0.3, part 2, 4.5; RFC 3339, 4.3).
    """
    match = _TIMESTAMP.fullmatch(text) if len(text) <= _LONGEST_LANGUAGE else None
    if match is None or match["zone"] in ("-00", "-0000", "-00:00"):
        return None
    fraction = (match["fraction"] or "0")[:6].ljust(6, "0")
    try:
        return datetime.fromisoformat(f"{match['time'].upper()}.{fraction}{_zone(match['zone'])}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _zone(text: str) -> str:
    if text in "Zz":
        return "+00:00"
    digits = text[1:].replace(":", "").ljust(4, "0")
    return f"{text[0]}{digits[:2]}:{digits[2:]}"


def is_timestamp(text: str) -> bool:
    return moment_of(text) is not None
