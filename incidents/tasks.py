"""Work of the incidents app that runs in a worker. Tasks take ids and may run twice."""

from celery import shared_task

from incidents.services.snoozing import snoozes_end


@shared_task(name="incidents.end_snoozes")
def end_snoozes() -> None:
    """Wake the incidents up whose time of rest is over."""
    snoozes_end()
