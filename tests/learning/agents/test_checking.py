"""A model's words are shown only where they say nothing but the facts."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learning.agents.checking import Facts, faults
from learning.agents.facts import ItemFact, MilestoneFact, PlanFact
from learning.agents.plan_text import day_draft, item_draft, plan_draft, week_draft

RIGHT = (
    "Your plan towards Site reliability engineer runs 45 days, from 23 November 2026 to 6 January 2027, with at most 5 hours "
    "a week. It has 38 items for 8 skills. It doesn't fit: it needs 7.2 hours a week, you have 5. You are behind it. "
    "Next is “Redis in Action” on Tuesday 24 November (45 minutes)."
)
ROWS = (
    "Tuesday 24 November: Redis in Action (45 minutes)\nThursday 3 December: Kafka basics (30 minutes)\n"
    "Wednesday 2 December: k8s in brief (20 minutes)"
)
FACTS = Facts(
    (RIGHT, ROWS),
    {"https://redis.example/learn": "Redis in Action", "https://kafka.example/a_b": "Kafka basics"},
    ("Redis in Action", "Kafka basics", "k8s in brief"),
)


@pytest.mark.parametrize(
    "text",
    [
        RIGHT,
        "You're working towards Site reliability engineer over 45 days, at 5 hours a week.",
        "Over forty-five days, with five hours a week, you'll work on eight skills.",
        "Next comes “Redis in Action” on 24 November, 45 minutes of your time.",
        "Next comes [Redis in Action](https://redis.example/learn) on Tuesday 24 November.",
        "Since it doesn't fit, your week would need 7.2 hours. You are behind it, so start with Redis in Action.",
        "Start with Redis in Action. Then take Kafka basics on 3 December (30 minutes), and k8s in brief.",
    ],
)
def test_other_words_for_the_same_pass(text: str) -> None:
    assert faults(text, FACTS, instead_of=RIGHT) == []


@pytest.mark.parametrize(
    "text",
    [
        # numbers
        "Your plan runs 46 days.",
        "Your plan runs forty-six days.",
        "Your plan runs 45 weeks.",
        "You have 45 hours a week and 5 days.",
        "You have 7 hours a week.",
        "Your plan has thirty nine items.",
        "You have half of it behind you.",
        "It takes twice the time.",
        "Your plan has a dozen items.",
        "This is the third week.",
        "You have ５０ hours a week.",
        "You have ٤٥ days.",
        "You have 4⁵ days.",
        "Take the k9s course next.",
        # dates
        "Your plan ends on 7 January 2027.",
        "Your plan ends on January 7.",
        "Your plan ends on 2027-01-07.",
        "Your plan ends on 6 January 2028.",
        "Next is Redis in Action on Monday.",
        "Next is Redis in Action tomorrow.",
        "Next is Redis in Action on 3 December.",
        "Kafka basics takes 45 minutes.",
        # names and titles
        "Next is Terraform.",
        "Terraform comes next.",
        "Next is “Advanced Redis”.",
        "Next is **Kafka for you**.",
        "Ben has the same plan as you.",
        "Your plan is like the one of Ben.",
        "As Ann Example says, start with Redis in Action.",
        # links
        "See [Redis in Action](https://evil.example/learn).",
        "See [Redis in Action](https://kafka.example/a_b).",
        "See [Kafka basics](https://redis.example/learn) next.",
        "See https://redis.example/learn/more for the next step.",
        "See www.evil.example for the next step.",
        "See evil.example for the next step.",
        "Write to me@evil.example for the next step.",
        "See [Redis in Action](javascript:alert(1)).",
        "![](https://evil.example/x.png) Your plan has 38 items.",
        "Your plan <a href='https://redis.example/learn'>has</a> 38 items.",
        "[Redis in Action]: https://redis.example/learn",
        # where things stand
        "It fits your time well.",
        "You aren't behind it.",
        "You are ahead of it.",
        "Your plan is finished.",
        "You have completed 38 items.",
        # other than text
        "",
        "   ",
        "Votre plan dure longtemps, et vous avez beaucoup de choses devant vous.",
        "Your plan is g\u200bood for you.",
        "Your рlan is good for you.",
        "You have a plan. " * 80,
    ],
    ids=range(51),
)
def test_what_says_anything_else_is_refused(text: str) -> None:
    assert faults(text, FACTS, instead_of=RIGHT) != []


def test_a_fault_says_what_is_wrong() -> None:
    assert faults("Your plan runs 46 days.", FACTS, instead_of=RIGHT) == ["it says 46 day, which the facts don't"]


@given(st.text(max_size=400))
def test_any_text_is_checked_without_a_fault_of_ours(text: str) -> None:
    for fault in faults(text, FACTS, instead_of=RIGHT):
        assert len(fault) < 200


@settings(max_examples=40)
@given(st.integers(min_value=0, max_value=10_000))
def test_every_number_that_is_changed_is_seen(number: int) -> None:
    for match in re.finditer(r"\b(?:45 days|5 hours|38 items|8 skills|45 minutes)", RIGHT):
        value = match.group().split()[0]
        changed = RIGHT[: match.start()] + match.group().replace(value, str(number)) + RIGHT[match.end() :]
        unit = match.group().split()[1]
        known = re.findall(rf"\b(\d+(?:\.\d+)?) {unit}", RIGHT)
        assert bool(faults(changed, FACTS, instead_of=RIGHT)) == (str(number) not in known)


@settings(max_examples=40)
@given(st.dates(min_value=date(2026, 1, 1), max_value=date(2028, 1, 1)))
def test_every_date_that_is_changed_is_seen(day: date) -> None:
    known = {date(2026, 11, 23), date(2027, 1, 6)}
    changed = RIGHT.replace("6 January 2027", f"{day.day} {day:%B} {day.year}")
    assert bool(faults(changed, FACTS, instead_of=RIGHT)) == (day not in known)


TITLES = st.text(min_size=1, max_size=40).map(lambda text: f"T {text}")
URLS = st.sampled_from(
    ["", "https://example.com/a(b)", "http://example.com/c_d*e", "javascript:alert(1)", "https://[bad"]
)


@st.composite
def plans(draw: st.DrawFn) -> PlanFact:
    start = draw(st.dates(min_value=date(2026, 1, 1), max_value=date(2027, 1, 1)))
    items = [
        ItemFact(
            id=str(number), date=start + timedelta(days=draw(st.integers(0, 44))), minutes=draw(st.integers(1, 600)),
            kind=draw(st.sampled_from(["study", "review", "project", "check"])), title=draw(TITLES),
            reason=draw(st.text(max_size=60)), state=draw(st.sampled_from(["planned", "done", "skipped"])),
            skills=draw(st.lists(TITLES, max_size=2)), resource=draw(st.just("") | TITLES), url=draw(URLS),
            milestone=draw(st.just("") | TITLES), parts=2,
        )
        for number in range(draw(st.integers(0, 4)))
    ]  # fmt: skip
    return PlanFact(
        id="p", version=1, role=draw(TITLES), starts_on=start, days=45, weekly_minutes=draw(st.integers(0, 4000)),
        gap=draw(st.floats(0, 9)), gain=draw(st.floats(0, 9)), items=sorted(items, key=lambda item: item.date),
        milestones=[MilestoneFact(title=draw(TITLES), due_on=start)], dropped=draw(st.lists(TITLES, max_size=2)),
        verdict={"text": draw(st.text(max_size=60))},
    )  # fmt: skip


# What the writers' own words can't be refused for; titles may hold anything, which a model may then not repeat.
@settings(max_examples=20)
@given(plans())
def test_texts_of_any_plan_are_written_and_no_title_formats_them(plan: PlanFact) -> None:
    drafts = [plan_draft(plan, plan.starts_on), *(week_draft(plan, week) for week in plan.weeks)]
    drafts += [item_draft(item, plan) for item in plan.items] + [day_draft(plan, plan.starts_on)]
    for draft in drafts:
        for target in re.findall(r"\]\(([^)]*)\)", draft.text()):
            assert re.fullmatch(r"https?://[^\s()<>\"'*\[\]]+", target)
        assert not re.search(r"(?<!\\)<", draft.text())
        faults(draft.explanation, draft.facts, instead_of=draft.explanation)


def test_the_writers_own_texts_pass() -> None:
    start = date(2026, 11, 23)
    items = [
        ItemFact(
            id="1", date=start, minutes=45, kind="study", title="Redis in Action", resource="Redis in Action", url="https://r.example/",
            reason="The goal for Redis is 80 %: this takes it from 10 % to 40 %.", skills=["Redis"], milestone="Redis",
        )
    ]  # fmt: skip
    plan = PlanFact(
        id="p", version=1, role="Data engineer", starts_on=start, days=45, weekly_minutes=300, gap=2, gain=1, items=items,
        milestones=[MilestoneFact(title="Redis", due_on=start)], verdict={"text": "The goal fits: it needs 1.7 h a week."},
    )  # fmt: skip
    drafts = [
        plan_draft(plan, start),
        item_draft(items[0], plan),
        day_draft(plan, start),
        week_draft(plan, plan.weeks[0]),
    ]
    for draft in drafts:
        assert faults(draft.explanation, draft.facts, instead_of=draft.explanation) == []
