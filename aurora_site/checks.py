"""System checks: production doesn't start on unsafe settings, nothing on models that can't be called; old names and a
replaced home are said aloud."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.checks import ERROR, CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

from agents.providers.registry import ProviderConfig, chain_entries
from agents.providers.tokens import prices
from aurora_site.core import env, home
from aurora_site.core.netguard import Allowed

SHORTEST_SECRET = 32
UNGUESSABLE = (
    ("AURORA_SECRET_KEY", 1), ("AURORA_HMAC_KEY", 2), ("INTERNAL_API_SECRET", 3), ("AURORA_LEDGER_SIGNING_KEY", 15),
)  # fmt: skip
WELL_KNOWN = (
    "changeme", "change-me", "change_me", "insecure", "default", "example", "placeholder", "your-", "secret-key",
)  # fmt: skip


@register()
def check_production(**_: Any) -> list[CheckMessage]:
    """Errors that keep production from starting. A development installation has none of them."""
    return list(_unsafe()) if settings.AURORA_ENV == "production" else []


@register()
def check_models(**_: Any) -> list[CheckMessage]:
    """Errors for language models that could never be called as they are configured."""
    config = ProviderConfig.from_settings(settings)
    problems = [
        Error(
            f"{name} is not an address, like http://localhost:11434/v1.",
            hint="Begin with http:// or https://.",
            id=code,
        )
        for name, code in (("OPENAI_BASE_URL", "aurora.E008"), ("OLLAMA_BASE_URL", "aurora.E009"))
        if not _is_address(getattr(settings, name))
    ]
    try:
        prices(config.prices)
        missing = [kind for kind, _ in chain_entries(config.chain) if not config.configured(kind)]
    except ValueError as error:
        return [*problems, Error(str(error), hint="docs/configuration.md shows the form.", id="aurora.E010")]
    if missing:
        text = f"AURORA_MODEL_CHAIN names {missing[0]}, whose server isn't configured."
        hint = "Set OLLAMA_BASE_URL, or OPENAI_API_KEY or OPENAI_BASE_URL."
        problems.append(Error(text, hint=hint, id="aurora.E011"))
    return problems


@register()
def check_ledger(**_: Any) -> list[CheckMessage]:
    """Errors for ledger settings that can't be used."""
    forms = [
        ("AURORA_LEDGER_SIGNING_KEY", "64 hexadecimal digits", "aurora.E012", _is_key(settings.AURORA_LEDGER_SIGNING_KEY)),
        ("AURORA_LEDGER_PUBLIC_KEYS", "64 hexadecimal digits each", "aurora.E013",
         all(_is_key(key) for key in settings.AURORA_LEDGER_PUBLIC_KEYS)),
        ("AURORA_LEDGER_ANCHOR", "a path or an address (https://…)", "aurora.E014",
         "://" not in settings.AURORA_LEDGER_ANCHOR or _is_address(settings.AURORA_LEDGER_ANCHOR)),
    ]  # fmt: skip
    return [Error(f"{name} must be {form}.", id=code) for name, form, code, is_sound in forms if not is_sound]


@register()
def check_outbound(**_: Any) -> list[CheckMessage]:
    """An error for an entry of AURORA_OUTBOUND_ALLOW that is neither host nor address nor network."""
    try:
        Allowed.parse(settings.AURORA_OUTBOUND_ALLOW)
    except ValueError as error:
        hint = "For example hooks.example.com, 10.1.0.0/16, fd00::7."
        return [Error(str(error), hint=hint, id="aurora.E016")]
    return []


@register()
def check_renamed(**_: Any) -> list[CheckMessage]:
    """Warnings for environment names of the older learning backend."""
    return [
        checks.Warning(f"{old} is an old name; it acts as {new}.", hint=f"Set {new} instead.", id="aurora.W001")
        for old, new in env.renamed_in_use()
    ]


@register()
def check_home(**_: Any) -> list[CheckMessage]:
    """A warning when AURORA_HOME can't be written and a temporary folder stands in for it."""
    if not home.home_was_replaced():
        return []
    text = f"AURORA_HOME ({env.read('AURORA_HOME')}) can't be written; {home.home()} is used instead and may be lost."
    return [checks.Warning(text, hint="Give AURORA_HOME a folder that this account can write.", id="aurora.W002")]


def refuse_unusable_settings() -> None:
    """For processes that run no system checks. Raises ImproperlyConfigured."""
    problems = [
        problem
        for problem in (*check_production(), *check_models(), *check_ledger(), *check_outbound())
        if problem.level >= ERROR
    ]
    if problems:
        raise ImproperlyConfigured(" ".join(f"{problem.msg} {problem.hint or ''}" for problem in problems))


def _unsafe() -> Iterator[CheckMessage]:
    for name, number in UNGUESSABLE:
        value = env.read(name)
        if value and weak(value):
            yield Error(
                f"{name} is a default or shorter than {SHORTEST_SECRET} characters.",
                hint='Generate one: python3 -c "import secrets; print(secrets.token_hex(32))".',
                id=f"aurora.E0{number:02}",
            )
    if settings.DEBUG:
        yield Error("DEBUG is on.", hint="Production must not show its insides.", id="aurora.E004")
    if settings.AURORA_DEMO:
        yield Error(
            "The demo is open (AURORA_DEMO).", hint="Unset it in production: anybody could read.", id="aurora.E005"
        )
    if env.read("AURORA_ADMIN_PASSWORD") and len(env.read("AURORA_ADMIN_PASSWORD")) < 8:
        yield Error("AURORA_ADMIN_PASSWORD is too short.", hint="Give it eight characters or more.", id="aurora.E006")
    if getattr(settings, "AURORA_TRUST_BARE_USER_HEADER", False):
        yield Error("X-User-ID alone would name the caller.", hint="Send INTERNAL_API_SECRET along.", id="aurora.E007")
    if "*" in settings.ALLOWED_HOSTS:
        yield checks.Warning("AURORA_ALLOWED_HOSTS admits every host name.", hint="Name the hosts.", id="aurora.W003")


def _is_key(text: str) -> bool:
    return not text or re.fullmatch("[0-9a-fA-F]{64}", text) is not None


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return not url or (parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0)
    except ValueError:
        return False


def weak(secret: str) -> bool:
    """Whether a secret is short, a well-known placeholder, or a repetition."""
    lowered = secret.lower()
    return len(secret) < SHORTEST_SECRET or any(word in lowered for word in WELL_KNOWN) or len(set(secret)) < 8
