"""Settings of databases, cache, channel layer, task queue and mail, from the environment."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from aurora_site.core import database_url, embedded, env
from aurora_site.core.cluster import USER, socket_directory
from aurora_site.core.home import home

RETRIEVAL = "retrieval"
EMBEDDED_ENGINE = "aurora_site.core.postgresql"
POOL = {"min_size": 1, "max_size": 8, "timeout": 10}
# A task that runs longer is handed out again while it runs, so this is long; lost tasks are found by sweeps before.
VISIBILITY_SECONDS = 1800


def databases() -> dict[str, dict[str, Any]]:
    """``DATABASES``: ``default`` (main), ``retrieval`` (knowledge index, queue, cache). Raises ImproperlyConfigured."""
    main_url, retrieval_url = env.read("AURORA_DB_URL"), env.read("AURORA_VECTOR_DB_URL")
    main = _external(main_url, "AURORA_DB_URL") if main_url else _embedded(embedded.MAIN_DATABASE)
    if retrieval_url:
        retrieval = _external(retrieval_url, "AURORA_VECTOR_DB_URL")
        if "mysql" in retrieval["ENGINE"]:
            raise ImproperlyConfigured("AURORA_VECTOR_DB_URL must be a PostgreSQL with pgvector (postgres://…).")
    else:
        retrieval = _embedded(embedded.RETRIEVAL_DATABASE)
    if _place(main) == _place(retrieval):
        raise ImproperlyConfigured("AURORA_DB_URL and AURORA_VECTOR_DB_URL must name two different databases.")
    return {"default": main, RETRIEVAL: retrieval}


def _external(url: str, variable: str) -> dict[str, Any]:
    settings = database_url.parse(url, variable=variable, mysql_ca_path=env.read("MYSQL_SSL_CA_PATH"))
    return _pooled(settings) if "postgresql" in settings["ENGINE"] else settings


def _embedded(name: str) -> dict[str, Any]:
    return _pooled(
        {
            "ENGINE": EMBEDDED_ENGINE,
            "NAME": name,
            "USER": USER,
            "HOST": str(socket_directory(home())),
            "CONN_MAX_AGE": 0,
            # The backend looks itself, without a query.
            "CONN_HEALTH_CHECKS": False,
            "OPTIONS": {},
        }
    )


def _pooled(settings: dict[str, Any]) -> dict[str, Any]:
    # Test databases are made and dropped under the connections' feet, which a pool would hold open.
    if env.read("AURORA_ENV") != "test":
        settings["OPTIONS"]["pool"] = dict(POOL)
    return settings


def _place(settings: dict[str, Any]) -> tuple[Any, ...]:
    return settings["HOST"], settings.get("PORT", ""), settings["NAME"]


def caches() -> dict[str, dict[str, Any]]:
    """``CACHES``: Redis where configured, else a table in the retrieval database."""
    redis_url = env.read("REDIS_URL")
    if redis_url:
        return {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": redis_url}}
    return {"default": {"BACKEND": "aurora_site.core.cache.PostgresCache", "LOCATION": "aurora_cache"}}


def channel_layers() -> dict[str, dict[str, Any]]:
    """``CHANNEL_LAYERS``: Redis where configured, else PostgreSQL's NOTIFY."""
    redis_url = env.read("REDIS_URL")
    if redis_url:
        return {"default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [redis_url]}}}
    return {"default": {"BACKEND": "aurora_site.core.layer.NotifyChannelLayer"}}


def broker_url() -> str:
    """The task queue's address: as configured, in memory for tests, else the queue in the retrieval database."""
    return env.read("CELERY_BROKER_URL") or ("memory://" if env.read("AURORA_ENV") == "test" else "pgmq://localhost")


def broker_options() -> dict[str, Any]:
    """Transport options for ``broker_url``. The retrieval queue finds its database itself (``queue.Transport``)."""
    url = broker_url()
    if url.startswith("pgmq:"):
        return {
            "init_extension": False,
            "visibility_timeout": VISIBILITY_SECONDS,
            "use_notify": True,
            "notify_throttle_interval_ms": 20,
            "wait_time_seconds": 0,
            "polling_interval": 0.5,
        }
    return {"visibility_timeout": VISIBILITY_SECONDS} if url.startswith(("redis:", "rediss:")) else {}


def mail_settings(url: str) -> dict[str, Any]:
    """Django's mail settings for ``smtp://user:password@host:587`` or ``smtps://…``; mail goes to the log without one.

    Port 587 and any sign-in use STARTTLS unless ``?tls=0`` says otherwise. Raises ImproperlyConfigured.
    """
    if not url:
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ImproperlyConfigured(
            "EMAIL_URL must look like smtp://user:password@host:587 or smtps://user:password@host."
        )
    try:
        port = parts.port
    except ValueError:
        raise ImproperlyConfigured("EMAIL_URL: the port isn't a number.") from None
    over_tls = parts.scheme == "smtps"
    wants_tls = dict(parse_qsl(parts.query)).get("tls", "1" if port == 587 or parts.username else "0")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port or (465 if over_tls else 587 if wants_tls == "1" else 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": over_tls,
        "EMAIL_USE_TLS": not over_tls and wants_tls == "1",
        "EMAIL_TIMEOUT": 10,
    }


class RetrievalRouter:
    """Keeps app ``retrieval`` on the retrieval database and everything else on the main one."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return RETRIEVAL if model._meta.app_label == RETRIEVAL else "default"

    db_for_write = db_for_read

    def allow_relation(self, first: Any, second: Any, **hints: Any) -> bool:
        return (first._meta.app_label == RETRIEVAL) == (second._meta.app_label == RETRIEVAL)

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return (app_label == RETRIEVAL) == (db == RETRIEVAL)
