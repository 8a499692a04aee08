"""What observations say of a skill: exact on cases worked out by hand, and properties of all others."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.mastery import KEPT, WEIGHTS, Observation, band, belief_at, practised_at, retention
from learning.models import EvidenceKind

START = datetime(2026, 1, 5, 9, tzinfo=UTC)

fractions = st.floats(0, 1)
observations = st.builds(
    lambda hours, kind, value, identity: Observation(START + timedelta(hours=hours), kind, value, identity),
    st.integers(0, 3 * 365 * 24),
    st.sampled_from(sorted(WEIGHTS)),
    fractions,
    st.sampled_from(["", "", "a", "b"]),
)
histories = st.lists(observations, max_size=12)
END = START + timedelta(days=3 * 365)


def seen(kind, value, day=0, identity=""):
    return Observation(START + timedelta(days=day), kind, value, identity)


def at(day):
    return START + timedelta(days=day)


def test_every_kind_of_evidence_has_a_weight():
    assert set(WEIGHTS) == set(EvidenceKind.values)


def test_nothing_seen_is_nothing_believed():
    assert belief_at([], START) is None
    assert belief_at([seen("quiz_result", 1, day=2)], at(1)) is None


@pytest.mark.parametrize(
    ("kind", "mean"),
    [("self_assessment", 0.8 * 3 / 3.5), ("attestation", 0.8 * 6 / 6.5), ("quiz_result", 0.8 * 8 / 8.5)],
)
def test_one_observation_counts_by_its_kind(kind, mean):
    assert belief_at([seen(kind, 0.8)], START).mean == pytest.approx(mean)


def test_a_resource_brings_its_gain_to_what_was_known_before():
    history = [seen("self_assessment", 0.5, day=0), seen("resource_completed", 0.2, day=1)]
    before, after = belief_at(history[:1], at(1)), belief_at(history, at(1))

    # Half a failed trial, and three of 0.5, each raised by 0.2; nothing has faded, since the skill was used just now.
    worth = 2 ** (-1 / 365)
    assert after.mean == pytest.approx((0.2 * 0.5 * worth + 0.7 * 3 * worth) / (3.5 * worth))
    assert after.variance < before.variance


def test_a_quiz_after_a_resource_measures_what_came_of_it():
    history = [seen("resource_completed", 0.9, day=0), seen("quiz_result", 0.3, day=0.5)]

    assert belief_at(history, at(0.5)).mean == pytest.approx(0.3, abs=0.05)


def test_resources_bring_no_more_than_everything():
    assert belief_at([seen("resource_completed", 0.8, day=day) for day in range(3)], at(3)).mean == pytest.approx(
        1.0, abs=0.01
    )


def test_a_later_self_assessment_replaces_the_earlier_one_from_its_time_on():
    said = [seen("self_assessment", 0.9, day=0), seen("self_assessment", 0.2, day=10)]

    assert belief_at(said, at(9)).mean == belief_at(said[:1], at(9)).mean
    assert belief_at(said, at(10)).mean == pytest.approx(0.2 * 3 / (3 + 0.5 * 2 ** (-10 / 365)))


def test_a_level_fades_by_half_of_what_can_fade_in_a_year_and_practice_brings_it_back():
    attested = seen("attestation", 0.9)
    fresh, faded = belief_at([attested], START), belief_at([attested], at(365))

    assert faded.mean == pytest.approx(fresh.mean * (KEPT + (1 - KEPT) / 2))
    practised = [attested, seen("resource_completed", 0.0, day=365)]
    assert belief_at(practised, at(365)).mean == pytest.approx(fresh.mean)


def test_every_day_of_practice_makes_a_skill_fade_slower():
    kept = [
        belief_at([seen("quiz_result", 0.9, day=-day) for day in range(days)], at(365)).mean for days in range(1, 7)
    ]
    assert kept == sorted(kept)
    assert len(set(kept)) == len(kept)


def test_it_is_told_when_a_skill_was_last_used():
    assert practised_at([seen("self_assessment", 1, day=5), seen("attestation", 1, day=6)]) is None
    assert practised_at([seen("quiz_result", 1, day=2), seen("review", 1, day=4)]) == at(4)


@given(histories, st.randoms())
def test_the_order_of_arrival_plays_no_part(history, random):
    shuffled = random.sample(history, len(history))
    assert belief_at(shuffled, END) == belief_at(history, END)


@given(histories, st.integers(0, 4 * 365))
def test_a_belief_is_a_level_with_its_doubt(history, day):
    belief = belief_at(history, at(day))
    if belief is None:
        assert not [observation for observation in history if observation.at <= at(day)]
        return
    low, high = band(belief)
    assert 0 <= low <= belief.mean <= high <= 1
    assert 0 < belief.variance <= 0.5


@given(histories, st.sampled_from(sorted(WEIGHTS)), st.integers(0, 2000))
def test_new_evidence_that_is_good_never_lowers_a_belief(history, kind, later):
    better = [*history, Observation(END, kind, 1.0)]
    moment = END + timedelta(days=later)
    before = belief_at(history, moment)
    assert belief_at(better, moment).mean >= (before.mean if before else 0) - 1e-9


@given(histories, st.data())
def test_having_done_better_never_lowers_a_belief(history, data):
    if not history:
        return
    position = data.draw(st.integers(0, len(history) - 1))
    # Of one identity the first by time counts, and that would be another one: each stands for itself here.
    history = [replace(observation, identity="") for observation in history]
    higher = data.draw(st.floats(history[position].value, 1))
    better = [*history]
    better[position] = replace(history[position], value=higher)
    assert belief_at(better, END).mean >= belief_at(history, END).mean - 1e-9


@given(histories.filter(bool), st.integers(0, 2000), st.integers(0, 2000))
def test_without_practice_a_level_falls_and_the_doubt_grows(history, one, other):
    sooner, later = (belief_at(history, END + timedelta(days=day)) for day in sorted([one, other]))
    assert later.mean <= sooner.mean + 1e-9
    assert later.variance >= sooner.variance - 1e-9


@given(histories, st.data())
def test_the_same_observation_again_changes_nothing(history, data):
    named = [replace(observation, identity=f"n{number}") for number, observation in enumerate(history)]
    again = data.draw(st.lists(st.sampled_from(named), max_size=5)) if named else []
    assert belief_at([*named, *again], END) == belief_at(named, END)


@given(st.integers(0, 100_000), st.floats(1, 2000))
def test_something_always_stays(days, half_life):
    assert KEPT <= retention(days, half_life) <= 1
