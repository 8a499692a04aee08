"""The events of a fingerprint, folded in order of time. Pure."""

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.series import Event, History, changes, fold, is_flapping, is_restless

START = datetime(2026, 3, 2, 10, tzinfo=UTC)
WITHIN = timedelta(minutes=15)
TELLINGS = st.lists(st.tuples(st.integers(0, 300), st.sampled_from(["firing", "resolved"])), max_size=40)


def at(minute):
    return START + timedelta(minutes=minute)


def history(*tellings):
    return History().with_events((at(minute), status) for minute, status in tellings)


def episodes(*tellings):
    return [
        (
            (each.started_at - START) / timedelta(minutes=1),
            None if each.ended_at is None else (each.ended_at - START) / timedelta(minutes=1),
            each.count,
        )
        for each in fold(history(*tellings).events, WITHIN)
    ]


def test_it_fires_from_the_first_firing_to_its_end():
    assert episodes((0, "firing"), (5, "resolved")) == [(0, 5, 1)]
    assert episodes((0, "firing"), (1, "firing"), (2, "firing")) == [(0, None, 3)]


def test_an_end_before_any_firing_is_none_and_completes_a_late_one():
    assert episodes((5, "resolved")) == []
    assert episodes((5, "resolved"), (0, "firing")) == [(0, 5, 1)]


def test_a_firing_from_before_the_end_changes_nothing_but_the_count():
    assert episodes((0, "firing"), (5, "resolved"), (3, "firing")) == [(0, 5, 2)]


def test_firing_again_goes_on_within_the_window_and_begins_anew_after_it():
    assert episodes((0, "firing"), (5, "resolved"), (20, "firing")) == [(0, None, 2)]
    assert episodes((0, "firing"), (5, "resolved"), (21, "firing")) == [(0, 5, 1), (21, None, 1)]


def test_what_began_and_ended_at_once_has_ended():
    assert episodes((0, "resolved"), (0, "firing")) == [(0, 0, 1)]


def test_said_again_later_an_end_does_not_move():
    assert episodes((0, "firing"), (5, "resolved"), (9, "resolved")) == [(0, 5, 1)]


@given(TELLINGS, st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same(tellings, chance):
    shuffled = list(tellings)
    chance.shuffle(shuffled)
    assert history(*shuffled) == history(*tellings)

    one_by_one = History()
    for minute, status in shuffled:
        one_by_one = one_by_one.with_events([(at(minute), status)])
    assert one_by_one == history(*tellings)


@given(TELLINGS)
def test_episodes_are_in_order_apart_and_count_every_firing(tellings):
    found = fold(history(*tellings).events, WITHIN)
    assert sum(each.count for each in found) == sum(status == "firing" for _, status in tellings)
    for one, following in pairwise(found):
        assert one.ended_at is not None
        assert following.started_at - one.ended_at > WITHIN
    assert all(each.ended_at is None or each.started_at <= each.ended_at for each in found)


@given(TELLINGS)
def test_it_is_stored_as_json_and_read_again(tellings):
    stored = history(*tellings)
    assert History.from_json(stored.as_json()) == stored


@settings(max_examples=5)
@given(st.integers(0, 10_000), st.sampled_from([1, 7, 40]))
def test_letting_old_events_go_keeps_the_newest_alerts(seed, gap):
    chance = random.Random(seed)
    whole = kept = History()
    minute = 0
    for _ in range(260):
        minute += chance.randint(1, gap)
        event = (at(minute), chance.choice(["firing", "firing", "resolved"]))
        whole = whole.with_events([event])
        kept = kept.with_events([event]).shortened(WITHIN)
        assert len(kept.events) <= 201
        # As long as the whole has an alert, both end in the same.
        assert fold(kept.events, WITHIN)[-1:] == fold(whole.events, WITHIN)[-1:]
    assert kept.floor is not None
    # What comes later than anything could is left out, and doesn't make an alert.
    assert kept.with_events([(START, "firing")]).events == kept.events


def test_a_long_firing_keeps_its_beginning_when_its_events_are_let_go():
    said = History()
    for minute in range(500):
        said = said.with_events([(at(minute), "firing")]).shortened(WITHIN)
    (alert,) = fold(said.events, WITHIN)
    assert (alert.started_at, alert.ended_at, alert.count) == (START, None, 500)


def test_repeating_the_first_event_counts_after_it_was_let_go():
    said = history(*[(minute, "firing") for minute in range(250)]).shortened(WITHIN)
    (before,) = fold(said.events, WITHIN)
    (after,) = fold(said.with_events([(START, "firing")]).events, WITHIN)
    assert after.count == before.count + 1


def test_changes_are_when_it_begins_and_ends():
    events = history((0, "firing"), (1, "firing"), (2, "resolved"), (3, "resolved"), (4, "firing")).events
    assert changes(events) == [at(0), at(2), at(4)]
    assert changes([Event(at(1), "resolved", 1)]) == []


def test_it_flaps_while_it_changes_often_and_is_restless_while_it_changes_at_all():
    events = history(*[(minute, "firing" if minute % 2 == 0 else "resolved") for minute in range(6)]).events
    within = timedelta(minutes=10)
    assert is_flapping(events, at(6), most=5, within=within)
    assert not is_flapping(events, at(6), most=7, within=within)
    assert not is_flapping(events, at(12), most=5, within=within)
    assert is_restless(events, at(14), within=within)
    assert not is_restless(events, at(15), within=within)
