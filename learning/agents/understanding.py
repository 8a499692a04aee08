"""Reads from a message, by rules, what a person wants of their plan or wants to know of their progress. Pure.

What the rules can't read is ``unclear``: nothing is guessed, for what they read is done without asking back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from learning.agents.assessing import levels_in
from learning.agents.given import wish_given
from learning.agents.naming import meant, named_in, words_of
from learning.agents.settling import settling_in
from learning.agents.when import days_in, more_days_in, span_in, weekly_hours_in
from learning.agents.wishes import Known, Topic, Wish
from learning.agents.words import NUMBERS, ORDINALS, word_set

LONGEST_READ = 2_000
_PLAN_WORDS = word_set("plan path roadmap schedule the this my it that whole like so way these dates order please")

_PLAN = r"(?:plan|path|roadmap|schedule|curriculum|programme|program)"
_MAKE = re.compile(
    rf"\b(?:make|build|create|write|draw up|draft|prepare|generate|design|compute"
    rf"|give|get|need|want|set up|start)\b[^.?!]{{0,40}}\b{_PLAN}\b"
    rf"|\b(?:become|becoming|grow into|grow towards?|train as|retrain as)\b|\bmov(?:e|ing)\b[^.?!]{{0,40}}\binto\b"
    rf"|\b\w+[- ]days?[- ](?:learning |study |training )?{_PLAN}\b|\bnew {_PLAN}\b"
    rf"|\bplan (?:for|towards?)\b|\bplan (?:me|my|the) next\b"
    rf"|\b(?:learning|study|training) {_PLAN}\b[^.?!]{{0,20}}\b(?:for|towards?|to)\b|^(?:learning|study) {_PLAN} \w+",
    re.IGNORECASE,
)
_ROLES = re.compile(
    r"\b(?:what|which|list|show|name)\b[^.?!]{0,30}\b(?:roles?|careers?|goals?)\b"
    r"|\bwhat can i (?:plan towards?|become|work towards?|learn)\b"
    r"|\b(?:plan|work|learn) towards? what\b",
    re.IGNORECASE,
)
_ROLES_NOT = re.compile(r"\bskills?\b|\bmissing\b", re.IGNORECASE)
_WHY = re.compile(
    r"\bwhy\b|\bexplain\b|\bwhat(?:'s| is| are) [^.?!]{1,80} (?:there |good )?for\b|\bhow come\b", re.IGNORECASE
)
_SHOW = re.compile(
    rf"\b(?:show|see|view|display|list|open|give|tell|read)\b[^.?!]{{0,30}}\b(?:{_PLAN}|weeks?|today|tomorrow|items?)\b"
    rf"|\bwhat(?:'s| is| do i (?:have|learn|study|do)| does)\b[^.?!]{{0,40}}\b(?:{_PLAN}|weeks?|today|tomorrow)\b"
    rf"|^\s*(?:my |the )?(?:current |learning |study )?{_PLAN}\s*[?.!]*$|\bweek"
    rf" (?:\d{{1,2}}|{'|'.join(NUMBERS)})\b|\b(?:this|next) week\s*[?.!]*$",
    re.IGNORECASE,
)
_DROP = re.compile(
    (
        r"\b(?:drop|remove|leave out|take out|cut|exclude|without|give up on|don'?t"
        r" want (?:to learn )?|no longer want(?: to learn)?)\b(?: the skill)?\s+"
        r"(?P<what>[^.?!;]{1,120})"
    ),
    re.IGNORECASE,
)
_AWAY = re.compile(
    (
        r"\b(?:away|holidays?|vacation|on leave|off work|off from|travel(?:l?ing)?"
        r"|out of (?:the )?office|no time|can'?t (?:learn|study)|days? off|unavailable"
        r"|absent|conference|sick|ill|unwell)\b"
    ),
    re.IGNORECASE,
)
_MISSED = re.compile(
    (
        r"\bdid nothing\b|\b(?:missed|lost|skipped|didn'?t (?:do|manage)|haven'?t"
        r" done|couldn'?t)\b[^.?!]{0,40}\b(?:week|weeks|days?|anything|things|sessions?)\b"
        r"|\bre-?plan\b|\breschedule\b|\bre-?arrange\b|\bcatch up\b|\b(?:fell|fallen"
        r"|i'?m|am) behind\b[^?]*$|\bplan (?:it |everything |the rest )?(?:anew"
        r"|again)\b"
    ),
    re.IGNORECASE,
)
_CHANGE = re.compile(
    (
        r"^only\b|\b(?:change|adjust|adapt|update|make it|extend|shorten|lengthen|stretch"
        r"|reduce|increase|lower|raise|set|only have|only (?:can|manage)|can only"
        r"|have only|now have|more time|less time|fewer|instead|switch|longer|shorter)\b"
    ),
    re.IGNORECASE,
)
_SWITCH = re.compile(r"\b(?:switch|change)\b[^.?!]{0,20}\b(?:to|into|towards?)\b|\binstead\b|\brather\b", re.IGNORECASE)
_TOWARDS = re.compile(
    (
        r"\b(?:become|becoming|towards?|into|as|for|role of|role:?|to be|train"
        r" as|switch to|change to)\s+(?:an? |the )?(?P<role>[\w+#/& -]{2,80})"
    ),
    re.IGNORECASE,
)
_ROLE_END = re.compile(
    r"\s+(?:in|within|over|with|at|by|and|from|starting|role|please|because|but|on|for|make|i)\b.*$|\s+\d.*$",
    re.IGNORECASE,
)
_HOURS_ASKED = re.compile(
    r"\b(?:fewer|less|more|reduce|increase|change|lower|raise)\b[^.?!]{0,20}\b(?:hours|time)\b", re.IGNORECASE
)
_ABOUT = re.compile(
    (
        r"\b(?:why|explain|what(?:'s| is| are))\b\s*(?:do i (?:have|need) (?:to"
        r" (?:do|learn|study))?|is|are|am i (?:doing|learning)|should i (?:do|learn)"
        r"|does)?\s*(?P<what>[^.?!]{1,120})"
    ),
    re.IGNORECASE,
)
_ABOUT_END = re.compile(
    (
        r"\s+(?:in (?:my|the) plan|there|now|next|first|so (?:late|early|soon)"
        r"|planned|scheduled|on (?:my|the) (?:plan|list)|at this point|before .*"
        r"|after .*|good for|for|today|this week|on \w+day)\b.*$"
    ),
    re.IGNORECASE,
)
_GAPS = re.compile(
    r"\b(?:which|what) skills?\b[^.?!]{0,40}\b(?:missing|lack)\b|\bskill gaps?\b|\bmy missing skills\b", re.IGNORECASE
)
_OTHERS = re.compile(
    r"\bhow(?:'s| is| are| was) (?!(?:my|it|this|that|the plan|the learning|everything|things|all|i|learning|progress)\b)"
    r"[^.?!]{1,60}\b(?:doing|going|getting on|coming along|progressing)\b",
    re.IGNORECASE,
)
_TOPICS: tuple[tuple[Topic, re.Pattern[str]], ...] = (
    ("time", re.compile(r"\bhow (?:many (?:hours|minutes)|much time|long) (?:did|have) i\b", re.I)),
    ("on_track", re.compile(r"\bon track\b", re.I)),
    ("streak", re.compile(r"\bstreaks?\b|\bin a row\b|\bfreezes?\b", re.I)),
    ("mastery", re.compile(r"\bmastery\b|\bmaster(?:ed)?\b|\bhow (?:good|well)\b|\bskill levels?\b", re.I)),
    ("overdue", re.compile(r"\boverdue\b|\blate\b|\bdeadlines?\b|\bbehind\b|\bmissed\b", re.I)),
    (
        "forecast",
        re.compile(
            (
                r"\bpace\b|\bon time\b|\bforecast\b|\bwhen (?:will|do|can|am|would|should)"
                r" i\b|\bhow long (?:will|until|till|to go)\b|\bfinish(?:ing)?"
                r" date\b"
            ),
            re.I,
        ),
    ),
    (
        "pending",
        re.compile(
            (
                r"\bpending\b|\bremain(?:s|ing)?\b|\bleft\b|\bto-?dos?\b|\bstill (?:open"
                r"|to do)\b|\bopen (?:items?|modules?|courses?|tasks?)\b|\boutstanding\b"
            ),
            re.I,
        ),
    ),
    ("next_actions", re.compile(r"\bnext\b|\bupcoming\b|\bshould i\b|\bwhat now\b|\btoday\b", re.I)),
    ("completed", re.compile(r"\bcompleted?\b|\bfinished\b|\bdone\b|\blearned\b|\blearnt\b|\bachieved\b", re.I)),
)
_PROGRESS = re.compile(
    (
        r"\bprogress\b|\bhow(?:'s| is| am| are)\b[^.?!]{0,30}\b(?:going|doing|coming)\b"
        r"|\b(?:my )?status\b|\bhow far\b|\bsummar(?:y|ise|ize)\b"
    ),
    re.IGNORECASE,
)


def plan_wish(message: str, given: Mapping[str, Any], known: Known) -> Wish:
    """What a message to the skill navigator asks for. Fields of the request's ``input`` say what to plan, too, and come
    before the words."""
    text = _readable(message)
    fields = wish_given(given, known)
    if fields is not None:
        return fields
    if topic_of(text) in ("time", "on_track"):
        return Wish(kind="progress", topic=topic_of(text) or "overview")
    for read in (_gaps, _asked_roles, _settle, _explain, _make, _change, _assess, _show):
        wish = read(text, known)
        if wish is not None:
            return wish
    if _PROGRESS.search(text) or topic_of(text) is not None:
        return Wish(kind="progress", topic=topic_of(text) or "overview")
    return Wish(kind="unclear")


def progress_wish(message: str, known: Known) -> Wish:
    """What a message to the progress companion asks for."""
    text = _readable(message)
    settled = _settle(text, known)
    if settled is not None:
        return settled
    if _OTHERS.search(text):
        return Wish(kind="others")
    topic = topic_of(text)
    if topic is not None or _PROGRESS.search(text) or len(text.split()) <= 2:
        return Wish(kind="progress", topic=topic or "overview")
    return Wish(kind="unclear", topic="overview")


def topic_of(text: str) -> Topic | None:
    """What a question about progress is about; None where its words don't say."""
    return next((topic for topic, pattern in _TOPICS if pattern.search(text)), None)


def _readable(message: str) -> str:
    return " ".join(message[:LONGEST_READ].replace("’", "'").split())


def _asked_roles(text: str, known: Known) -> Wish | None:
    return Wish(kind="roles") if _ROLES.search(text) and not _ROLES_NOT.search(text) else None


def _gaps(text: str, known: Known) -> Wish | None:
    return Wish(kind="gaps") if _GAPS.search(text) else None


def _settle(text: str, known: Known) -> Wish | None:
    return settling_in(text, known)


def _assess(text: str, known: Known) -> Wish | None:
    levels = levels_in(text, known.skills)
    return Wish(kind="assess", levels=levels) if levels else None


def _make(text: str, known: Known) -> Wish | None:
    if not _MAKE.search(text) or (_SWITCH.search(text) and not re.search(r"\bnew\b", text, re.I)):
        return None
    role, unknown, choices = _role_in(text, known)
    return Wish(
        kind="make", role=role, unknown=unknown, choices=choices, days=days_in(text), weekly_hours=weekly_hours_in(text)
    )


def _role_in(text: str, known: Known) -> tuple[str, str, tuple[str, ...]]:
    """The role that a text names; else what it says where a role should stand, and the roles which that may be."""
    named = named_in(text, known.roles)
    if len(named) == 1:
        return named[0], "", ()
    for match in _TOWARDS.finditer(text):
        phrase = _ROLE_END.sub("", match["role"]).strip()
        found = meant(phrase, known.roles)
        if found.one:
            return found.one, "", ()
        if found.names or _could_be_role(phrase):
            return "", phrase, found.names
    return "", "", ()


def _could_be_role(phrase: str) -> bool:
    words = phrase.lower().split()
    return (
        bool(words)
        and words[0] not in ("me", "my", "the", "next", "this", "it", "that", "days", "weeks")
        and not words[0].isdigit()
    )


def _change(text: str, known: Known) -> Wish | None:
    """A change of the plan there is: time, length, role, a skill less, days away, or what was missed."""
    away = span_in(text, known.today) if _AWAY.search(text) else None
    dropped, unknown = _dropped(text, known)
    missed = bool(_MISSED.search(text)) and not text.endswith("?")
    changes = bool(_CHANGE.search(text))
    hours = weekly_hours_in(text) if changes or re.search(r"\b(?:have|got|manage|spend)\b", text, re.I) else None
    more = more_days_in(text)
    days = days_in(text) if changes and more is None else None
    role, no_role, choices = _role_in(text, known) if _SWITCH.search(text) else ("", "", ())
    if not (away or dropped or unknown or missed or hours or more or days or role or no_role):
        if _AWAY.search(text):
            return Wish(kind="change", problem="away")
        return Wish(kind="change", problem="hours") if _HOURS_ASKED.search(text) else None
    return Wish(
        kind="change", role=role, unknown=unknown or no_role, choices=choices, days=days, more_days=more,
        weekly_hours=hours, dropped=dropped, away=away, missed=missed,
    )  # fmt: skip


def _dropped(text: str, known: Known) -> tuple[tuple[str, ...], str]:
    """The skills that are to be left out; else what was called one."""
    match = _DROP.search(text)
    if match is None:
        return (), ""
    what = re.sub(r"\s+(?:from|of|in) (?:my|the) plan\b.*$", "", match["what"], flags=re.I)
    named = named_in(what, known.skills)
    if named:
        return tuple(named), ""
    found = meant(what, known.skills)
    if found.one:
        return (found.one,), ""
    return (), "" if match.group().lower().startswith("without") else what.strip()


def _explain(text: str, known: Known) -> Wish | None:
    if not _WHY.search(text):
        return None
    match = _ABOUT.search(text)
    what = _ABOUT_END.sub("", match["what"]).strip() if match else ""
    titles = {item.title: item.id for item in known.items} | {
        item.resource: item.id for item in reversed(known.items) if item.resource
    }
    named = named_in(text, [*titles, *known.skills]) or list(meant(what, [*titles, *known.skills]).names)
    items = tuple(titles[name] for name in named if name in titles)
    skills = [name for name in named if name not in titles]
    what = "" if not set(words_of(what)) - _PLAN_WORDS else what
    return Wish(
        kind="explain", items=items[:1], subject=(named[0] if named else ""), unknown="" if items or skills else what
    )


def _show(text: str, known: Known) -> Wish | None:
    if not _SHOW.search(text):
        return None
    week = _week_number(text)
    relative = re.search(r"\b(this|next) week\b", text, re.I)
    day = re.search(r"\b(?:today|tomorrow)\b", text, re.I)
    span = span_in(text, known.today) if relative or day else None
    return Wish(kind="show", week=week, day=span.first if span and not week else None, subject="day" if day else "")


def _week_number(text: str) -> int | None:
    spelt = "|".join(NUMBERS)
    if match := re.search(rf"\bweeks? (?:(\d{{1,2}})|({spelt}))\b", text, re.I):
        return int(match[1]) if match[1] else NUMBERS[match[2].lower()]
    if match := re.search(rf"\b({'|'.join(ORDINALS)}) week\b", text, re.I):
        return ORDINALS[match[1].lower()]
    return None
