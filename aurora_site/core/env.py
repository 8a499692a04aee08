"""Every environment variable Aurora reads, in the order in which ``docs/configuration.md`` shows them.

``read(name)`` gives the checked value. A value may also come from the file named by ``<NAME>_FILE``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from aurora_site.core.variable import Variable, raw_value

_INSTALLATION = (
    Variable(
        name="AURORA_ENV",
        kind="text",
        default="development",
        group="Installation",
        choices=("development", "test", "production"),
        help="`production` refuses to start on default secrets, debug mode, an open demo or bare-header identity.",
    ),
    Variable(
        name="AURORA_HOME",
        kind="path",
        default=".aurora",
        group="Installation",
        default_text="`./.aurora`",
        help="Where the embedded database, models, uploads and generated secrets live.",
    ),
    Variable(
        name="PORT", kind="integer", default=8000, minimum=1, group="Installation", help="Port of the web server."
    ),
    Variable(
        name="HOST", kind="text", default="127.0.0.1", group="Installation", help="Address the web server listens on."
    ),
    Variable(
        name="AURORA_PUBLIC_URL",
        kind="text",
        default="",
        group="Installation",
        default_text="`http://HOST:PORT`",
        help="The address people use; links in mail and webhooks start with it.",
    ),
    Variable(
        name="AURORA_ALLOWED_HOSTS",
        kind="list",
        default=[],
        group="Installation",
        default_text="loopback names, `HOST` and the host of `AURORA_PUBLIC_URL`",
        help="Further host names that requests may use, comma-separated; `*` allows all.",
    ),
    Variable(
        name="AURORA_WEB_SERVER",
        kind="text",
        default="daphne",
        choices=("daphne", "uvicorn"),
        group="Installation",
        help="Web server that `manage.py up` runs.",
    ),
    Variable(
        name="AURORA_ADMIN_EMAIL",
        kind="text",
        default="admin@example.com",
        group="Installation",
        help="Sign-in of the first administrator, made at the first start.",
    ),
    Variable(
        name="AURORA_ADMIN_PASSWORD",
        kind="text",
        default="",
        secret=True,
        group="Installation",
        default_text="generated and printed once",
        help="Password of the first administrator.",
    ),
    Variable(
        name="AURORA_DEMO",
        kind="boolean",
        default=None,
        group="Installation",
        default_text="on in development, off in production",
        help="Load the demo organisation and, in development, serve visitors from this machine as its demo learner.",
    ),
    Variable(
        name="AURORA_TRUSTED_PROXIES",
        kind="integer",
        default=0,
        minimum=0,
        group="Installation",
        help="How many reverse proxies stand in front; their `X-Forwarded-For` entries are believed.",
    ),
    Variable(
        name="AURORA_DRAIN_SECONDS",
        kind="number",
        default=10.0,
        minimum=0,
        group="Installation",
        help="How long running answers may take to finish when the web server is asked to stop.",
    ),
    Variable(
        name="AURORA_LOG_LEVEL",
        kind="text",
        default="INFO",
        group="Installation",
        choices=("DEBUG", "INFO", "WARNING", "ERROR"),
        help="Least severe level that is logged.",
    ),
    Variable(name="METRICS_ENABLED", kind="boolean", default=True, group="Installation", help="Serve `/metrics`."),
)

_DATABASES = (
    Variable(
        name="AURORA_DB_URL",
        kind="text",
        default="",
        secret=True,
        group="Databases and queues",
        default_text="embedded PostgreSQL",
        help="Main database: `postgres://…`, `mysql://…` or `mysql+pymysql://…`.",
    ),
    Variable(
        name="MYSQL_SSL_CA_PATH",
        kind="path",
        default="",
        group="Databases and queues",
        help="Certificate authority file for a MySQL main database; the connection is then verified TLS or none.",
    ),
    Variable(
        name="AURORA_VECTOR_DB_URL",
        kind="text",
        default="",
        secret=True,
        group="Databases and queues",
        default_text="embedded PostgreSQL",
        help="PostgreSQL with pgvector for the knowledge index.",
    ),
    Variable(
        name="CELERY_BROKER_URL",
        kind="text",
        default="",
        secret=True,
        group="Databases and queues",
        default_text="queue in the knowledge index's PostgreSQL",
        help="`redis://…` or `amqp://…`.",
    ),
    Variable(
        name="REDIS_URL",
        kind="text",
        default="",
        secret=True,
        group="Databases and queues",
        default_text="PostgreSQL does it",
        help="Redis for cache, rate limits and wake-ups.",
    ),
)

_SECRETS = (
    Variable(
        name="AURORA_SECRET_KEY",
        kind="text",
        default="",
        secret=True,
        group="Secrets",
        default_text="generated in `AURORA_HOME`",
        help="Signs sessions and tokens; 32 characters or more.",
    ),
    Variable(
        name="AURORA_HMAC_KEY",
        kind="text",
        default="",
        secret=True,
        group="Secrets",
        default_text="generated in `AURORA_HOME`",
        help="Authenticates ledger records; 32 characters or more. Where several machines share a main database, each needs "
        "the same.",
    ),
    Variable(
        name="AURORA_HMAC_KEYS",
        kind="list",
        default=[],
        secret=True,
        group="Secrets",
        help="Older ledger keys, comma-separated, kept to check older records.",
    ),
    Variable(
        name="AURORA_LEDGER_SIGNING_KEY",
        kind="text",
        default="",
        secret=True,
        group="Secrets",
        default_text="generated in `AURORA_HOME`",
        help="Signs the heads of the ledger's tree: the seed of an Ed25519 key, 64 hexadecimal digits. Where several "
        "machines share a main database, each needs the same, or its public key in `AURORA_LEDGER_PUBLIC_KEYS`.",
    ),
    Variable(
        name="AURORA_LEDGER_PUBLIC_KEYS",
        kind="list",
        default=[],
        group="Secrets",
        help="Public keys of older signing keys, comma-separated, 64 hexadecimal digits each, kept to check older heads.",
    ),
    Variable(
        name="AURORA_LEDGER_ANCHOR",
        kind="text",
        default="",
        secret=True,
        group="Secrets",
        default_text="`ledger/heads.jsonl` in `AURORA_HOME` alone",
        help="Where signed heads of the ledger's tree are also kept, best out of reach of whoever runs the database: a file, "
        "to which they are appended, or an address (`https://…`), to which each is posted.",
    ),
    Variable(
        name="INTERNAL_API_SECRET",
        kind="text",
        default="",
        secret=True,
        group="Secrets",
        help="With a matching `X-Internal-Secret`, the `X-User-ID` header names the caller; 32 characters or more.",
    ),
)

_MODELS = (
    Variable(
        name="OPENAI_API_KEY",
        kind="text",
        default="",
        secret=True,
        group="Language models",
        help="Key for the OpenAI-compatible server.",
    ),
    Variable(
        name="OPENAI_BASE_URL",
        kind="text",
        default="",
        group="Language models",
        default_text="OpenAI's, when a key is set",
        help="Address of an OpenAI-compatible server, with its `/v1`.",
    ),
    Variable(
        name="OLLAMA_BASE_URL", kind="text", default="", group="Language models", help="Address of an Ollama server."
    ),
    Variable(
        name="AURORA_MODEL",
        kind="text",
        default="",
        group="Language models",
        default_text="the first of `AURORA_MODEL_CHAIN`, else `gpt-4o-mini`",
        help="Model that answers, by the name its server knows it by.",
    ),
    Variable(
        name="AURORA_MODEL_CHAIN",
        kind="list",
        default=[],
        group="Language models",
        help="Models to try next, in order, while nothing was shown yet, as `provider:model`, comma-separated; "
        "the provider is `openai` or `ollama`.",
    ),
    Variable(
        name="AURORA_MODEL_PRICES",
        kind="list",
        default=[],
        group="Language models",
        help="What models cost, as `model=in/out` in US dollars for a million tokens, comma-separated; "
        "used where the server doesn't say.",
    ),
    Variable(
        name="AURORA_MODEL_CONTEXT",
        kind="integer",
        default=16000,
        minimum=1000,
        group="Language models",
        help="Tokens that fit into the models' window, answer included.",
    ),
    Variable(
        name="AURORA_MODEL_MAX_TOKENS",
        kind="integer",
        default=1024,
        minimum=1,
        group="Language models",
        help="Most tokens a model may write in one step.",
    ),
    Variable(
        name="AURORA_MODEL_TIMEOUT",
        kind="number",
        default=60.0,
        minimum=1,
        group="Language models",
        help="Seconds a model may stay silent before the call counts as failed.",
    ),
    Variable(
        name="EMBEDDINGS_PROVIDER",
        kind="text",
        default="minilm",
        choices=("minilm", "openai"),
        group="Language models",
        help="`minilm` runs in the process; `openai` calls `/v1/embeddings`.",
    ),
    Variable(
        name="EMBEDDINGS_MODEL",
        kind="text",
        default="text-embedding-3-small",
        group="Language models",
        help="Model asked for when `EMBEDDINGS_PROVIDER=openai`.",
    ),
    Variable(
        name="EMBEDDINGS_BASE_URL",
        kind="text",
        default="",
        group="Language models",
        default_text="`OPENAI_BASE_URL`",
        help="Server of the embeddings model.",
    ),
)

_RUNS = (
    Variable(
        name="AURORA_RUN_STEPS",
        kind="integer",
        default=8,
        minimum=1,
        group="Limits of a run",
        help="How many times one run may ask its model.",
    ),
    Variable(
        name="AURORA_RUN_SECONDS",
        kind="number",
        default=300.0,
        minimum=1,
        group="Limits of a run",
        help="How long one run may work; waiting for an approval doesn't count.",
    ),
    Variable(
        name="AURORA_RUN_TOKENS",
        kind="integer",
        default=60000,
        minimum=1,
        group="Limits of a run",
        help="Tokens that one run may use, asked and written together.",
    ),
    Variable(
        name="AURORA_RUN_COST_USD",
        kind="number",
        default=0.0,
        minimum=0,
        group="Limits of a run",
        default_text="no limit",
        help="US dollars that one run may spend, where the model's price is known.",
    ),
    Variable(
        name="AURORA_TOOL_OUTPUT",
        kind="integer",
        default=16000,
        minimum=100,
        group="Limits of a run",
        help="Characters of a tool's output that are kept and shown to the model.",
    ),
    Variable(
        name="AURORA_APPROVAL_SECONDS",
        kind="number",
        default=3600.0,
        minimum=1,
        group="Limits of a run",
        help="How long a tool call waits for a person's approval before it expires.",
    ),
)

_KNOWLEDGE = (
    Variable(
        name="SEED_DATA_DIR",
        kind="path",
        default="",
        group="Knowledge",
        default_text="the demo documents",
        help="Folder of documents (`.md .rst .txt .pdf .html .csv`) for the default organisation, instead of the demo's.",
    ),
    Variable(
        name="AURORA_AUTO_INGEST",
        kind="boolean",
        default=True,
        group="Knowledge",
        help="Index the documents of folders when they come in, and make an index anew that is gone; "
        "if off, both wait for `manage.py reindex` or `POST /admin/reindex`.",
    ),
    Variable(
        name="AURORA_INDEX_VERSION",
        kind="text",
        default="",
        group="Knowledge",
        default_text="the newest active",
        help="Pins the index version that searches use. One that doesn't exist stops the start, unless there is no "
        "index yet: then the first one gets this name.",
    ),
    Variable(
        name="AURORA_INDEX_KEEP",
        kind="integer",
        default=2,
        minimum=1,
        group="Knowledge",
        help="How many former index versions stay, to switch back to; older ones are deleted after a switch.",
    ),
    Variable(
        name="AURORA_INDEX_RESET",
        kind="boolean",
        default=False,
        group="Knowledge",
        help="Throw the index away and build it anew, at every start while it is set.",
    ),
    Variable(
        name="AURORA_MAX_UPLOAD_MB",
        kind="integer",
        default=20,
        minimum=1,
        group="Knowledge",
        help="Largest document that may be uploaded, in megabytes.",
    ),
    Variable(
        name="ALLOW_ADMIN",
        kind="boolean",
        default=False,
        group="Knowledge",
        help="Lets administrators call `POST /admin/reindex`.",
    ),
)

_CORRELATION = (
    Variable(
        name="AURORA_CORRELATION_THRESHOLD",
        kind="number",
        default=0.5,
        minimum=0,
        group="Correlation of alerts",
        help="Score, of at most 1, from which an alert joins an incident. See `docs/incidents/correlation.md`.",
    ),
    Variable(
        name="AURORA_CORRELATION_WEIGHTS",
        kind="list",
        default=[],
        group="Correlation of alerts",
        default_text="the fitted weights",
        help="What parts of the score count for, such as `graph=0.3,text=0.2`; those not named keep their weight.",
    ),
    Variable(
        name="AURORA_CORRELATION_WINDOW_SECONDS",
        kind="number",
        default=900.0,
        minimum=1,
        group="Correlation of alerts",
        help="Alerts join only incidents that had an alert within this time.",
    ),
    Variable(
        name="AURORA_CORRELATION_HALVING_SECONDS",
        kind="number",
        default=120.0,
        minimum=1,
        group="Correlation of alerts",
        help="After this time between two alerts, closeness in time counts half.",
    ),
)

_ACCESS = (
    Variable(name="RATE_LIMIT_ENABLED", kind="boolean", default=True, group="Access", help="Apply rate limits."),
    Variable(
        name="RATE_LIMIT_PER_MINUTE",
        kind="integer",
        default=100,
        minimum=1,
        group="Access",
        help="Requests a minute for each user, or each address when nobody is signed in.",
    ),
    Variable(
        name="CHAT_RATE_LIMIT_PER_MINUTE",
        kind="integer",
        default=20,
        minimum=1,
        group="Access",
        help="Questions a minute, likewise.",
    ),
    Variable(
        name="FRONTEND_URL",
        kind="list",
        default=[],
        group="Access",
        help="Origins of front ends that may call the API with credentials, comma-separated.",
    ),
    Variable(
        name="AURORA_OUTBOUND_ALLOW",
        kind="list",
        default=[],
        group="Access",
        help="Host names, addresses and networks (`10.1.0.0/16`) outside of the public internet that notifications and "
        "connectors may call, comma-separated.",
    ),
    Variable(
        name="EMAIL_URL",
        kind="text",
        default="",
        secret=True,
        group="Access",
        default_text="print to the log",
        help="Mail server: `smtp://user:password@host:587`, `smtps://…`.",
    ),
    Variable(name="AURORA_MAIL_FROM", kind="text", default="aurora@localhost", group="Access", help="Sender of mail."),
)

_INCIDENTS = (
    Variable(
        name="AURORA_WEBHOOK_MAX_MB",
        kind="number",
        default=2.0,
        minimum=0.01,
        group="Incidents",
        help="Largest delivery of a monitoring system that is read, in megabytes; of a larger one the beginning is kept.",
    ),
    Variable(
        name="AURORA_INTAKE_BACKLOG",
        kind="integer",
        default=50_000,
        minimum=1,
        group="Incidents",
        help="Unprocessed deliveries that an organisation may have; over it, senders are asked to try again later.",
    ),
    Variable(
        name="AURORA_INTAKE_PER_MINUTE",
        kind="integer",
        default=30_000,
        minimum=1,
        group="Incidents",
        help="Deliveries a minute that each web process takes from one integration, likewise.",
    ),
    Variable(
        name="AURORA_REOPEN_SECONDS",
        kind="integer",
        default=900,
        minimum=0,
        group="Incidents",
        help="An alert that fires again so soon after its end goes on, and reopens its incident; later it is a new one.",
    ),
    Variable(
        name="AURORA_AUTO_RESOLVE",
        kind="boolean",
        default=True,
        group="Incidents",
        help="Resolve an incident when the last of its alerts has ended.",
    ),
    Variable(
        name="AURORA_FLAPPING_CHANGES",
        kind="integer",
        default=5,
        minimum=2,
        group="Incidents",
        help="An alert that changes its state so often within `AURORA_FLAPPING_SECONDS` flaps: until it is quiet for as "
        "long, it neither resolves nor reopens its incident.",
    ),
    Variable(
        name="AURORA_FLAPPING_SECONDS",
        kind="integer",
        default=600,
        minimum=1,
        group="Incidents",
        help="See `AURORA_FLAPPING_CHANGES`.",
    ),
    Variable(
        name="AURORA_NOTIFICATION_ATTEMPTS",
        kind="integer",
        default=15,
        minimum=1,
        group="Incidents",
        help="Attempts to deliver a notification before it is given up; with the default delays the last is about a day "
        "after the first.",
    ),
    Variable(
        name="AURORA_NOTIFICATION_RETRY_SECONDS",
        kind="number",
        default=30.0,
        minimum=0,
        group="Incidents",
        help="Time until the second attempt; doubled for each one after, up to four hours.",
    ),
    Variable(
        name="AURORA_NOTIFICATION_TIMEOUT",
        kind="number",
        default=10.0,
        minimum=0.1,
        group="Incidents",
        help="Seconds that a receiver of notifications has to answer.",
    ),
)

VARIABLES = {
    variable.name: variable
    for variable in (
        *_INSTALLATION,
        *_DATABASES,
        *_SECRETS,
        *_MODELS,
        *_RUNS,
        *_KNOWLEDGE,
        *_INCIDENTS,
        *_CORRELATION,
        *_ACCESS,
    )
}

# Names of the older learning backend that still act, and what replaced them.
RENAMED = {
    "CHROMA_AUTO_INGEST": "AURORA_AUTO_INGEST",
    "CHROMA_RESET": "AURORA_INDEX_RESET",
    "CHROMA_FORCE_CLEAN": "AURORA_INDEX_RESET",
    "CHROMA_DIR": "AURORA_HOME",
}


def read(name: str, environ: Mapping[str, str] | None = None) -> Any:
    """The value of a declared variable, checked; its default if unset.

    Raises InvalidVariable, and KeyError for a name that isn't declared.
    """
    variable = VARIABLES[name]
    raw = raw_value(variable, environ)
    if raw is None:
        raw = next((_environment(environ)[old] for old, new in renamed_in_use(environ) if new == name), None)
    return variable.default if raw is None else variable.parse(raw)


def renamed_in_use(environ: Mapping[str, str] | None = None) -> list[tuple[str, str]]:
    """Old names that are set, each with the name that replaced it. The new name wins where both are set."""
    return [(old, new) for old, new in RENAMED.items() if _environment(environ).get(old)]


def _environment(environ: Mapping[str, str] | None) -> Mapping[str, str]:
    return os.environ if environ is None else environ
