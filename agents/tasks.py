"""Work of the agents app that runs in a worker. Tasks take ids and may run twice."""

from celery import shared_task

from agents.knowledge import selectors, services
from agents.runs.services import runs_reap


@shared_task(name="agents.apply_document", autoretry_for=(OSError,), retry_backoff=True, max_retries=5)
def apply_document(document_id: str) -> None:
    """Bring the index in line with one document."""
    services.document_apply(document_id=document_id)


@shared_task(name="agents.sweep_documents")
def sweep_documents() -> None:
    """Apply the changes of documents that the queue lost."""
    for document_id in selectors.documents_to_sweep():
        services.document_apply(document_id=document_id)


@shared_task(name="agents.reap_runs")
def reap_runs() -> None:
    """End the runs whose process died."""
    runs_reap()
