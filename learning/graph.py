"""The prerequisite graph as plain data: a mapping from each skill to what is to be learned before it."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)


def path_to(graph: Mapping[Node, Collection[Node]], start: Node, target: Node) -> list[Node] | None:
    """A path from ``start`` to ``target`` along prerequisites, both ends included; None when there is none.

    ``start`` and ``target`` may be equal, which is a path of one node.
    """
    came_from: dict[Node, Node | None] = {start: None}
    pending = [start]
    while pending:
        node = pending.pop()
        if node == target:
            return _walk_back(came_from, node)
        for prerequisite in graph.get(node, ()):
            if prerequisite not in came_from:
                came_from[prerequisite] = node
                pending.append(prerequisite)
    return None


def _walk_back(came_from: Mapping[Node, Node | None], node: Node) -> list[Node]:
    path = [node]
    while (previous := came_from[path[-1]]) is not None:
        path.append(previous)
    return path[::-1]


def cycle_through(
    graph: Mapping[Node, Collection[Node]], node: Node, prerequisites: Collection[Node]
) -> list[Node] | None:
    """The cycle that arises when ``prerequisites`` replace those of ``node``, from ``node`` back to it, or None."""
    for prerequisite in prerequisites:
        path = path_to(graph, prerequisite, node)
        if path is not None:
            return [node, *path]
    return None


def closure(graph: Mapping[Node, Collection[Node]], nodes: Iterable[Node]) -> set[Node]:
    """The nodes and all that is to be learned before them."""
    found = set(nodes)
    pending = list(found)
    while pending:
        for prerequisite in graph.get(pending.pop(), ()):
            if prerequisite not in found:
                found.add(prerequisite)
                pending.append(prerequisite)
    return found


def any_cycle(graph: Mapping[Node, Collection[Node]]) -> list[Node] | None:
    """A cycle of the graph, from a node back to it, or None; in time that grows with its edges."""
    done: set[Node] = set()
    for start in graph:
        path: list[Node] = [start]
        position = {start: 0}
        waiting = [iter(graph[start])] if start not in done else []
        while waiting:
            node = next(waiting[-1], None)
            if node is None:
                waiting.pop()
                done.add(path[-1])
                del position[path.pop()]
            elif node in position:
                return [*path[position[node] :], node]
            elif node not in done:
                position[node] = len(path)
                path.append(node)
                waiting.append(iter(graph.get(node, ())))
    return None
