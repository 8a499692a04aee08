"""Where skills are drawn, and where a learner stands with them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.pages.drawings.skill_graph import (
    BOX_HEIGHT,
    BOX_WIDTH,
    LINE_LETTERS,
    MOST_BOXES,
    Node,
    drawing,
)
from learning.pages.skill_states import around, reached, skill_states
from learning.planner.rules import PREREQUISITE_LEVEL
from learning.planner.types import Belief


def nodes(*names):
    return [Node(name, name.title()) for name in names]


def test_every_skill_stands_right_of_what_it_needs():
    drawn = drawing(nodes("git", "python", "django", "web"), [("python", "django"), ("django", "web"), ("git", "web")])

    left = {box.node.id: box.x for box in drawn.boxes}
    assert left["git"] == left["python"] < left["django"] < left["web"]
    assert [(line.start, line.end) for line in drawn.lines] == [
        ("django", "web"),
        ("git", "web"),
        ("python", "django"),
    ]
    assert drawn.left_out == 0


def test_the_focus_and_its_lines_are_told_apart():
    drawn = drawing(nodes("a", "b", "c"), [("a", "b"), ("b", "c"), ("a", "c")], focus="a")

    assert [box.node.id for box in drawn.boxes if box.is_focus] == ["a"]
    assert [(line.start, line.end) for line in drawn.lines if line.is_near] == [("a", "b"), ("a", "c")]


def test_links_to_what_is_not_shown_and_circles_are_no_trouble():
    drawn = drawing(nodes("a", "b"), [("a", "b"), ("b", "a"), ("a", "a"), ("gone", "a")])

    assert [(line.start, line.end) for line in drawn.lines] == [("a", "b"), ("b", "a")]


def test_long_names_go_on_in_a_second_line_and_end_there():
    [box] = drawing([Node("1", "Observability of distributed systems with OpenTelemetry and more")], []).boxes

    assert len(box.lines) == 2
    assert all(len(text) <= LINE_LETTERS for text in box.lines)
    assert box.lines[-1].endswith("…")


def test_a_name_without_letters_has_a_line():
    assert drawing([Node("1", " ")], []).boxes[0].lines == ["–"]


def test_of_too_many_skills_the_focus_is_drawn():
    drawn = drawing([Node(str(number), f"Skill {number:03}") for number in range(200)], [], focus="199")

    assert len(drawn.boxes) == MOST_BOXES and drawn.left_out == 80
    assert "199" in {box.node.id for box in drawn.boxes}


some = st.sampled_from("abcdefghij")


@given(st.lists(some, unique=True), st.lists(st.tuples(some, some)))
def test_boxes_are_apart_and_within_the_drawing(names, pairs):
    drawn = drawing(nodes(*names), [(min(pair), max(pair)) for pair in pairs])

    assert {box.node.id for box in drawn.boxes} == set(names)
    for box in drawn.boxes:
        assert 0 <= box.x <= drawn.width - BOX_WIDTH and 0 <= box.y <= drawn.height - BOX_HEIGHT
        others = [other for other in drawn.boxes if other is not box]
        assert not [each for each in others if abs(each.x - box.x) < BOX_WIDTH and abs(each.y - box.y) < BOX_HEIGHT]
    left = {box.node.id: box.x for box in drawn.boxes}
    assert all(left[line.start] < left[line.end] for line in drawn.lines)


def test_states_follow_mastery_and_prerequisites():
    states = skill_states(
        "abcdef",
        prerequisites={"b": {"a"}, "c": {"b"}, "d": {"a"}, "e": {"c"}},
        mastery={"a": Belief(0.9), "b": Belief(0.65), "c": Belief(0.3)},
        targets={"b": 0.8, "a": 0.7},
        studied={"b"},
    )

    # b carries c from a level of its own, though the role asks for more of b.
    assert states == {"a": "mastered", "b": "progress", "c": "progress", "d": "next", "e": "later", "f": "next"}


@pytest.mark.parametrize(("level", "state"), [(0.49, "later"), (PREREQUISITE_LEVEL, "next"), (0.55, "next")])
def test_a_prerequisite_carries_from_the_level_that_plans_go_by(level, state):
    states = skill_states("ab", prerequisites={"b": {"a"}}, mastery={"a": Belief(level)}, targets={"a": 0.9})

    assert states["b"] == state


def test_what_lies_around_a_skill():
    graph = {"c": {"b"}, "b": {"a"}, "d": {"c"}, "x": {"a"}}

    assert around(graph, "b") == {"a", "b", "c", "d"}
    assert reached(graph, ["d"]) == {"a", "b", "c", "d"}
    assert around(graph, "x") == {"a", "x"}
