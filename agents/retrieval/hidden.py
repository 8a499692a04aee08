"""What a reader doesn't see: elements hidden by attributes or style, characters without width. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

# No document needs these: zero-width blanks and joiners of words, soft hyphens, direction overrides and isolates,
# deprecated format characters, tags (U+E0000-E007F) and the rarer variation selectors.
_NEVER = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f]+"
)
# Persian and Indic scripts need joiners, Hebrew and Arabic direction marks, emoji joiners and selectors: one at a time
# and beside a character of theirs.
_SELDOM = "\u200c-\u200f\ufe00-\ufe0f\U000e0100-\U000e01ef"
_MISPLACED = re.compile(
    f"[{_SELDOM}]{{3,}}|(?<![^\\x00-\\x7f])[{_SELDOM}]+(?![^\\x00-\\x7f])"
    "|(?<=[a-zA-Z])[\u200c\u200d]+|[\u200c\u200d]+(?=[a-zA-Z])"
)
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_SIMPLE = re.compile(r"(?:[a-z][a-z0-9]*)?[.#][\w-]+")
_ZERO = re.compile(r"0*(?:\.0*)?(?:[a-z%]+)?")
_WHITE = frozenset(["white", "#fff", "#ffffff", "#ffff", "#ffffffff", "rgb(255,255,255)", "snow", "#fefefe"])
_UNSEEN = frozenset(["transparent", "#0000", "#00000000", "rgba(0,0,0,0)", "rgba(255,255,255,0)"])
_TINY = re.compile(r"(?:0?\.\d+|[01](?:\.\d+)?)(?:px|pt)")


def without_invisible(text: str) -> str:
    """The text without characters that nobody sees but a model reads."""
    return text if text.isascii() else _MISPLACED.sub("", _NEVER.sub("", text))


def is_hidden(attributes: Mapping[str, str], background: str = "white") -> bool:
    """Whether an element with these attributes isn't shown: by ``hidden``, ``aria-hidden``, or its ``style``.

    ``background`` is the colour behind it, as far as styles told it.
    """
    if "hidden" in attributes or attributes.get("aria-hidden", "").strip().lower() == "true":
        return True
    style = attributes.get("style", "")
    colour = attributes.get("color", "")
    return bool(style or colour) and _hides(_declarations(style.lower()), colour.lower(), background)


def background_of(attributes: Mapping[str, str], background: str) -> str:
    """The colour behind an element's content, which is its parent's unless it has one; empty if it can't be told."""
    declared = _declarations(attributes.get("style", "").lower())
    own = declared.get("background-color") or declared.get("background") or attributes.get("bgcolor", "").lower()
    return _colour(own) if own else background


def hiding_selectors(css: str) -> frozenset[str]:
    """The ``.class`` and ``#id`` selectors, bare or behind an element's name, that a style sheet hides. Rules for
    certain media, and selectors that depend on where an element stands, are left alone."""
    found: set[str] = set()
    for selectors, body in _rules(_COMMENT.sub(" ", css.lower())):
        if _hides(_declarations(body), "", "white"):
            found.update(name for part in selectors.split(",") if _SIMPLE.fullmatch(name := part.strip()))
    return frozenset(found)


def _rules(css: str) -> Iterator[tuple[str, str]]:
    """Selectors and declarations of the rules that stand in no other."""
    depth = 0
    before = selectors = ""
    for part in re.split(r"([{}])", css):
        if part == "{":
            depth += 1
            selectors = before if depth == 1 else selectors
        elif part == "}":
            if depth == 1 and not selectors.lstrip().startswith("@"):
                yield selectors, before
            depth = max(0, depth - 1)
        before = part if part not in ("{", "}") else ""


def is_selected(name: str, attributes: Mapping[str, str], selectors: frozenset[str]) -> bool:
    """Whether a style sheet's selectors name the element."""
    marks = [f".{word}" for word in attributes.get("class", "").lower().split()]
    marks.append(f"#{attributes.get('id', '').lower()}")
    return any(mark in selectors or f"{name}{mark}" in selectors for mark in marks)


def _declarations(style: str) -> dict[str, str]:
    pairs = (declaration.partition(":") for declaration in style.split(";"))
    return {name.strip(): value.replace("!important", "").strip() for name, _, value in pairs}


def _hides(style: Mapping[str, str], colour: str, background: str) -> bool:
    checks: dict[str, Callable[[str], bool]] = {
        "display": lambda value: value == "none",
        "visibility": lambda value: value in ("hidden", "collapse"),
        "opacity": lambda value: bool(_ZERO.fullmatch(value)),
        "font-size": lambda value: bool(_ZERO.fullmatch(value) or _TINY.fullmatch(value)),
    }
    if any(name in style and check(style[name]) for name, check in checks.items()):
        return True
    boxed = any(_ZERO.fullmatch(style.get(side, "-")) for side in ("width", "height", "max-width", "max-height"))
    if boxed and style.get("overflow", "").startswith(("hidden", "clip")):
        return True
    ink = _colour(style.get("color", colour))
    own = style.get("background-color") or style.get("background")
    return bool(ink) and (ink in _UNSEEN or ink == (_colour(own) if own else background))


def _colour(value: str) -> str:
    """A colour as one word, whites alike; what isn't one colour (an image, a gradient) stays as it is."""
    compact = "".join(value.split())
    return "white" if compact in _WHITE else compact
