"""Whatever is asked for, the prerequisite graph stays free of cycles, and nothing harmless is refused."""

from itertools import pairwise

import networkx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from learning.errors import PrerequisiteCycle
from learning.graph import cycle_through, path_to
from learning.models import SkillPrerequisite
from learning.selectors.catalogue import prerequisite_graph
from learning.services import catalogue as services
from tests.factories.accounts import member_factory
from tests.factories.learning import SkillFactory

SIZE = 6
nodes = st.integers(0, SIZE - 1)
changes = st.lists(st.tuples(nodes, st.sets(nodes, max_size=3)), max_size=15)
graphs = st.dictionaries(nodes, st.sets(nodes))


def directed(graph) -> networkx.DiGraph:
    made = networkx.DiGraph()
    made.add_nodes_from(range(SIZE))
    made.add_edges_from((node, prerequisite) for node, found in graph.items() for prerequisite in found)
    return made


@given(graphs, nodes, nodes)
def test_a_path_is_found_exactly_where_there_is_one(graph, start, target):
    path = path_to(graph, start, target)

    assert (path is not None) == networkx.has_path(directed(graph), start, target)
    if path is not None:
        assert (path[0], path[-1]) == (start, target)
        assert all(later in graph[earlier] for earlier, later in pairwise(path))


@given(changes)
def test_a_change_is_refused_exactly_when_it_closes_a_cycle(steps):
    graph: dict[int, set[int]] = {}
    for node, prerequisites in steps:
        changed = {**graph, node: prerequisites}
        cycle = cycle_through(graph, node, prerequisites)
        assert (cycle is None) == networkx.is_directed_acyclic_graph(directed(changed))
        if cycle is None:
            graph = changed
        else:
            assert cycle[0] == cycle[-1] == node
            assert all(later in changed[earlier] for earlier, later in pairwise(cycle))


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=changes)
def test_the_stored_graph_is_acyclic_after_any_changes(steps):
    editor = member_factory(role="editor")
    skills = [SkillFactory(organization=editor.organization) for _ in range(SIZE)]
    expected: dict = {}
    for node, prerequisites in steps:
        ids = {skills[each].pk for each in prerequisites}
        try:
            services.skill_set_prerequisites(
                organization_id=editor.organization_id,
                actor_id=editor.user_id,
                skill_id=skills[node].pk,
                prerequisite_ids=ids,
            )
        except PrerequisiteCycle:
            continue
        expected[skills[node].pk] = ids

    stored = prerequisite_graph(editor.organization_id)
    assert stored == {skill: ids for skill, ids in expected.items() if ids}
    assert networkx.is_directed_acyclic_graph(networkx.DiGraph((a, b) for a, found in stored.items() for b in found))


@pytest.mark.django_db
def test_a_graph_holds_its_own_organisation_alone():
    one, two = SkillFactory(), SkillFactory()
    before = SkillFactory(organization=one.organization)
    SkillPrerequisite.objects.create(skill=one, prerequisite=before)
    SkillPrerequisite.objects.create(skill=two, prerequisite=SkillFactory(organization=two.organization))

    assert prerequisite_graph(one.organization_id) == {one.pk: {before.pk}}
