"""Work of the incidents app that runs in a worker. Tasks take ids and may run twice."""

from uuid import UUID

from celery import shared_task

from incidents import subscriptions  # noqa: F401 its tasks
from incidents.notifications import tasks  # noqa: F401 likewise
from incidents.processing import deliveries_process, organizations_waiting
from incidents.services.snoozing import snoozes_end
from incidents.sweeping import alerts_sweep
from incidents.trials import END_TASK
from incidents.trials_ending import test_alerts_end, test_alerts_sweep


@shared_task(name="incidents.end_snoozes")
def end_snoozes() -> None:
    """Wake the incidents up whose time of rest is over."""
    snoozes_end()


@shared_task(name="incidents.sweep_deliveries")
def sweep_deliveries() -> None:
    """Process the deliveries that nobody rang for, or that failed before; the worker's own threads do most of that."""
    for organization_id in organizations_waiting():
        deliveries_process(organization_id)


@shared_task(name="incidents.sweep_alerts")
def sweep_alerts() -> None:
    """Follow silences that ended and alerts that stopped flapping, and end tests that the queue forgot."""
    alerts_sweep()
    test_alerts_sweep()


@shared_task(name=END_TASK)
def end_test_alerts(delivery_id: str) -> None:
    """End the alerts of a test delivery, whose time is over."""
    test_alerts_end(UUID(delivery_id))
