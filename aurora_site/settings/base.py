"""All settings, read from the environment; the other modules here only override."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from aurora_site.core import databases, env
from aurora_site.core.home import home, secret
from aurora_site.settings.unfold import UNFOLD  # noqa: F401

BASE_DIR = Path(__file__).resolve().parents[2]
AURORA_ENV = env.read("AURORA_ENV")
AURORA_HOME = home()
DEBUG = False

HOST = env.read("HOST")
PORT = env.read("PORT")
AURORA_PUBLIC_URL = (env.read("AURORA_PUBLIC_URL") or f"http://{HOST}:{PORT}").rstrip("/")
SECRET_KEY = env.read("AURORA_SECRET_KEY") or secret("secret_key")
# The ledger's keys, where the environment gives them; else audit.keys finds those in AURORA_HOME.
AURORA_HMAC_KEY = env.read("AURORA_HMAC_KEY")
AURORA_HMAC_KEYS = env.read("AURORA_HMAC_KEYS")
AURORA_LEDGER_SIGNING_KEY = env.read("AURORA_LEDGER_SIGNING_KEY")
AURORA_LEDGER_PUBLIC_KEYS = env.read("AURORA_LEDGER_PUBLIC_KEYS")
AURORA_LEDGER_ANCHOR = env.read("AURORA_LEDGER_ANCHOR")
LEDGER_FOLDER = AURORA_HOME / "ledger"
INTERNAL_API_SECRET = env.read("INTERNAL_API_SECRET")
AURORA_DEMO = env.read("AURORA_DEMO")
AURORA_TRUSTED_PROXIES = env.read("AURORA_TRUSTED_PROXIES")
AURORA_DRAIN_SECONDS = env.read("AURORA_DRAIN_SECONDS")
AURORA_WEB_SERVER = env.read("AURORA_WEB_SERVER")
AURORA_ADMIN_EMAIL = env.read("AURORA_ADMIN_EMAIL")
AURORA_ADMIN_PASSWORD = env.read("AURORA_ADMIN_PASSWORD")
METRICS_ENABLED = env.read("METRICS_ENABLED")
ALLOWED_HOSTS = [
    "localhost",
    "127.0.0.1",
    "[::1]",
    *({HOST} - {"0.0.0.0", "::", "localhost", "127.0.0.1"}),  # noqa: S104
    urlsplit(AURORA_PUBLIC_URL).hostname or "localhost",
    *env.read("AURORA_ALLOWED_HOSTS"),
]

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "servestatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "corsheaders",
    "channels",
    "django_htmx",
    "django_celery_beat",
    "aurora_site.core",
    "aurora_site.accounts",
    "aurora_site.ops",
    "aurora_site.demo",
    "audit",
    "agents.retrieval",
    "agents",
    "learning",
    "incidents",
    "aurora_site.links",
]

MIDDLEWARE = [
    "aurora_site.core.http.middleware.RequestIdMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "aurora_site.core.http.middleware.ContentSecurityMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "aurora_site.accounts.middleware.IdentityMiddleware",
    "aurora_site.accounts.refusals.RefusalMiddleware",
    "aurora_site.accounts.ratelimit.RateLimitMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "aurora_site.urls"
ASGI_APPLICATION = "aurora_site.asgi.application"
APPEND_SLASH = False
CSRF_FAILURE_VIEW = "aurora_site.api.fallbacks.csrf_failure"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SILENCED_SYSTEM_CHECKS = [
    # The cache backend is Aurora's own: atomic add and incr over PostgreSQL, which is what django-ratelimit needs.
    "django_ratelimit.W001",
    # Unfold replaces the admin's templates.
    "models.W036",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

DATABASES = databases.databases()
DATABASE_ROUTERS = ["aurora_site.core.databases.RetrievalRouter"]
CACHES = databases.caches()
CHANNEL_LAYERS = databases.channel_layers()

AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.BCryptSHA256PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}}
]
LOGIN_URL = "/sign-in"
LOGIN_REDIRECT_URL = "/"
SESSION_COOKIE_NAME = "aurora_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "aurora_csrf"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = AURORA_HOME / "static"
STATICFILES_DIRS = [BASE_DIR / "aurora_site" / "static"]
SERVESTATIC_USE_FINDERS = True
SERVESTATIC_AUTOREFRESH = False
SERVESTATIC_MAX_AGE = 300

MAX_UPLOAD_BYTES = env.read("AURORA_MAX_UPLOAD_MB") * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["aurora_site.accounts.authentication.IdentityAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["aurora_site.accounts.permissions.IsViewer"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["aurora_site.core.http.parsers.BoundedJSONParser"],
    "EXCEPTION_HANDLER": "aurora_site.api.errors.exception_response",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Aurora",
    "DESCRIPTION": "Answers, learning plans, incidents and a ledger of what agents did.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "DISABLE_ERRORS_AND_WARNINGS": True,
}
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=30),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=14),
    "ALGORITHM": "HS256",
    "SIGNING_KEY": SECRET_KEY,
    "USER_ID_FIELD": "id",
    "USER_ID_CLAIM": "sub",
    "UPDATE_LAST_LOGIN": False,
}

CORS_ALLOWED_ORIGINS = env.read("FRONTEND_URL")
CORS_ALLOW_CREDENTIALS = True
CORS_ALLOW_METHODS = ["GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]
CORS_ALLOW_HEADERS = [
    "content-type", "authorization", "x-provider", "x-provider-preference", "x-requested-with", "x-user-id",
    "x-org-id", "idempotency-key", "last-event-id", "x-csrftoken",
]  # fmt: skip
CORS_EXPOSE_HEADERS = [
    "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After", "X-Request-ID", "Location",
]  # fmt: skip
CSRF_TRUSTED_ORIGINS = [*CORS_ALLOWED_ORIGINS, *([AURORA_PUBLIC_URL] if env.read("AURORA_PUBLIC_URL") else [])]

RATELIMIT_ENABLE = env.read("RATE_LIMIT_ENABLED")
RATE_LIMIT_PER_MINUTE = env.read("RATE_LIMIT_PER_MINUTE")
CHAT_RATE_LIMIT_PER_MINUTE = env.read("CHAT_RATE_LIMIT_PER_MINUTE")

CELERY_BROKER_URL = databases.broker_url()
CELERY_BROKER_TRANSPORT_OPTIONS = databases.broker_options()
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_PREFETCH_MULTIPLIER = 4
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE = {
    "knowledge-mending": {"task": "ops.mend_index", "schedule": timedelta(minutes=1)},
    "knowledge-collecting": {"task": "agents.collect_index", "schedule": timedelta(hours=1)},
    "knowledge-sweep": {"task": "agents.sweep_documents", "schedule": timedelta(seconds=30)},
    "questions-forgetting": {"task": "agents.forget_questions", "schedule": timedelta(days=1)},
    "runs-approvals": {"task": "agents.expire_approvals", "schedule": timedelta(seconds=15)},
    "runs-reaper": {"task": "agents.reap_runs", "schedule": timedelta(seconds=5)},
    "runs-folding": {"task": "agents.fold_events", "schedule": timedelta(hours=1)},
    "incidents-snoozes": {"task": "incidents.end_snoozes", "schedule": timedelta(seconds=30)},
    "accounts-erasures": {"task": "accounts.sweep_erasures", "schedule": timedelta(hours=1)},
    "accounts-retention": {"task": "accounts.apply_retention", "schedule": timedelta(days=1)},
    "accounts-mail": {"task": "accounts.sweep_mail", "schedule": timedelta(minutes=2)},
    "incidents-notifications": {"task": "incidents.sweep_notifications", "schedule": timedelta(seconds=15)},
    "incidents-subscriptions": {"task": "incidents.sweep_subscriptions", "schedule": timedelta(minutes=5)},
    "incidents-deliveries": {"task": "incidents.sweep_deliveries", "schedule": timedelta(seconds=5)},
    "incidents-alerts": {"task": "incidents.sweep_alerts", "schedule": timedelta(seconds=15)},
    "learning-nudges": {"task": "learning.scan_nudges", "schedule": timedelta(minutes=10)},
    "links-responses": {"task": "links.sweep_responses", "schedule": timedelta(hours=1)},
    "learning-mail": {"task": "learning.sweep_nudges", "schedule": timedelta(minutes=1)},
    "cache-sweep": {"task": "core.sweep_cache", "schedule": timedelta(minutes=10)},
}

OPENAI_API_KEY = env.read("OPENAI_API_KEY")
OPENAI_BASE_URL = env.read("OPENAI_BASE_URL")
OLLAMA_BASE_URL = env.read("OLLAMA_BASE_URL")
AURORA_MODEL = env.read("AURORA_MODEL")
AURORA_MODEL_CHAIN = env.read("AURORA_MODEL_CHAIN")
AURORA_MODEL_TIMEOUT = env.read("AURORA_MODEL_TIMEOUT")
AURORA_MODEL_PRICES = env.read("AURORA_MODEL_PRICES")
AURORA_MODEL_CONTEXT = env.read("AURORA_MODEL_CONTEXT")
AURORA_MODEL_MAX_TOKENS = env.read("AURORA_MODEL_MAX_TOKENS")
AURORA_RUN_STEPS = env.read("AURORA_RUN_STEPS")
AURORA_RUN_SECONDS = env.read("AURORA_RUN_SECONDS")
AURORA_RUN_TOKENS = env.read("AURORA_RUN_TOKENS")
AURORA_RUN_COST_USD = env.read("AURORA_RUN_COST_USD")
AURORA_TOOL_OUTPUT = env.read("AURORA_TOOL_OUTPUT")
AURORA_APPROVAL_SECONDS = env.read("AURORA_APPROVAL_SECONDS")
AURORA_CORRELATION_THRESHOLD = env.read("AURORA_CORRELATION_THRESHOLD")
AURORA_CORRELATION_WEIGHTS = env.read("AURORA_CORRELATION_WEIGHTS")
AURORA_CORRELATION_WINDOW_SECONDS = env.read("AURORA_CORRELATION_WINDOW_SECONDS")
AURORA_CORRELATION_HALVING_SECONDS = env.read("AURORA_CORRELATION_HALVING_SECONDS")
EMBEDDINGS_PROVIDER = env.read("EMBEDDINGS_PROVIDER")
EMBEDDINGS_MODEL = env.read("EMBEDDINGS_MODEL")
EMBEDDINGS_BASE_URL = env.read("EMBEDDINGS_BASE_URL") or OPENAI_BASE_URL
SEED_DATA_DIR = env.read("SEED_DATA_DIR")
AURORA_AUTO_INGEST = env.read("AURORA_AUTO_INGEST")
AURORA_INDEX_VERSION = env.read("AURORA_INDEX_VERSION")
AURORA_INDEX_KEEP = env.read("AURORA_INDEX_KEEP")
AURORA_INDEX_RESET = env.read("AURORA_INDEX_RESET")
ALLOW_ADMIN = env.read("ALLOW_ADMIN")

AURORA_NOTIFICATION_ATTEMPTS = env.read("AURORA_NOTIFICATION_ATTEMPTS")
AURORA_NOTIFICATION_RETRY_SECONDS = env.read("AURORA_NOTIFICATION_RETRY_SECONDS")
AURORA_NOTIFICATION_TIMEOUT = env.read("AURORA_NOTIFICATION_TIMEOUT")
AURORA_OUTBOUND_ALLOW = env.read("AURORA_OUTBOUND_ALLOW")
AURORA_WEBHOOK_MAX_BYTES = int(env.read("AURORA_WEBHOOK_MAX_MB") * 1024 * 1024)
AURORA_INTAKE_BACKLOG = env.read("AURORA_INTAKE_BACKLOG")
AURORA_INTAKE_PER_MINUTE = env.read("AURORA_INTAKE_PER_MINUTE")
AURORA_REOPEN_SECONDS = env.read("AURORA_REOPEN_SECONDS")
AURORA_AUTO_RESOLVE = env.read("AURORA_AUTO_RESOLVE")
AURORA_FLAPPING_CHANGES = env.read("AURORA_FLAPPING_CHANGES")
AURORA_FLAPPING_SECONDS = env.read("AURORA_FLAPPING_SECONDS")

DEFAULT_FROM_EMAIL = env.read("AURORA_MAIL_FROM")
vars().update(databases.mail_settings(env.read("EMAIL_URL")))

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"structured": {"()": "aurora_site.core.logs.formatter"}},
    "filters": {"plain_refusals": {"()": "aurora_site.core.logs.PlainRefusals"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "structured"}},
    "root": {"handlers": ["console"], "level": env.read("AURORA_LOG_LEVEL")},
    "loggers": {
        "django.request": {"filters": ["plain_refusals"]},
        "django.server": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        "httpx2": {"level": "WARNING"},
        "django.security.DisallowedHost": {"handlers": [], "propagate": False},
        "celery.redirected": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "daphne": {"level": "WARNING"},
    },
}
