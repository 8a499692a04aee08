"""Two changes that are harmless alone can't close a cycle together."""

import threading

import networkx
import pytest
from django.db import connection

from learning.errors import PrerequisiteCycle
from learning.selectors.catalogue import prerequisite_graph
from learning.services import catalogue as services
from tests.factories.accounts import organization_factory
from tests.factories.learning import SkillFactory

ROUNDS = 10


@pytest.mark.django_db(transaction=True)
def test_two_halves_of_a_cycle_at_once_leave_one():
    organization = organization_factory()
    for _ in range(ROUNDS):
        one, two = SkillFactory(organization=organization), SkillFactory(organization=organization)
        assert sorted(_at_once(organization.pk, (one.pk, two.pk), (two.pk, one.pk))) == ["refused", "stored"]
    graph = prerequisite_graph(organization.pk)
    assert len(graph) == ROUNDS
    assert networkx.is_directed_acyclic_graph(networkx.DiGraph((a, b) for a, found in graph.items() for b in found))


def _at_once(organization_id, *pairs):
    barrier, outcomes = threading.Barrier(len(pairs)), []

    def change(skill_id, prerequisite_id):
        try:
            barrier.wait(timeout=10)
            services.skill_set_prerequisites(
                organization_id=organization_id,
                actor_id="user_racer",
                skill_id=skill_id,
                prerequisite_ids=[prerequisite_id],
            )
            outcomes.append("stored")
        except PrerequisiteCycle:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=change, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return outcomes
