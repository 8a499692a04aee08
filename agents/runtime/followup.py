"""Makes a follow-up question stand alone, by rule: no model is asked.

A question depends on the conversation before it when it says "it" or "that" of something it doesn't name, when it goes
on from the question before ("And in London?"), and when it is no more than a question word. It then gets the words that
the question before was about and the title of the document that the last answer cited: search needs them, not grammar.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from agents.runtime.conversation import Conversation, Turn
from aurora_site.core.text.terms import STOP_WORDS

# A fragment completes the question before, a reference points to what that was about, a nudge repeats it.
Kind = Literal["fragment", "reference", "nudge"]

LONGEST = 300
# How far back a chain of follow-up questions is followed.
QUESTIONS_BACK = 4
# A question that begins with "and", but has so many words of its own, is about something by itself.
OWN_WORDS = 3
LONGEST_FRAGMENT = 6
LONGEST_PHRASE = 2


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WORD = re.compile(r"[^\W_]+(?:['’./_:@-][^\W_]+)*")
_CONNECTIVE = re.compile(
    r"(?:(?:ok(?:ay)?|yes|yeah|hm+|right|thanks?|great)\b[,.! ]*)?"
    r"(?:(?:and|but|or|so|also|then|plus)\b[,: ]*)?"
    r"(?:(?:what|how) about\b|(?:is it |the )?same (?:for|with)\b)?",
    re.IGNORECASE,
)
_NUDGE = re.compile(
    r"(?:please |can you |could you )*(?:tell me more|explain|elaborate|go on|continue|say more|more(?: details?)?|details?"
    r"|(?:give me |for |an )*example|really|are you sure|yes|sure|no)(?:,? please)?[\s?.!]*",
    re.IGNORECASE,
)
# "Is it possible to …": an "it" that stands for nothing said before.
_EXPLETIVE = re.compile(
    r"\bit(?:'s| is)?(?: \w+)? (?:possible|allowed|okay|ok|fine|true|normal|necessary|safe|better|best|worth|important"
    r"|required|mandatory) (?:to|that|if|for|when)\b|\bwhat time is it\b|\bit (?:matters?|happens?) (?:if|that|when)\b",
    re.IGNORECASE,
)
_PRONOUNS = _words("it they them theirs he him she hers these those")
_POSSESSIVES = _words("its their his her")
# "That" and "this" point back behind these words; behind others they join clauses ("services that need…") or name
# something ("this year").
_BEFORE_THAT = _words(
    "for about of with to after before during on in from by do does did is are was if can could may must should would will "
    "have has need why how like"
)
_NAMED_BY_THIS = _words("year month week quarter company organisation organization team office site time way")
_DETERMINERS = _words("a an the my our your each every some any no all which")
# Whom people mention in questions about something else: "Do I tell my manager about it?"
_PEOPLE = _words("manager boss lead team buddy partner colleague colleagues doctor hr")
_PREPOSITIONS = _words(
    "for in at on during after before with without from by within to under over between of since until per"
)
_QUESTION_WORDS = _words("who whom whose what which when where why how")
_AUXILIARIES = _words("is are was were am be do does did can could may might must shall should will would have has had")
_ONE = [[word, "one"] for word in ("which", "have", "get", "another", "the", "new", "need")]
_PARENTHESES = re.compile(r"\s*\(([^()]*)\)")
_VAGUE = _words("much many long often old far soon big else exactly please time again kind sort thing things")


def is_follow_up(question: str, conversation: Conversation) -> bool:
    """Whether a question can't be understood without the conversation before it."""
    return any(turn.sender == "user" for turn in conversation.turns) and _kind(question) is not None


def stand_alone(question: str, conversation: Conversation) -> str:
    """The question with what it refers to put in; unchanged when it stands alone already."""
    before, title = "", ""
    for asked, cited in _asked(conversation.turns)[-QUESTIONS_BACK:]:
        before = _joined(asked, before, title)
        title = cited or title
    return _joined(question, before, title)


def _asked(turns: Sequence[Turn]) -> list[tuple[str, str]]:
    """The questions, each with the title of the document that its answer cited first (empty when it cited none)."""
    asked: list[tuple[str, str]] = []
    for turn in turns:
        if turn.sender == "user":
            asked.append((turn.text, ""))
        elif asked and turn.citations:
            asked[-1] = (asked[-1][0], str(turn.citations[0].get("title", "")))
    return asked


def _joined(question: str, before: str, title: str) -> str:
    kind = _kind(question) if before else None
    if kind is None:
        return question
    bare, before = _rest(question).rstrip("?.! "), before.rstrip("?.! ")
    match kind:
        case "nudge":
            return f"{_with(before, title)}?"[:LONGEST]
        case "fragment":
            return f"{_completed(before, bare)}?"[:LONGEST]
        case "reference":
            topic = _topic(before)
            named = topic if title.lower() in topic.lower() else f"{topic}, {title}"
            return f"{_with(bare[:1].upper() + bare[1:], named)}?"[:LONGEST]


def _with(question: str, topic: str) -> str:
    return f"{question} ({topic})" if topic.lower() not in question.lower() else question


def _completed(before: str, fragment: str) -> str:
    """The question before with a fragment in place of a last phrase that begins alike ("in Leeds", "in Bristol"), else
    behind it."""
    first = fragment.split(maxsplit=1)[0].lower()
    if first in _PREPOSITIONS or first in _QUESTION_WORDS:
        fragment = fragment[:1].lower() + fragment[1:]
    stem, phrase, rest = before.rpartition(f" {first} ")
    if first in _PREPOSITIONS and phrase and len(rest.split()) <= LONGEST_PHRASE:
        return f"{stem} {fragment}"
    return f"{before}, {fragment}"


def _kind(question: str) -> Kind | None:
    """How a question depends on what was said before; None when it stands alone."""
    rest = _rest(question)
    words = [word.lower() for word in _WORD.findall(rest)]
    own = [word for word in words if _is_own(word)]
    if not words or _NUDGE.fullmatch(question.strip()):
        return "nudge"
    whole = words[0] in _QUESTION_WORDS or bool(_AUXILIARIES.intersection(words))
    if _refers_back(rest):
        return "reference"
    if not own or (words[0] in _PREPOSITIONS and not whole):
        return "fragment"
    if rest != question.strip() and (len(own) < OWN_WORDS or not whole) and len(words) <= LONGEST_FRAGMENT:
        return "reference" if whole else "fragment"
    return "reference" if len(words) == 2 and words[0] in _QUESTION_WORDS and words[1] not in _AUXILIARIES else None


def _refers_back(text: str) -> bool:
    """Whether a pronoun stands for something that the text itself doesn't name before it."""
    words = [word.lower() for word in _WORD.findall(_EXPLETIVE.sub(" ", text))]
    for place, word in enumerate(words):
        before = words[:place]
        if word in ("that", "this") and _points_back(words, place):
            return True
        if word == "ones" or (word == "one" and words[place - 1 : place + 2] in _ONE):
            return True
        if word in _POSSESSIVES:
            return not any(_is_own(other) for other in before)
        if word in _PRONOUNS:
            return not _names_something(before)
    return False


def _points_back(words: Sequence[str], place: int) -> bool:
    following = words[place + 1] if place + 1 < len(words) else ""
    return (place == 0 or words[place - 1] in _BEFORE_THAT) and following not in _NAMED_BY_THIS


def _names_something(words: Sequence[str]) -> bool:
    """Whether a determiner and a noun stand there that a later pronoun can mean."""
    return any(
        word in _DETERMINERS and any(_is_own(own) and own not in _PEOPLE for own in words[place + 1 :])
        for place, word in enumerate(words)
    )


def _is_own(word: str) -> bool:
    """Whether a word says what a question is about."""
    return word not in STOP_WORDS and word not in _VAGUE


def _rest(question: str) -> str:
    """The question without what links it to the one before."""
    question = question.strip()
    return question[match.end() :].strip() if (match := _CONNECTIVE.match(question)) else question


def _topic(question: str) -> str:
    """The words of a question from the first to the last that matters: "days of leave" of "How many days of leave do I
    get?"."""
    question = _PARENTHESES.sub(r", \1", question)
    own = [match for match in _WORD.finditer(question) if _is_own(match.group().lower())]
    return question[own[0].start() : own[-1].end()] if own else ""
