"""What is read from messages by rules: exact wishes, and nothing from what says nothing."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.agents.understanding import plan_wish, progress_wish, topic_of
from learning.agents.when import Span, days_in, more_days_in, span_in, weekly_hours_in
from learning.agents.wishes import ItemName, Known, Wish
from learning.agents.words import word_list

TODAY = date(2026, 11, 22)
ITEMS = [
    ItemName("redis-1", "Redis in Action", "Redis in Action", True, TODAY),
    ItemName("redis-2", "Redis in Action", "Redis in Action", True, date(2026, 11, 24)),
    ItemName("kube", "Kubernetes basics", "Kubernetes basics", True, date(2026, 11, 25)),
    ItemName("git", "Pro Git", "Pro Git", False, date(2026, 11, 20)),
]
KNOWN = Known(
    today=TODAY,
    roles=["Backend engineer", "Site reliability engineer", "Data engineer", "Engineering manager"],
    skills=["Python", "SQL", "Kubernetes", "Terraform", "C++"],
    items=ITEMS,
)


def told(wish: Wish) -> dict[str, Any]:
    """What a wish says beside its kind."""
    fields = {name: value for name, value in vars(wish).items() if value not in (None, "", (), {}, False)}
    if fields.get("topic") == "overview" and wish.kind != "progress":
        del fields["topic"]
    return fields


@pytest.mark.parametrize(
    ("message", "wish"),
    [
        (
            "45-day plan towards SRE, 5 hours a week",
            {"role": "Site reliability engineer", "days": 45, "weekly_hours": 5.0},
        ),
        (
            "Please build me a learning path to become a data engineer in six weeks",
            {"role": "Data engineer", "days": 42},
        ),
        ("Plan my next 30 days, I have five hours a week", {"days": 30, "weekly_hours": 5.0}),
        (
            "make a plan for a backend engineer, half an hour every weekday",
            {"role": "Backend engineer", "weekly_hours": 2.5},
        ),
        ("I want to become a platform wizard, make me a plan", {"unknown": "platform wizard"}),
        ("a 90-day plan towards SRE", {"role": "Site reliability engineer", "days": 90}),
        ("plan towards Kubernetes", {"unknown": "Kubernetes"}),
    ],
)
def test_plans_that_are_asked_for(message: str, wish: dict[str, Any]) -> None:
    assert told(plan_wish(message, {}, KNOWN)) == {"kind": "make", **wish}


@pytest.mark.parametrize(
    ("message", "wish"),
    [
        ("I only have 3 hours a week now", {"weekly_hours": 3.0}),
        ("only 3 hours a week", {"weekly_hours": 3.0}),
        ("I'm sick until Friday", {"away": Span(TODAY, date(2026, 11, 27))}),
        ("reduce it to 90 minutes a week", {"weekly_hours": 1.5}),
        ("fewer hours please", {"problem": "hours"}),
        ("make it 60 days", {"days": 60}),
        ("extend it by 9 days", {"more_days": 9}),
        ("can you add two more weeks", {"more_days": 14}),
        ("drop Terraform", {"dropped": ("Terraform",)}),
        ("please remove kubernetes and SQL from my plan", {"dropped": ("Kubernetes", "SQL")}),
        ("drop basket weaving", {"unknown": "basket weaving"}),
        ("I'm away from 3 to 7 December", {"away": Span(date(2026, 12, 3), date(2026, 12, 7))}),
        ("I’ll be on holiday next week", {"away": Span(date(2026, 11, 23), date(2026, 11, 29))}),
        ("on vacation 2026-12-24 to 2027-01-02", {"away": Span(date(2026, 12, 24), date(2027, 1, 2))}),
        ("I'm on vacation", {"problem": "away"}),
        ("replan", {"missed": True}),
        ("I missed a week, please replan", {"missed": True}),
        ("I did nothing this week", {"missed": True}),
        ("I'd rather become a data engineer", {"role": "Data engineer"}),
    ],
)
def test_changes_that_are_asked_for(message: str, wish: dict[str, Any]) -> None:
    assert told(plan_wish(message, {}, KNOWN)) == {"kind": "change", **wish}


@pytest.mark.parametrize(
    ("message", "wish"),
    [
        ("show my plan", {}),
        ("plan", {}),
        ("what's in week 2?", {"week": 2}),
        ("show me the third week", {"week": 3}),
        ("show me this week", {"day": TODAY}),
        ("and what about next week?", {"day": date(2026, 11, 23)}),
        ("what's planned next week?", {"day": date(2026, 11, 23)}),
        ("what do I have to do tomorrow?", {"day": date(2026, 11, 23), "subject": "day"}),
    ],
)
def test_plans_that_are_to_be_shown(message: str, wish: dict[str, Any]) -> None:
    assert told(plan_wish(message, {}, KNOWN)) == {"kind": "show", **wish}


@pytest.mark.parametrize(
    ("message", "wish"),
    [
        ("why is Kubernetes basics in my plan?", {"items": ("kube",), "subject": "Kubernetes basics"}),
        ("Why Redis now?", {"items": ("redis-1",), "subject": "Redis in Action"}),
        ("why do I need SQL?", {"subject": "SQL"}),
        ("why this plan?", {}),
        ("why is basket weaving in my plan?", {"unknown": "basket weaving"}),
    ],
)
def test_explanations_that_are_asked_for(message: str, wish: dict[str, Any]) -> None:
    assert told(plan_wish(message, {}, KNOWN)) == {"kind": "explain", **wish}


SETTLED = [
    ("mark Kubernetes basics as done", {"outcome": "done", "items": ("kube",), "subject": "Kubernetes basics"}),
    ("I've finished the Redis course", {"outcome": "done", "items": ("redis-1",), "subject": "the Redis course"}),
    ("I finished the Redis course, please mark it as done",
     {"outcome": "done", "items": ("redis-1",), "subject": "the Redis course"}),
    ("mark all of Redis in Action as done",
     {"outcome": "done", "items": ("redis-1", "redis-2"), "subject": "all of Redis in Action"}),
    ("today's item is done", {"outcome": "done", "items": ("redis-1",), "subject": "today's item"}),
    ("skip Kubernetes basics", {"outcome": "skipped", "items": ("kube",), "subject": "Kubernetes basics"}),
    ("undo Pro Git", {"outcome": "planned", "items": ("git",), "subject": "Pro Git"}),
    ("Pro Git is done", {"outcome": "done", "unknown": "Pro Git", "problem": "already"}),
    ("mark it as done", {"outcome": "done", "unknown": "it"}),
    ("mark basket weaving as done", {"outcome": "done", "unknown": "basket weaving"}),
]  # fmt: skip


@pytest.mark.parametrize(("message", "wish"), SETTLED)
def test_both_agents_read_what_was_done(message: str, wish: dict[str, Any]) -> None:
    assert told(plan_wish(message, {}, KNOWN)) == {"kind": "settle", **wish}
    assert told(progress_wish(message, KNOWN)) == {"kind": "settle", **wish}


@pytest.mark.parametrize(
    ("message", "levels"),
    [
        ("I know Python well", {"Python": 0.75}),
        ("I already know SQL and Python", {"Python": 0.6, "SQL": 0.6}),
        ("I'm a beginner in Kubernetes", {"Kubernetes": 0.3}),
        ("my level in Terraform is 60%", {"Terraform": 0.6}),
        ("I know the basics of C++", {"C++": 0.3}),
    ],
)
def test_what_somebody_says_they_know(message: str, levels: dict[str, float]) -> None:
    assert told(plan_wish(message, {}, KNOWN)) == {"kind": "assess", "levels": levels}


@pytest.mark.parametrize(
    "message",
    [
        "what is the meaning of life?",
        "blub",
        "I know the way",
        "Is it raining?",
        "",
        "   ",
        "Which colour has the sky?",
    ],
)
def test_what_says_nothing_of_plans_is_unclear(message: str) -> None:
    assert plan_wish(message, {}, KNOWN).kind == "unclear"


@pytest.mark.parametrize(
    ("message", "topic"),
    [
        ("my progress?", "overview"),
        ("How am I doing with my plan?", "overview"),
        ("What is overdue for me this week?", "overdue"),
        ("Am I behind schedule?", "overdue"),
        ("Will I finish on time at this pace?", "forecast"),
        ("When will I be done with my Kubernetes path?", "forecast"),
        ("How long is my streak?", "streak"),
        ("What should I do next in my learning plan?", "next_actions"),
        ("How many items have I completed so far?", "completed"),
        ("Which of my modules are still open?", "pending"),
        ("How has my mastery of SQL changed?", "mastery"),
    ],
)
def test_questions_about_progress(message: str, topic: str) -> None:
    wish = progress_wish(message, KNOWN)
    assert (wish.kind, wish.topic) == ("progress", topic)


@pytest.mark.parametrize(
    ("given", "wish"),
    [
        ({"role": "SRE", "days": 40, "weekly_hours": 4.5},
         {"role": "Site reliability engineer", "days": 40, "weekly_hours": 4.5}),
        ({"days": 90}, {"days": 90}),
        ({"role": "astronaut"}, {"unknown": "astronaut"}),
        ({"days": "45"}, {"problem": "days: give a whole number of days from 30 to 60."}),
        ({"days": True}, {"problem": "days: give a whole number of days from 30 to 60."}),
        ({"weekly_hours": "x"}, {"problem": "weekly_hours: give a number of hours."}),
        ({"role": 5}, {"problem": "role: give the name of a role as text."}),
        ({"starts_on": "soon"}, {"problem": "starts_on: give a date like 2026-12-01."}),
        ({"levels": {"SQL": 2}}, {"problem": "levels: give a level from 0 to 1 for each skill."}),
        ({"levels": {"weaving": 0.5}}, {"problem": "levels: there is no skill called 'weaving' here."}),
        ({"current_skills": ["SQL"], "days": 30}, {"days": 30, "levels": {"SQL": 0.6}}),
    ],
)  # fmt: skip
def test_fields_of_the_request_come_before_its_words(given: dict[str, Any], wish: dict[str, Any]) -> None:
    assert told(plan_wish("show my plan", given, KNOWN)) == {"kind": "make", **wish}


def test_unknown_fields_say_nothing() -> None:
    assert plan_wish("show my plan", {"colour": "red", "days": None}, KNOWN).kind == "show"


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("an hour a day", 7.0),
        ("5h/week", 5.0),
        ("two hours each week", 2.0),
        ("1,5 hours a week", 1.5),
        ("no time", None),
    ],
)
def test_hours_a_week(text: str, hours: float | None) -> None:
    assert weekly_hours_in(text) == hours


@pytest.mark.parametrize(
    ("text", "days", "more"),
    [("five hours a week", None, None), ("forty-five days", 45, None), ("two months", 60, None), ("9 more days", None, 9),
     ("shorten it by 5 days", 5, -5), ("the last two weeks", None, None)],
)  # fmt: skip
def test_lengths(text: str, days: int | None, more: int | None) -> None:
    assert (days_in(text), more_days_in(text)) == (days, more)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("28 December to 3 January", (date(2026, 12, 28), date(2027, 1, 3))),
        ("December 3rd through 7", (date(2026, 12, 3), date(2026, 12, 7))),
        ("on 24 December", (date(2026, 12, 24), date(2026, 12, 24))),
        ("until Friday", (TODAY, date(2026, 11, 27))),
        ("30 to 31 February", None),
        ("from 7 December 2026 to 3 December 2026", None),
        ("some day", None),
        ("3 to 0001-01-01", None),
    ],
)
def test_spans_of_days(text: str, span: tuple[date, date] | None) -> None:
    assert span_in(text, TODAY) == (Span(*span) if span else None)


WORDS = st.sampled_from(
    word_list(
        "plan replan why skip mark done week 2 45 days hours away from to December 31 February next Redis Kubernetes "
        "SRE drop know 60 % towards a the my show overdue ½ ٣ – “ \x00 [1] ((((("
    )
)


@given(st.one_of(st.text(max_size=300), st.lists(WORDS, max_size=25).map(" ".join)))
def test_any_message_is_read_without_a_fault_and_names_only_what_there_is(message: str) -> None:
    for wish in (plan_wish(message, {}, KNOWN), progress_wish(message, KNOWN)):
        assert wish.role in ("", *KNOWN.roles)
        assert set(wish.dropped) | set(wish.levels) <= set(KNOWN.skills)
        assert set(wish.items) <= {item.id for item in ITEMS}
    topic_of(message)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    ["role", "days", "weekly_hours", "starts_on", "levels", "current_skills", "target_role", "other"]
)


@given(st.dictionaries(FIELDS, JSON, max_size=4))
def test_any_fields_are_read_without_a_fault(given: dict[str, Any]) -> None:
    wish = plan_wish("show my plan", given, KNOWN)
    assert set(wish.levels) <= set(KNOWN.skills)
    assert wish.role in ("", *KNOWN.roles)


def test_of_several_parts_the_one_settled_last_is_undone() -> None:
    settled = [
        ("1", "2026-11-20T09:00:00+00:00"),
        ("3", "2026-11-22T09:00:00+00:00"),
        ("2", "2026-11-21T09:00:00+00:00"),
    ]
    items = [ItemName(part, "SQLBolt", "SQLBolt", False, TODAY, at) for part, at in settled]
    assert plan_wish("undo SQLBolt", {}, Known(today=TODAY, items=items)).items == ("3",)
    assert plan_wish("undo all of SQLBolt", {}, Known(today=TODAY, items=items)).items == ("1", "3", "2")


def test_questions_about_gaps_time_and_others_are_told_apart() -> None:
    assert told(plan_wish("which skills am I missing?", {}, KNOWN)) == {"kind": "gaps"}
    for read in (lambda text: plan_wish(text, {}, KNOWN), lambda text: progress_wish(text, KNOWN)):
        assert told(read("how many hours did I learn this week?")) == {"kind": "progress", "topic": "time"}
        assert told(read("am I on track?")) == {"kind": "progress", "topic": "on_track"}
    assert told(progress_wish("how is Robin doing?", KNOWN)) == {"kind": "others"}
    for own in ("how is it going?", "how am I doing?", "how is my plan going?"):
        assert told(progress_wish(own, KNOWN))["kind"] == "progress"
