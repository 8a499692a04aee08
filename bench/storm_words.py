"""The words of generated storms: names of services, and what monitoring systems say when something is wrong.

Of each list the second part is kept for held-out storms: nobody looks at those while tuning.
"""

from __future__ import annotations

AREAS = {
    "tuning": (
        "billing",
        "catalog",
        "checkout",
        "delivery",
        "search",
        "account",
        "review",
        "coupon",
        "stock",
        "invoice",
    ),
    "held-out": ("booking", "ledger", "playlist", "ticket", "claim", "tariff", "lesson", "meter", "parcel", "roster"),
}
ROLES = {
    "tuning": ("api", "worker", "gateway", "service", "scheduler", "backend"),
    "held-out": ("server", "consumer", "proxy", "core", "runner", "engine"),
}
STORES = {
    "tuning": ("postgres", "redis", "kafka", "mysql", "elastic"),
    "held-out": ("mariadb", "valkey", "rabbitmq", "cassandra", "minio"),
}

# What fails first: kinds of alerts of the cause, and of those that call it.
FAULTS = {
    "overload": (("cpu", "latency", "saturation"), ("latency", "errors", "timeout")),
    "crash": (("restarts", "down", "errors"), ("errors", "refused")),
    "memory": (("memory", "restarts"), ("errors", "refused", "latency")),
    "disk": (("disk", "errors"), ("errors", "latency")),
    "release": (("errors", "exception"), ("errors", "exception")),
    "backlog": (("lag", "latency"), ("lag", "timeout")),
}

# Wordings by kind. {service} is whom it is about, {callee} whom that calls, {n} a number, {id} an id.
WORDINGS: dict[str, tuple[str, ...]] = {
    "cpu": (
        "High CPU",
        "CPU usage is {n} % on {host}",
        "{service}: CPU above 90 % for 5 minutes",
        "Processor load {n} %",
    ),
    "latency": (
        "High request latency",
        "p95 latency of {service} is {n} ms",
        "{service} responds slowly",
        "Response time SLO burn on {service}",
    ),
    "saturation": (
        "Thread pool exhausted",
        "{service} has no free connections ({n} of {n})",
        "Connection pool saturated",
        "Worker pool of {service} is full",
    ),
    "restarts": (
        "Pod restarting",
        "{service}-{id} is crash looping",
        "KubePodCrashLooping",
        "Container {service} restarted {n} times",
    ),
    "down": ("Target down", "{service} is unreachable", "No healthy hosts behind {service}", "Instance {host} missing"),
    "errors": (
        "High error rate",
        "Error rate of {service} is {n} %",
        "HTTP 5xx above threshold",
        "{service} fails {n} requests a minute",
    ),
    "memory": ("High memory", "Memory of {service} at {n} %", "Container OOM killed", "{service}-{id} out of memory"),
    "disk": ("Disk almost full", "Volume of {service} is {n} % full", "No space left on device", "Disk {id} read-only"),
    "exception": (
        "TypeError: unsupported operand in {service}",
        "NullPointerException at handler {id}",
        "KeyError: 'amount'",
        "AssertionError in {service} build {n}",
    ),
    "lag": (
        "Consumer lag",
        "Queue of {service} has {n} messages",
        "{service} processes messages late",
        "Backlog of {service} grows",
    ),
    "timeout": (
        "Timeout calling {callee}",
        "Request to {callee} timed out after {n} ms",
        "Deadline exceeded",
        "{service}: upstream {callee} too slow",
    ),
    "refused": (
        "Connection refused: {callee}",
        "ConnectionError: {callee}:{n}",
        "{service} can't reach {callee}",
        "Upstream {callee} returned 503",
    ),
}
# Nothing is wrong, or nothing that belongs to anything else.
NOISE = {
    "tuning": (
        "Certificate of {service} expires in {n} days",
        "Nightly backup took {n} minutes",
        "High CPU",
        "Disk almost full",
        "Login from new location",
        "Deployment of {service} finished with warnings",
    ),
    "held-out": (
        "Unused index found on {service}",
        "Cost forecast exceeded by {n} %",
        "High memory",
        "Job {id} was late",
        "High error rate",
        "Dependency {id} has an advisory",
    ),
}
GENERIC = ("High CPU", "High memory", "High error rate", "Disk almost full", "Pod restarting")


def wordings(kind: str, split: str) -> tuple[str, ...]:
    """What may be said of a kind of problem; the last wording is heard in held-out storms only."""
    said = WORDINGS[kind]
    return said if split == "held-out" else said[:-1]
