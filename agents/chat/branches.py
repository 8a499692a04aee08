"""A session's messages as a tree: edits and further answers are branches, and one branch is shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID


class Node(NamedTuple):
    """A message's place. ``pending``: an answer whose run hasn't ended."""

    id: UUID
    parent_id: UUID | None
    position: int
    sender: str
    pending: bool


class Tree:
    """The messages of one session. A reply always has a higher position than what it follows."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.nodes = {node.id: node for node in sorted(nodes, key=lambda node: node.position)}
        self._replies: dict[UUID | None, list[Node]] = defaultdict(list)
        for node in self.nodes.values():
            self._replies[node.parent_id].append(node)

    def branch(self, head_id: UUID | None) -> list[Node]:
        """The messages from the first one down to ``head_id``; none when there is no such message."""
        branch = []
        node = self.nodes.get(head_id) if head_id else None
        while node is not None:
            branch.append(node)
            node = self.nodes.get(node.parent_id) if node.parent_id else None
        return branch[::-1]

    def alternatives(self, node: Node) -> list[UUID]:
        """The messages of the same sender that follow the same message, itself among them, oldest first."""
        return [other.id for other in self._replies[node.parent_id] if other.sender == node.sender]

    def replies(self, parent_id: UUID | None) -> list[UUID]:
        """What follows a message (None: what begins the session), oldest first."""
        return [node.id for node in self._replies[parent_id]]

    def newest_below(self, message_id: UUID) -> UUID:
        """The end of the branch through a message that was written last."""
        below, newest = {message_id}, message_id
        for node in self.nodes.values():
            if node.parent_id in below:
                below.add(node.id)
                newest = node.id
        return newest
