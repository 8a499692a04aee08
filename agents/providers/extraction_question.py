"""What a question asks for, as far as its words tell. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from aurora_site.core.text.terms import terms

MAX_PARTS = 4
# So few words without a question word are a search for a topic, not a question.
KEYWORDS = 5

_ASKING = (
    r"(?:(?:for|in|at|on|to|by|from|within|after|under|with|of) )?(?:how|what|when|who|whom|whose|which|where|why)"
    r"|(?:may|can|could|do|does|did|is|are|am|must|should|will|would) (?:i|we|you|it|they|he|she|there|my|our|the)"
)
_OPENING = re.compile(rf"(?:{_ASKING})\b", re.I)
_NEXT_PART = re.compile(rf"\?\s+|[,;]?\s+and\s+(?=(?:{_ASKING})\b)|,\s+(?=(?:{_ASKING})\b)", re.I)
_BACKWARD = re.compile(r"\b(?:it|its|they|them|their|this|that|these|those|one|there)\b", re.I)
_BETWEEN = re.compile(
    r"\b(?:compare|comparison (?:of|between)|differences? between|distinguish|between)\s+(.+?)\s+(?:and|with|to|from)\s+"
    r"([^?.,;]+)|(\S+(?: \S+){0,3})\s+(?:versus|vs\.?|as opposed to|compared (?:to|with))\s+([^?.,;]+)",
    re.I,
)
# "annual leave and sick leave", "PAY-4012 or PAY-5031": two things of one kind.
_COORDINATED = re.compile(
    r"\b(?P<one>[\w-]+) (?P<kind>\w+) (?:and|or) (?P<other>[\w-]+) (?P=kind)\b"
    r"|(?P<first>\b[A-Z]{1,6}-?\d+\b) (?:and|or) (?P<second>[A-Z]{1,6}-?\d+\b)"
)
_LAST = re.compile(r"\blast\b", re.I)
_COMPARES = re.compile(r"\b(?:compar\w+|differen\w+|versus|vs|distinguish|as opposed to)\b", re.I)

_STEPS = re.compile(
    r"\bhow (?:do|does|did|can|could|should|would|must|might|to)\b(?! (?:i|we|you) know\b)"
    r"|\b(?:steps?|procedure|instructions|walk me through|guide me through|process (?:for|of|to))\b"
    r"|\bwhat (?:now|next|to do|(?:do|must|should|can|shall) (?:i|we|you|one) (?:do|check|try|run))\b"
    r"|\b(?:command|script|query|snippet|code|example) (?:for|to|that|which)\b|\b(?:which|what) command\b|\bby hand\b",
    re.I,
)
_LIST = re.compile(r"\b(?:which|what are|what were|list|who are|name the|what kinds?|what types?|overview)\b", re.I)
_COUNTED = re.compile(r"\bhow (?:many|much)\s+(\w+)", re.I)
_YES_NO = re.compile(
    r"(?:^|[,:;.!]\s+|\b(?:and|so|but)\s+)(?:may|can|could|do|does|did|is|are|am|was|were|must|should|shall|will|would|has"
    r"|have|need)\s+(?:i|we|you|it|they|he|she|there|my|our|your|the|a|an|any|every|all|some|\w+)\b[^,:;]*$",
    re.I,
)
_LATEST = re.compile(
    r"\b(?:latest|newest|most recent|recently|current|currently|nowadays|up[- ]to[- ]date)\b"
    r"|\b(?:the|our|my|their) last (?!day|week|month|quarter|year|hour|minute|working|of\b|time\b)\w+",
    re.I,
)
# Words that only ask, though they may mean something elsewhere: "how long" isn't about what is long.
_MANNER = re.compile(
    r"\bhow (?:long|often|far|soon|quickly|fast|old|big|large|high|much|many)\b|\bwhat happen(?:s|ed)\b|\bwhat (?:now|next)\b"
    r"|^(?:please )?(?:tell me about|explain|describe|compare)\b|\b(?:differences?|comparison) between\b"
    r"|\b(?:latest|newest|most recent|current|currently)\b|\b(?:steps?|process|procedure|instructions) (?:for|to|of)\b",
    re.I,
)
_TOPIC = re.compile(r"(?:please )?(?:tell me about|explain|describe)\b", re.I)
_MEANING = re.compile(
    r"\bwhat (?:does|do|did) .{1,60} (?:mean|stand for)\b|^what(?: is|['’]s| are) (?:an? |the )?\S+(?: \S+)?\?*$"
    r"|\b(?:meaning|definition) of\b|\bmeaning$",
    re.I,
)
_KINDS = {
    "duration": re.compile(r"\bhow (?:long|far ahead|far in advance|soon|quickly|fast|old)\b|\bnotice period\b", re.I),
    "frequency": re.compile(r"\bhow (?:often|frequently|many times)\b", re.I),
    "money": re.compile(
        r"\bhow much\b(?=.*\b(?:cost|costs|pay|paid|price|fee|earn|budget|bonus|allowance|salary|get|worth)\b)"
        r"|\b(?:price|salary|budget|bonus|allowance|fee|cost) (?:of|for)\b",
        re.I,
    ),
    "phone": re.compile(r"\b(?:phone|telephone|hotline)\b|\bnumber (?:to|can|do|should) \w+ ?call\b", re.I),
    "address": re.compile(r"\b(?:address|e-?mail|mailbox|url|website|to whom|whom do|contact)\b", re.I),
    "time": re.compile(
        r"\b(?:when|(?:which|what) (?:time|date|day|month|year|week)s?|by when|deadline|due|until when)\b", re.I
    ),
    "person": re.compile(r"\b(?:who|whom|whose)\b", re.I),
    "place": re.compile(r"\bwhere\b", re.I),
    "amount": re.compile(
        r"\bhow (?:many|much|big|large|high|far|fast|wide|deep)\b"
        r"|\b(?:limit|maximum|minimum|threshold|default|percentage|coverage|capacity|quota|port)\b", re.I
    ),
}  # fmt: skip
FACTS = frozenset(["duration", "frequency", "money", "phone", "address", "time", "person", "amount"])


@dataclass(frozen=True)
class Question:
    """What was asked.

    ``kinds`` are the kinds of thing asked for (amount, duration, money, time, person, place, phone, address). ``parts``
    are its questions where it asks several: each is ``partial``, and complete with the words it refers back to, which are
    ``inherited``. ``keywords`` marks a search for a topic, ``meaning`` a question for what something is.
    """

    text: str
    terms: frozenset[str]
    identifiers: frozenset[str]
    counted: str
    kinds: frozenset[str]
    wants_steps: bool
    wants_list: bool
    wants_latest: bool
    yes_no: bool
    keywords: bool
    meaning: bool
    partial: bool = False
    inherited: frozenset[str] = frozenset()
    compares: bool = False
    parts: tuple[Question, ...] = ()

    @property
    def wants_fact(self) -> bool:
        """Whether something was asked for that one sentence can give."""
        return self.meaning or not self.kinds.isdisjoint(FACTS)

    @classmethod
    def parse(cls, text: str) -> Question:
        text = " ".join(text.split())
        whole = _parsed(text)
        compared = _compared(whole)
        parts = compared or _parts(text)
        return replace(whole, parts=tuple(parts), compares=bool(compared)) if len(parts) > 1 else whole


def _parsed(text: str) -> Question:
    latest = bool(_LATEST.search(text))
    plain = _MANNER.sub(" ", text)
    found = terms(_LAST.sub(" ", plain) if latest else plain) or terms(text)
    counted = _COUNTED.search(text)
    asks = bool(_OPENING.match(text)) or text.endswith("?")
    return Question(
        text=text,
        terms=frozenset(term.text for term in found),
        identifiers=frozenset(term.text for term in found if term.identifier),
        counted=next((term.text for term in terms(counted.group(1))), "") if counted else "",
        kinds=frozenset(kind for kind, pattern in _KINDS.items() if pattern.search(text)),
        wants_steps=bool(_STEPS.search(text)),
        wants_list=bool(_LIST.search(text)),
        wants_latest=latest,
        yes_no=bool(_YES_NO.search(text)) and not _STEPS.search(text),
        keywords=(not asks and len(text.split()) <= KEYWORDS) or bool(_TOPIC.match(text)),
        meaning=bool(_MEANING.search(text)),
    )


def _compared(whole: Question) -> list[Question]:
    """One question for each of the two things that are compared; the words of the other are left out."""
    found = _BETWEEN.search(whole.text) if _COMPARES.search(whole.text) else None
    names = [name for name in found.groups() if name] if found else []
    if coordinated := _COORDINATED.search(whole.text):
        names = [name for key, name in coordinated.groupdict().items() if name and key != "kind"]
    if len(names) != 2:
        return []
    named = [frozenset(term.text for term in terms(name)) for name in names]
    own = [names - other for names, other in ((named[0], named[1]), (named[1], named[0]))]
    if not all(own):
        return []
    shared = whole.terms - own[0] - own[1]
    return [replace(whole, terms=names | shared, identifiers=whole.identifiers & names) for names in own]


def _parts(text: str) -> list[Question]:
    pieces = [piece.strip(" ,;?") for piece in _NEXT_PART.split(text) if piece.strip(" ,;?")]
    if not 1 < len(pieces) <= MAX_PARTS:
        return []
    if not _OPENING.search(pieces[0]):
        # What comes before the first question tells what all of them are about.
        pieces = [f"{pieces[0]}: {piece}" for piece in pieces[1:]]
    found = list(_completed(pieces))
    return found if all(part.terms for part in found) else []


def _completed(pieces: list[str]) -> Iterator[Question]:
    """Each piece as a question; one that refers back, or says next to nothing, gets the words of the one before."""
    before = None
    for piece in pieces:
        part = replace(_parsed(piece), partial=True)
        if before is not None and (len(part.terms) < 2 or _BACKWARD.search(piece)):
            part = replace(
                part,
                terms=part.terms | before.terms,
                identifiers=part.identifiers | before.identifiers,
                inherited=before.terms - part.terms,
            )
        before = part
        yield part
