"""Where services and their calls are drawn."""

from hypothesis import given
from hypothesis import strategies as st

from incidents.pages.graph_drawing import BOX_HEIGHT, BOX_WIDTH, MOST_BOXES, drawing, picture


def test_callers_stand_above_those_that_they_call():
    drawn = drawing(
        ["web", "checkout", "payments", "alone"],
        [("web", "checkout"), ("checkout", "payments"), ("web", "payments")],
        alerting={"checkout", "payments"},
        highlighted={"web"},
    )

    tops = {box.name: box.y for box in drawn.boxes}
    assert tops["web"] < tops["checkout"] < tops["payments"] < tops["alone"]
    assert [(line.caller, line.callee, line.is_hot) for line in drawn.lines] == [
        ("checkout", "payments", True),
        ("web", "checkout", False),
        ("web", "payments", False),
    ]
    assert [box.name for box in drawn.boxes if box.is_highlighted] == ["web"]
    assert drawn.sentences == [
        "alone calls none of these.",
        "checkout (alerting) calls payments.",
        "payments (alerting) calls none of these.",
        "web calls checkout, payments.",
    ]


def test_calls_in_a_circle_are_drawn():
    drawn = drawing(["a", "b"], [("a", "b"), ("b", "a"), ("a", "a"), ("a", "elsewhere")])

    assert [(line.caller, line.callee) for line in drawn.lines] == [("a", "b"), ("b", "a")]


def test_a_wide_layer_goes_on_in_the_next_row():
    names = [f"service-{letter}" for letter in "abcde"]
    both = picture(["web", *names], [("web", name) for name in names], title="Services")

    assert (both.narrow.width, both.wide.width) == (16 + 2 * 150 + 14, 16 + 5 * 150 + 4 * 14)
    assert len({box.y for box in both.narrow.boxes}) == 4
    assert len({box.y for box in both.wide.boxes}) == 2


def test_long_names_are_cut_and_kept_whole_beside():
    drawn = drawing(["recommendation-service-of-the-shop"], [])

    assert [(box.label, box.name) for box in drawn.boxes] == [
        ("recommendation-s…", "recommendation-service-of-the-shop")
    ]


def test_of_too_many_services_those_that_matter_are_drawn():
    names = [f"s{number:03}" for number in range(100)]

    drawn = drawing(names, [("s098", "s099"), ("s001", "s002")], alerting={"s099"})

    shown = {box.name for box in drawn.boxes}
    assert len(shown) == MOST_BOXES
    assert {"s098", "s099", "s001", "s002"} <= shown
    assert len(drawn.left_out) == 40


def test_nothing_is_drawn_of_nothing():
    assert drawing([], []).boxes == []


some_names = st.lists(st.sampled_from("abcdefghij"), max_size=10)


@given(some_names, st.lists(st.tuples(st.sampled_from("abcdefghij"), st.sampled_from("abcdefghij"))), st.integers(1, 6))
def test_boxes_are_apart_and_within_the_drawing(names, edges, columns):
    drawn = drawing(names, edges, columns=columns)

    assert {box.name for box in drawn.boxes} == set(names)
    corners = [(box.x, box.y) for box in drawn.boxes]
    for x, y in corners:
        assert 0 <= x <= drawn.width - BOX_WIDTH and 0 <= y <= drawn.height - BOX_HEIGHT
        assert not [
            (u, v) for u, v in corners if (u, v) != (x, y) and abs(u - x) < BOX_WIDTH and abs(v - y) < BOX_HEIGHT
        ]
    assert len(set(corners)) == len(corners)
