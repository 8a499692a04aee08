"""What the progress companion says. Pure: texts and fields over ``Progress.as_json()``, every number from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from learning.agents.drafts import Draft
from learning.agents.phrases import counted, day_text, link_text, time_text, title_text, url_text, weekday_text
from learning.agents.wishes import Topic

MOST_NEXT, MOST_NUDGES, ROWS_SHOWN = 3, 2, 8
HALF = 50
PAGE = "With charts it is at /learning/progress."
# The fields' ``focus`` knows these; a question about something else is told the overview with that first.
FOCI = ("overview", "completed", "pending", "overdue", "next_actions")


@dataclass(frozen=True, kw_only=True)
class ProgressFact:
    """A learner's progress as JSON, the open items of their plan in order, and what they have completed."""

    progress: Mapping[str, Any]
    open_items: Sequence[Mapping[str, Any]] = ()
    completed: Sequence[Mapping[str, Any]] = field(default_factory=tuple)


def progress_draft(facts: ProgressFact, topic: Topic) -> Draft:
    """The answer to a question about progress."""
    body = "\n\n".join(part for part in (_details(facts, topic), PAGE) if part)
    rows = [*facts.open_items, *facts.progress["overdue"], *facts.progress["due_today"]]
    links = {url_text(row["url"]): title_text(row["title"]) for row in rows if url_text(row.get("url", ""))}
    titles = dict.fromkeys(title_text(row["title"]) for row in [*rows, *facts.completed])
    return Draft(explanation=summary_text(facts, topic), body=body, links=links, titles=tuple(titles))


def fields_of(facts: ProgressFact, topic: Topic, *, summary: str) -> dict[str, Any]:
    """The fields of the companion's answer."""
    following = _next(facts)
    return {
        "summary": summary,
        "completed": facts.progress["completed"],
        "total": facts.progress["total"],
        "courses_completed": list(facts.completed),
        "next_actions": [_action(row) for row in following],
        "next": following,
        "nudges": nudges(facts),
        "focus": topic if topic in FOCI else "overview",
        "progress": dict(facts.progress),
    }


def fields_of_nobody(summary: str, topic: Topic) -> dict[str, Any]:
    """The same for who is no learner: nothing, and nobody else's."""
    return {
        "summary": summary, "completed": 0, "total": 0, "courses_completed": [], "next_actions": [], "next": [],
        "nudges": [], "focus": topic if topic in FOCI else "overview", "progress": None,
    }  # fmt: skip


def summary_text(facts: ProgressFact, topic: Topic = "overview") -> str:
    """How it is going: what was asked first, then the whole."""
    said = {
        "completed": _completed,
        "pending": _pending,
        "overdue": _overdue,
        "next_actions": _next_action,
        "forecast": _forecast,
        "on_track": _on_track,
        "time": _time,
        "streak": _streak,
        "mastery": _mastery,
    }.get(topic)
    order = [said] if said else []
    order += [each for each in (_overall, _overdue, _forecast, _next_action) if each is not said]
    parts = [each(facts) for each in order]
    return " ".join(part for part in parts if part)


def nudges(facts: ProgressFact) -> list[str]:
    """Two true sentences at most that spur on, by how much is done."""
    progress, said = facts.progress, []
    total, completed, percent = progress["total"], progress["completed"], progress["percent"]
    first = next(iter(facts.open_items), None)
    if not total:
        return []
    if not completed and first is not None:
        said.append(
            f"The first step is the smallest: “{title_text(first['title'])}” takes {time_text(first['minutes'])}."
        )
    elif completed == total:
        said.append(f"All {counted(total, 'item')} are done: plan what comes next while it is fresh.")
    elif percent < HALF:
        said.append(f"{counted(completed, 'item')} of {total} done; each one that follows rests on these.")
    else:
        said.append(f"More than you have left is behind you: {completed} of {total} items.")
    streak = progress["streak"]
    if streak["days"] and not streak["studied_today"] and streak["at_risk"]:
        said.append(f"Study today to keep your streak of {counted(streak['days'], 'day')}.")
    elif progress["overdue"]:
        late = progress["overdue"][0]
        said.append(f"Start with what waits longest: “{title_text(late['title'])}” ({time_text(late['minutes'])}).")
    elif progress["reviews_due"]:
        said.append(f"{counted(progress['reviews_due'], 'skill')} to look at again keeps what you have.")
    return said[:MOST_NUDGES]


def _overall(facts: ProgressFact) -> str:
    progress = facts.progress
    plan = progress["plan"]
    if plan is None:
        done = len(facts.completed)
        return f"You have no plan at the moment, and have completed {counted(done, 'resource')}."
    minutes = progress["minutes"]
    said = (
        f"You have done {progress['completed']} of {counted(progress['total'], 'item')}"
        f" ({progress['percent']} %) of your "
        f"plan to {day_text(date.fromisoformat(plan['ends_on']))}: {time_text(minutes['done'])}"
        f" of {time_text(minutes['planned'])}."
    )
    pace = progress["pace"]
    standing = {"ahead": "You are ahead of it", "behind": "You are behind it", "on_track": "You are on track"}
    if pace["standing"] in standing:
        said += (
            f" {standing[pace['standing']]}: {time_text(pace['done'])} done where {time_text(pace['due'])}"
            f" were planned until today."
        )
    return said


def _overdue(facts: ProgressFact) -> str:
    late = facts.progress["overdue"]
    if facts.progress["plan"] is None:
        return ""
    if not late:
        return "Nothing is overdue."
    oldest = late[0]
    be = "is" if len(late) == 1 else "are"
    return (
        f"{counted(len(late), 'item')} {be} overdue, the oldest “{title_text(oldest['title'])}” "
        f"of {day_text(date.fromisoformat(oldest['date']))}."
    )


def _forecast(facts: ProgressFact) -> str:
    forecast = facts.progress["forecast"]
    if not forecast["p50"]:
        reasons = {
            "finished": "Everything in the plan is done.",
            "no_time": "There is no time set aside, so no end can be forecast.",
            "beyond_horizon": "At your pace the end is too far away to forecast.",
        }
        return reasons.get(forecast["reason"], "")
    said = f"At your pace you would be done around {_day(forecast['p50'])}"
    if forecast["p10"] and forecast["p90"]:
        said += f", with a probability of 80 % between {_day(forecast['p10'])} and {_day(forecast['p90'])}"
    return said + "."


def _on_track(facts: ProgressFact) -> str:
    """Yes or no first: no for who is behind the plan, or would be done after its end."""
    progress, plan = facts.progress, facts.progress["plan"]
    if plan is None:
        return ""
    pace, end = progress["pace"], progress["forecast"]["p50"]
    late = bool(end) and end > plan["ends_on"]
    said = "No" if late or pace["standing"] == "behind" else "Yes"
    said += f": {time_text(pace['done'])} done where {time_text(pace['due'])} were planned until today"
    return f"{said}, and at your pace you would be done after the plan's end." if late else f"{said}."


def _time(facts: ProgressFact) -> str:
    """The time of what was done this week, from Monday on, as the items were planned."""
    today = date.fromisoformat(facts.progress["today"])
    monday = (today - timedelta(days=today.weekday())).isoformat()
    week = next((week for week in facts.progress["pace"]["weeks"] if week["starts_on"] == monday), None)
    done, planned = (week["done"], week["planned"]) if week else (0, 0)
    return f"This week you have done {time_text(done)} of the {time_text(planned)} that are planned for it."


def _next_action(facts: ProgressFact) -> str:
    action = facts.progress["next_action"]
    minutes = f" ({time_text(action['minutes'])})" if action.get("minutes") else ""
    return f"Next: “{title_text(action['title'])}”{minutes}. {title_text(action['why'])}"


def _completed(facts: ProgressFact) -> str:
    progress = facts.progress
    done = f"You have completed {counted(progress['completed'], 'item')} of {progress['total']}"
    return f"{done} and {counted(len(facts.completed), 'resource')} altogether."


def _pending(facts: ProgressFact) -> str:
    minutes = facts.progress["minutes"]["planned"] - facts.progress["minutes"]["done"]
    count = len(facts.open_items)
    return f"{counted(count, 'item')} {'is' if count == 1 else 'are'} left, {time_text(minutes)} in all."


def _streak(facts: ProgressFact) -> str:
    streak = facts.progress["streak"]
    if not streak["days"]:
        return f"You have no streak at the moment; your longest was {counted(streak['longest'], 'day')}."
    said = f"Your streak is {counted(streak['days'], 'day')}, your longest {counted(streak['longest'], 'day')}"
    return f"{said}; you have {counted(streak['freezes'], 'freeze')} left."


def _mastery(facts: ProgressFact) -> str:
    mastery = facts.progress["mastery"]
    said = f"Something is known of {counted(mastery['skills'], 'skill')} of yours"
    if mastery["targets"]:
        said += f"; of the {counted(mastery['targets'], 'skill')} of your role {mastery['reached']} reached their level"
        said += f" and {mastery['begun']} are begun"
    if mastery["share"] is not None:
        said += f": {round(100 * mastery['share'])} % of what the role asks"
    return said + "."


def _details(facts: ProgressFact, topic: Topic) -> str:
    """The rows that belong to a question."""
    if topic == "completed":
        return _rows(
            [f"{link_text(row['title'], row['url'])} ({_day(row['completed_at'][:10])})" for row in facts.completed]
        )
    if topic == "pending":
        return _rows([_dated(row) for row in facts.open_items])
    if topic == "overdue" or (topic == "overview" and facts.progress["overdue"]):
        return _rows([_dated(row) for row in facts.progress["overdue"]])
    return _rows([_dated(row) for row in _next(facts)])


def _rows(rows: Sequence[str]) -> str:
    more = len(rows) - ROWS_SHOWN
    lines = [f"- {row}" for row in rows[:ROWS_SHOWN]]
    return "\n".join([*lines, f"- and {more} more"] if more > 0 else lines)


def _dated(row: Mapping[str, Any]) -> str:
    day = weekday_text(date.fromisoformat(row["date"]))
    return f"{day}: {link_text(row['title'], row['url'])} ({time_text(row['minutes'])})"


def _next(facts: ProgressFact) -> list[dict[str, Any]]:
    """Up to three open items: what is overdue first, then by date."""
    return [
        {name: row[name] for name in ("id", "title", "date", "minutes", "url", "kind", "reason")}
        for row in facts.open_items[:MOST_NEXT]
    ]


def _action(row: Mapping[str, Any]) -> str:
    return f"{row['title']} ({time_text(row['minutes'])}, planned for {day_text(date.fromisoformat(row['date']))})"


def _day(text: str) -> str:
    return day_text(date.fromisoformat(text))
