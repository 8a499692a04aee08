"""The tree of a session's messages."""

from __future__ import annotations

from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from agents.chat.branches import Node, Tree


def node(position: int, parent: int | None, sender: str = "user") -> Node:
    return Node(UUID(int=position), UUID(int=parent) if parent else None, position, sender, False)


#   1 user ── 2 assistant ── 3 user ── 4 assistant
#        └─── 5 assistant ── 6 user (a branch beside 2)
#   7 user (another beginning)
TREE = Tree(
    [
        node(6, 5), node(1, None), node(2, 1, "assistant"), node(3, 2), node(4, 3, "assistant"),
        node(5, 1, "assistant"), node(7, None),
    ]
)  # fmt: skip


def positions(ids: list[UUID]) -> list[int]:
    return [TREE.nodes[id].position for id in ids]  # noqa: A001


def test_a_branch_leads_from_the_first_message_to_its_end() -> None:
    assert [each.position for each in TREE.branch(UUID(int=4))] == [1, 2, 3, 4]
    assert [each.position for each in TREE.branch(UUID(int=6))] == [1, 5, 6]
    assert TREE.branch(None) == TREE.branch(UUID(int=99)) == []


def test_alternatives_follow_the_same_message() -> None:
    assert positions(TREE.alternatives(TREE.nodes[UUID(int=2)])) == [2, 5]
    assert positions(TREE.alternatives(TREE.nodes[UUID(int=7)])) == [1, 7]
    assert positions(TREE.alternatives(TREE.nodes[UUID(int=4)])) == [4]


def test_the_end_of_a_branch_is_what_was_written_last_below() -> None:
    assert positions([TREE.newest_below(UUID(int=number)) for number in (1, 2, 5, 7)]) == [6, 4, 6, 7]


@given(st.lists(st.integers(min_value=0), min_size=1, max_size=40))
def test_every_message_lies_on_the_branch_of_its_end(choices: list[int]) -> None:
    nodes = [node(place, choice % place or None) for place, choice in enumerate(choices, start=1)]
    tree = Tree(nodes)
    for each in nodes:
        end = tree.newest_below(each.id)
        branch = tree.branch(end)
        assert each in branch
        assert tree.replies(end) == []
        assert [one.position for one in branch] == sorted(one.position for one in branch)
        assert all(later.parent_id == earlier.id for earlier, later in pairwise(branch))
