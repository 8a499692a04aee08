"""Work of the agents app that runs in a worker. Tasks take ids and may run twice."""

import logging

from celery import shared_task

from agents.embeddings.base import EmbeddingError
from agents.knowledge import selectors, services
from agents.knowledge.questions import questions_forget
from agents.retrieval.errors import IndexBuildRunning
from agents.retrieval.selectors import is_unfinished
from agents.runs import dispatch, worker
from agents.runs.approvals import approvals_expire
from agents.runs.folding import events_fold
from agents.runs.reaper import runs_reap

logger = logging.getLogger(__name__)


@shared_task(name="agents.apply_document", autoretry_for=(OSError,), retry_backoff=True, max_retries=5)
def apply_document(document_id: str) -> None:
    """Bring the index in line with one document."""
    services.document_apply(document_id=document_id)


@shared_task(name="agents.sweep_documents")
def sweep_documents() -> None:
    """Apply the changes of documents that the queue lost."""
    for document_id in selectors.documents_to_sweep():
        services.document_apply(document_id=document_id)


@shared_task(name="agents.rebuild_index")
def rebuild_index(version_id: int) -> None:
    """Go on building a version until it is switched to, unless that is done or another process is at it."""
    if is_unfinished(version_id):
        try:
            services.index_rebuild()
        except IndexBuildRunning:
            logger.info("Another process builds an index version already")
        except EmbeddingError as error:
            logger.warning("The index version stays unfinished until its model answers: %s", error)


@shared_task(name="agents.collect_index")
def collect_index() -> None:
    """Delete the index versions that are no longer needed."""
    services.index_collect()


@shared_task(name="agents.forget_questions")
def forget_questions() -> int:
    """Delete the questions without an answer that nobody asked for a year; how many."""
    return questions_forget()


@shared_task(name="agents.execute_run")
def execute_run(run_id: str) -> None:
    """Carry out a queued run on this worker's event loop; returns as soon as that has it."""
    worker.take(run_id)


@shared_task(name="agents.reap_runs")
def reap_runs() -> None:
    """End the runs whose process died, and hand out the queued ones that nobody started."""
    for run_id in runs_reap().to_start:
        dispatch.enqueue(run_id)


@shared_task(name="agents.expire_approvals")
def expire_approvals() -> None:
    """Give up the approvals that nobody decided in time, and let their runs go on."""
    for run_id in approvals_expire():
        dispatch.enqueue(run_id)


@shared_task(name="agents.fold_events")
def fold_events() -> int:
    """Remove the pieces of old answers whose messages carry their text; how many."""
    return events_fold()
