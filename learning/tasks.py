"""Work of the learning app that runs in a worker. Tasks take ids and may run twice."""

from learning.nudges import tasks  # noqa: F401 its tasks
