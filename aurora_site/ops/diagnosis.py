"""What ``manage.py doctor`` looks at: each finding says how a part is and, when it isn't well, how to mend it."""

from __future__ import annotations

import asyncio
import shutil
import socket
import stat
import sys
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import ERROR, run_checks
from django.db import connection, connections

from aurora_site.core import databases, embedded, env, queue
from aurora_site.core.home import SECRETS_FILE, home
from aurora_site.ops import health, heartbeat, ledger_diagnosis, mail_diagnosis, readiness
from aurora_site.ops.finding import Finding

OLDEST_PYTHON = (3, 11)
LEAST_FREE_BYTES = 1_000_000_000
OLDEST_PGVECTOR = (0, 8, 0)
REACH_SECONDS = 3.0
UP = "Run `manage.py up`."


def diagnose() -> list[Finding]:
    """Look at everything; a look that fails is itself a finding."""
    return [_look(part, function) for part, function in LOOKS.items()]


def _look(part: str, function: Callable[[str], Finding]) -> Finding:
    try:
        return function(part)
    except Exception as error:  # noqa: BLE001 the report's purpose is to show whatever is broken
        return Finding(part, "broken", f"{type(error).__name__}: {error}"[:500], "Mend what is above first.")


def _python(part: str) -> Finding:
    version = ".".join(str(number) for number in sys.version_info[:3])
    if sys.version_info < OLDEST_PYTHON:
        return Finding(part, "broken", version, "Install Python 3.11 or newer and run `make install`.")
    return Finding(part, "ok", version)


def _settings(part: str) -> Finding:
    problems = [message for message in run_checks() if message.level >= ERROR]
    if problems:
        return Finding(part, "broken", "; ".join(str(item.msg) for item in problems), str(problems[0].hint or ""))
    renamed = env.renamed_in_use()
    if renamed:
        text = ", ".join(f"{old} is now {new}" for old, new in renamed)
        return Finding(part, "warning", f"Old names are in use: {text}", "Set the new names.")
    return Finding(part, "ok", f"{settings.AURORA_ENV} settings are sound")


def _disk(part: str) -> Finding:
    free = shutil.disk_usage(home()).free
    text = f"{free / 1e9:.1f} GB free under {home()}"
    if free < LEAST_FREE_BYTES:
        return Finding(part, "broken", text, "Free at least one gigabyte, or move AURORA_HOME.")
    return Finding(part, "ok", text)


def _home(part: str) -> Finding:
    secrets = home() / SECRETS_FILE
    if secrets.exists() and stat.S_IMODE(secrets.stat().st_mode) & 0o077:
        return Finding(part, "broken", f"Others can read {secrets}", f"chmod 600 {secrets}")
    if home().stat().st_mode & stat.S_IWOTH:
        return Finding(part, "broken", f"Anybody can write {home()}", f"chmod o-w {home()}")
    return Finding(part, "ok", str(home()))


def _main_database(part: str) -> Finding:
    if connection.vendor == "mysql" and find_spec("MySQLdb") is None:
        return Finding(part, "broken", "mysqlclient is missing", "Install requirements/mysql.txt (needs headers).")
    if connection.settings_dict["ENGINE"] == databases.EMBEDDED_ENGINE:
        embedded.ensure_running()
    connection.ensure_connection()
    return Finding(part, "ok", health.check_database().message)


def _retrieval_database(part: str) -> Finding:
    with connections[databases.RETRIEVAL].cursor() as cursor:
        cursor.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
        row = cursor.fetchone()
    if row is None:
        return Finding(part, "broken", "The extension vector is missing", f"Install pgvector there. {UP}")
    if tuple(int(number) for number in row[0].split(".")[:2]) < OLDEST_PGVECTOR[:2]:
        return Finding(part, "broken", f"pgvector {row[0]} is too old", "ALTER EXTENSION vector UPDATE (to 0.8).")
    return Finding(part, "ok", f"pgvector {row[0]}")


def _index(part: str) -> Finding:
    from agents.knowledge.mending import index_gaps
    from agents.knowledge.selectors import documents_exist
    from agents.retrieval.selectors import active_version, rebuild_due

    version = active_version()
    if version is None and not documents_exist():
        return Finding(part, "ok", "There are no documents yet")
    if version is None:
        return Finding(part, "warning", "There is no index of the documents yet", "Run `manage.py reindex`.")
    if gaps := index_gaps():
        text = f"{len(gaps.missing)} documents are missing from it, {len(gaps.strays)} in it are gone"
        return Finding(part, "warning", text, "A worker mends it within two minutes; else run `manage.py reindex`.")
    if reason := rebuild_due():
        return Finding(part, "warning", reason, "Run `manage.py reindex --rebuild`.")
    return Finding(part, "ok", f"Version {version.name}, {version.embedder}")


def _migrations(part: str) -> Finding:
    pending = readiness.migrations_pending()
    if pending:
        return Finding(part, "broken", f"{len(pending)} steps are pending, the first {pending[0]}", UP)
    if not readiness.setup_finished():
        return Finding(part, "warning", "Applied, but the first set-up hasn't finished", UP)
    return Finding(part, "ok", "All applied")


def _broker(part: str) -> Finding:
    kind = databases.broker_url().partition(":")[0]
    if kind == "pgmq":
        if not queue.is_installed():
            return Finding(part, "broken", "The queue isn't installed in the retrieval database", UP)
        return Finding(part, "ok", "PGMQ in the retrieval database")
    from aurora_site.celery import app

    with app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, timeout=REACH_SECONDS)
    return Finding(part, "ok", kind)


def _worker(part: str) -> Finding:
    count = heartbeat.alive("worker")
    if not count:
        return Finding(part, "warning", "No worker was seen in the last seconds", UP)
    return Finding(part, "ok", f"{count} alive")


def _beat(part: str) -> Finding:
    count = heartbeat.alive("beat")
    if count > 1:
        return Finding(part, "warning", f"{count} beats run; periodic tasks are sent by each", "Run one alone.")
    if not count:
        return Finding(part, "warning", "No beat was seen in the last seconds", UP)
    return Finding(part, "ok", "Alive")


def _cache(part: str) -> Finding:
    check = health.check_cache()
    mend = "" if check.status == "healthy" else "Look at REDIS_URL, or at the retrieval database."
    return Finding(part, "ok" if check.status == "healthy" else "broken", check.message, mend)


def _channel_layer(part: str) -> Finding:
    check = asyncio.run(asyncio.wait_for(health.check_channel_layer(), REACH_SECONDS))
    return Finding(part, "ok" if check.status == "healthy" else "broken", check.message)


def _embeddings(part: str) -> Finding:
    if settings.EMBEDDINGS_PROVIDER != "minilm":
        return _reach(part, settings.EMBEDDINGS_BASE_URL or "https://api.openai.com/v1", "EMBEDDINGS_BASE_URL")
    from agents.embeddings import get_embedder

    embedder = get_embedder()
    embedder.embed_query("doctor")
    return Finding(part, "ok", f"{embedder.name}, {embedder.dimension} dimensions")


def _language_model(part: str) -> Finding:
    if settings.OPENAI_API_KEY or settings.OPENAI_BASE_URL:
        return _reach(part, settings.OPENAI_BASE_URL or "https://api.openai.com/v1", "OPENAI_BASE_URL")
    if settings.OLLAMA_BASE_URL:
        return _reach(part, settings.OLLAMA_BASE_URL, "OLLAMA_BASE_URL")
    return Finding(part, "ok", "None configured: answers are extracts of documents")


def _reach(part: str, address: str, variable: str) -> Finding:
    parts = urlsplit(address)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), timeout=REACH_SECONDS).close()
    except OSError as error:
        return Finding(part, "broken", f"{parts.hostname}:{port} can't be reached: {error}", f"Look at {variable}.")
    return Finding(part, "ok", f"{parts.hostname}:{port} answers")


LOOKS: dict[str, Callable[[str], Finding]] = {
    "Python": _python,
    "settings": _settings,
    "home": _home,
    "disk": _disk,
    "main database": _main_database,
    "knowledge database": _retrieval_database,
    "migrations": _migrations,
    "knowledge index": _index,
    "task queue": _broker,
    "worker": _worker,
    "beat": _beat,
    "cache": _cache,
    "channel layer": _channel_layer,
    "embedding model": _embeddings,
    "ledger key": ledger_diagnosis.key,
    "ledger triggers": ledger_diagnosis.triggers_in_place,
    "ledger sealing": ledger_diagnosis.sealed,
    "ledger anchor": ledger_diagnosis.anchor,
    "language model": _language_model,
    "mail": mail_diagnosis.mail,
}


def as_json(findings: list[Finding]) -> dict[str, Any]:
    """The report as JSON: ``ok`` and the findings."""
    return {"ok": not is_broken(findings), "findings": [finding.as_json() for finding in findings]}


def is_broken(findings: list[Finding]) -> bool:
    return any(finding.state == "broken" for finding in findings)
