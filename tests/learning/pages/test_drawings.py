"""Where numbers are drawn."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.pages.drawings.heatmap import CELL, GAP, HEAD, heatmap
from learning.pages.drawings.mastery import EDGE, HEIGHT, PIECE, WIDTH, mastery_drawing
from learning.pages.drawings.pace import Settled, pace_drawing
from learning.pages.drawings.scale import Scale, area, line, months
from learning.pages.drawings.spark import spark

MONDAY = date(2026, 1, 5)


@dataclass
class Moment:
    at: datetime
    mean: float
    low: float
    high: float


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_a_scale_keeps_to_its_bounds(low, high, value):
    place = Scale(low, high, 4, 96)(value)

    assert 4 <= place <= 96


def test_lines_and_areas_are_paths():
    assert line([(1, 2), (3.5, 4)]) == "M1 2 L3.5 4"
    assert area([(0, 1), (2, 1)], [(0, 3), (2, 4)]) == "M0 1 L2 1 L2 4 L0 3 Z"
    assert line([]) == area([], []) == ""


def test_an_axis_names_the_months_that_begin():
    scale = Scale(date(2026, 1, 20).toordinal(), date(2026, 3, 20).toordinal(), 0, 59)

    assert months(date(2026, 1, 20), date(2026, 3, 20), scale) == [(12.0, "Feb"), (40.0, "Mar")]


def test_mastery_is_a_line_in_its_band():
    start = datetime(2026, 1, 1, tzinfo=UTC)
    points = [Moment(start, 0.5, 0.25, 0.75), Moment(start + timedelta(days=10), 1.0, 0.9, 1.0)]

    drawn = mastery_drawing(points, target=0.5, start=start, end=start + timedelta(days=10))

    middle, right = HEIGHT / 2, WIDTH - EDGE
    assert drawn.path == f"M{EDGE} {middle:g} L{right} {EDGE}"
    assert drawn.target == middle
    assert drawn.end == (right, EDGE)
    assert drawn.band.startswith(f"M{EDGE} 19.5 L{right} {EDGE} L{right}")


def test_mastery_seen_once_is_a_short_piece():
    start = datetime(2026, 1, 1, tzinfo=UTC)
    end = start + timedelta(days=9)

    once = mastery_drawing([Moment(end, 0.5, 0.4, 0.6)], target=None, start=start, end=end)

    assert once.path == f"M{WIDTH - EDGE - PIECE} 36 L{WIDTH - EDGE} 36"
    assert mastery_drawing([], target=None, start=start, end=start).path == ""


def test_pace_sums_what_is_planned_and_done_by_week():
    items = [
        Settled(MONDAY, 60, done_on=MONDAY - timedelta(days=1)),
        Settled(MONDAY + timedelta(days=1), 30, done_on=MONDAY + timedelta(days=8)),
        Settled(MONDAY + timedelta(days=9), 30),
        Settled(MONDAY + timedelta(days=20), 60),
    ]

    drawn = pace_drawing(items, starts_on=MONDAY, ends_on=MONDAY + timedelta(days=20), today=MONDAY + timedelta(days=9))

    assert [(week.number, week.ends_on, week.planned, week.done) for week in drawn.weeks] == [
        (1, date(2026, 1, 11), 90, 60),
        (2, date(2026, 1, 18), 120, 90),
        (3, date(2026, 1, 25), 180, None),
    ]
    assert (drawn.total, drawn.band, drawn.likely) == (180, None, None)
    assert drawn.planned.count("L") == 20 and drawn.done.count("L") == 9


def test_a_forecast_after_the_end_widens_the_drawing():
    ends = MONDAY + timedelta(days=29)
    forecast = (ends, ends + timedelta(days=5), ends + timedelta(days=20))

    drawn = pace_drawing([Settled(MONDAY, 60)], starts_on=MONDAY, ends_on=ends, today=MONDAY, forecast=forecast)

    left, width = drawn.band
    assert left == drawn.finish < drawn.likely < left + width == drawn.width - drawn.edge


@given(
    st.lists(st.tuples(st.integers(-40, 90), st.integers(1, 300), st.none() | st.integers(-40, 90)), max_size=30),
    st.integers(-100, 200),
)
def test_pace_never_leaves_its_frame(rows, today):
    items = [
        Settled(MONDAY + timedelta(days=day), minutes, None if done is None else MONDAY + timedelta(days=done))
        for day, minutes, done in rows
    ]

    drawn = pace_drawing(
        items, starts_on=MONDAY, ends_on=MONDAY + timedelta(days=29), today=MONDAY + timedelta(days=today)
    )

    numbers = [float(part.strip("ML")) for path in (drawn.planned, drawn.done) for part in path.split()]
    assert all(0 <= number <= drawn.width for number in numbers[::2])
    assert all(0 <= number <= drawn.height for number in numbers[1::2])
    assert all(one.planned <= other.planned for one, other in zip(drawn.weeks, drawn.weeks[1:], strict=False))


def test_days_stand_in_columns_of_weeks():
    wednesday = date(2026, 1, 7)

    drawn = heatmap({wednesday: 45, MONDAY: 200, date(2025, 12, 1): 5}, until=wednesday, weeks=2)

    by_day = {day.on: day for day in drawn.days}
    assert len(by_day) == 10 and min(by_day) == date(2025, 12, 29)
    assert (by_day[MONDAY].x, by_day[MONDAY].y, by_day[MONDAY].level) == (CELL + GAP, HEAD, 4)
    assert (by_day[wednesday].y, by_day[wednesday].level) == (HEAD + 2 * (CELL + GAP), 2)
    assert drawn.weeks == [(MONDAY, 2, 245), (date(2025, 12, 29), 0, 0)]
    assert drawn.months == [(CELL + GAP, "Jan")]


@pytest.mark.parametrize("values", [[], [3]])
def test_too_few_numbers_make_no_line(values):
    assert spark(values) is None


def test_a_spark_goes_from_left_to_right():
    drawn = spark([0, 30, 60])

    assert drawn.path == "M2 22 L48 12 L94 2"
    assert drawn.end == (94, 2)
