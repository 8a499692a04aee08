"""What to do next and who may need a hand, each with its reason."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from learning.progress.advice import OpenItem, Situation, next_action, risk_of
from learning.progress.pace import pace_of

TODAY = date(2026, 3, 11)


def item(days, title="Read", minutes=30):
    return OpenItem(id=title.lower(), title=title, date=TODAY + timedelta(days=days), minutes=minutes)


NOTHING = Situation(today=TODAY, has_plan=True, assessed=True, open_items=[], reviews_due=0)


@pytest.mark.parametrize(
    ("change", "kind", "title", "why"),
    [
        (
            {"open_items": [item(-3, "Old"), item(-1), item(0)], "reviews_due": 2, "assessed": False},
            "overdue",
            "Old",
            "It was due on 8 March 2026, 3 days ago. 1 more item is overdue.",
        ),
        ({"open_items": [item(-1, "Old")]}, "overdue", "Old", "It was due on 10 March 2026, 1 day ago."),
        (
            {"open_items": [item(0, "Now"), item(0), item(2)], "reviews_due": 2},
            "today",
            "Now",
            "It is planned for today: 2 items, 60 minutes in all.",
        ),
        (
            {"open_items": [item(2)], "reviews_due": 2, "assessed": False},
            "review",
            "Review 2 skills",
            "What isn't looked at again is forgotten; it is due now.",
        ),
        (
            {"open_items": [item(2)], "assessed": False},
            "assess",
            "Say what you know already",
            "A plan leaves out what you know already; nothing is known of that yet.",
        ),
        ({"open_items": [item(2, "Soon")]}, "next", "Soon", "Nothing is due; this is planned in 2 days."),
        ({}, "plan", "Make a plan", "Everything of your plan is done."),
        ({"has_plan": False}, "plan", "Make a plan", "You have no plan yet."),
    ],
)
def test_the_next_best_action_in_its_order(change, kind, title, why):
    action = next_action(replace(NOTHING, **change))

    assert (action.kind, action.title, action.why) == (kind, title, why)
    assert action.url == (f"/learning/plan#item-{action.item}" if action.item else action.url)


def risk(**change):
    usual = {
        "pace": pace_of({}, {}, TODAY),
        "overdue": [],
        "last_study": TODAY,
        "begun": TODAY - timedelta(days=30),
        "today": TODAY,
    }
    return risk_of(**(usual | change))


def behind(done, due):
    yesterday = TODAY - timedelta(days=1)
    return pace_of({yesterday: due}, {yesterday: done}, TODAY)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, ""),
        ({"last_study": TODAY - timedelta(days=13)}, ""),
        ({"last_study": TODAY - timedelta(days=14)}, "No study for 14 days."),
        ({"last_study": None}, "No study for 30 days."),
        # Before the plan began nothing was missed.
        ({"last_study": None, "begun": TODAY - timedelta(days=5)}, ""),
        ({"overdue": [TODAY - timedelta(days=13)]}, ""),
        (
            {"overdue": [TODAY - timedelta(days=2), TODAY - timedelta(days=14)]},
            "The oldest of 2 items overdue was due 14 days ago.",
        ),
        ({"pace": behind(60, 100)}, ""),
        ({"pace": behind(71, 120)}, "71 of 120 planned minutes are done."),
        ({"pace": behind(72, 120)}, ""),
    ],
)
def test_who_may_need_a_hand(change, reason):
    assert risk(**change) == reason


@pytest.mark.parametrize(
    ("done", "standing"), [(0, "behind"), (89, "behind"), (90, "on_track"), (110, "on_track"), (111, "ahead")]
)
def test_within_a_tenth_of_the_plan_is_on_track(done, standing):
    assert behind(done, 100).standing == standing


def test_weeks_without_anything_between_are_shown_too():
    pace = pace_of({date(2026, 3, 2): 30}, {date(2026, 3, 18): 20}, TODAY)

    assert [(week.starts_on.isoformat(), week.planned, week.done) for week in pace.weeks] == [
        ("2026-03-02", 30, 0),
        ("2026-03-09", 0, 0),
        ("2026-03-16", 0, 20),
    ]
