"""The cluster that the tests of a module share, and the loopback model behind it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.cluster import Cluster, PacedModel, paced_model
from tests.live import temporary_home


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.faults)
            item.add_marker(pytest.mark.xdist_group("faults"))


@pytest.fixture(scope="session")
def paced() -> Iterator[PacedModel]:
    with paced_model() as model:
        yield model


@pytest.fixture(scope="session")
def cluster(paced: PacedModel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two web processes and two workers. A test that kills a part leaves it to the supervisor to start it again. What
    they print is kept in pytest's folder."""
    with temporary_home("aurora-faults-") as home:
        running = Cluster(home, paced)
        try:
            running.start()
            yield running
        finally:
            try:
                running.stop()
            finally:
                for log in home.glob("*.log"):
                    shutil.copy(log, tmp_path_factory.mktemp("faults"))


@pytest.fixture(autouse=True)
def settled(request: pytest.FixtureRequest) -> None:
    """Every test begins with all parts of the cluster there."""
    if "cluster" in request.fixturenames:
        request.getfixturevalue("cluster").wait_until_whole()


@pytest.fixture(scope="session")
def talker(cluster: Cluster) -> str:
    """An agent that writes 120 tokens in twelve seconds."""
    return cluster.make_agent("talker", model_name="paced-120-10")


@pytest.fixture(scope="session")
def late_talker(cluster: Cluster) -> str:
    """An agent that thinks for ten seconds before it writes 20 tokens in one."""
    return cluster.make_agent("late-talker", model_name="paced-20-20-10000")
