"""Database addresses (``postgres://…``, ``mysql://…``) as Django's connection settings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

POSTGRESQL_SCHEMES = frozenset({"postgres", "postgresql"})
MYSQL_SCHEMES = frozenset({"mysql", "mysql+pymysql"})
# What libpq understands and a deployment may want to say in the address.
POSTGRESQL_OPTIONS = frozenset(
    {
        "application_name", "connect_timeout", "gssencmode", "hostaddr", "keepalives", "keepalives_count",
        "keepalives_idle", "keepalives_interval", "options", "passfile", "require_auth", "sslcert", "sslcrl", "sslkey",
        "sslmode", "sslpassword", "sslrootcert", "target_session_attrs", "tcp_user_timeout",
    }
)  # fmt: skip
MYSQL_TLS_MODES = {
    "DISABLED": False, "PREFERRED": False, "REQUIRED": True, "VERIFY_CA": True, "VERIFY_IDENTITY": True,
}  # fmt: skip
MYSQL_INITIAL_STATEMENT = (
    "SET sql_mode='STRICT_TRANS_TABLES,STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
    "NO_ENGINE_SUBSTITUTION', time_zone='+00:00'"
)


def parse(url: str, *, variable: str, mysql_ca_path: str = "") -> dict[str, Any]:
    """Django's settings for the database at an address. Errors name ``variable`` and never show the address.

    Raises ImproperlyConfigured for an address that can't be used, and for TLS that was asked for and can't be verified.
    """
    try:
        parts = urlsplit(url)
        scheme, port = parts.scheme, parts.port
    except ValueError as error:
        raise ImproperlyConfigured(f"{variable} isn't a valid address: {_reason(error)}.") from None
    if scheme not in POSTGRESQL_SCHEMES | MYSQL_SCHEMES:
        raise ImproperlyConfigured(
            f"{variable} must start with postgres://, mysql:// or mysql+pymysql://, not {scheme or 'nothing'}://."
        )
    name = unquote(parts.path.removeprefix("/"))
    if not name or "/" in name:
        raise ImproperlyConfigured(f"{variable} must end with the database's name, as in {scheme}://host/name.")
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    settings = {
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": _host(parts),
        "PORT": str(port or ""),
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
    }
    if scheme in POSTGRESQL_SCHEMES:
        return settings | _postgresql(query, variable)
    return settings | _mysql(query, variable, mysql_ca_path)


def _reason(error: ValueError) -> str:
    # urllib's text may quote the address, and with it a password.
    return "its port isn't a number" if "ort" in str(error) else "its host can't be read"


def _host(parts: SplitResult) -> str:
    return unquote(parts.hostname or "")


def _postgresql(query: dict[str, str], variable: str) -> dict[str, Any]:
    settings: dict[str, Any] = {"ENGINE": "django.db.backends.postgresql"}
    # A socket's folder can't stand where a host does: postgres:///name?host=/run/postgresql
    for key, setting in (("host", "HOST"), ("port", "PORT"), ("user", "USER"), ("password", "PASSWORD")):
        if key in query:
            settings[setting] = query.pop(key)
    options = {("sslmode" if key == "ssl-mode" else key): value for key, value in query.items()}
    _refuse_unknown(set(options) - POSTGRESQL_OPTIONS, variable)
    return settings | {"OPTIONS": options}


def _mysql(query: dict[str, str], variable: str, ca_path: str) -> dict[str, Any]:
    options: dict[str, Any] = {
        "charset": query.pop("charset", "utf8mb4"),
        "init_command": MYSQL_INITIAL_STATEMENT,
        "isolation_level": "read committed",
    }
    if options["charset"] != "utf8mb4":
        raise ImproperlyConfigured(f"{variable}: charset must be utf8mb4, which alone holds every character.")
    options |= _mysql_tls(query, variable, ca_path)
    takes: dict[str, tuple[str, Callable[[str], Any]]] = {
        "unix_socket": ("unix_socket", str), "connect_timeout": ("connect_timeout", int),
    }  # fmt: skip
    for key, (option, convert) in takes.items():
        if key in query:
            try:
                options[option] = convert(query.pop(key))
            except ValueError:
                raise ImproperlyConfigured(f"{variable}: {key} must be a whole number.") from None
    _refuse_unknown(set(query), variable)
    return {"ENGINE": "django.db.backends.mysql", "OPTIONS": options, "TEST": {"CHARSET": "utf8mb4"}}


def _mysql_tls(query: dict[str, str], variable: str, ca_path: str) -> dict[str, Any]:
    """Verified TLS or, where nobody asked for any, none: never a connection that only looks protected."""
    given = [query.pop(key) for key in ("ssl-mode", "ssl_mode", "sslmode") if key in query]
    mode = given[-1].upper().replace("-", "_") if given else "PREFERRED"
    if mode not in MYSQL_TLS_MODES:
        raise ImproperlyConfigured(f"{variable}: ssl-mode must be one of {', '.join(MYSQL_TLS_MODES)}.")
    ca_path = query.pop("ssl_ca", "") or query.pop("ssl-ca", "") or ca_path
    if not ca_path:
        if MYSQL_TLS_MODES[mode]:
            raise ImproperlyConfigured(
                f"{variable} asks for TLS (ssl-mode={mode}), but MYSQL_SSL_CA_PATH names no certificate authority to "
                "verify the server with."
            )
        return {}
    if mode == "DISABLED":
        raise ImproperlyConfigured(f"{variable} says ssl-mode=DISABLED, but MYSQL_SSL_CA_PATH asks for verified TLS.")
    _check_readable(ca_path)
    return {"ssl": {"ca": ca_path}, "ssl_mode": "VERIFY_IDENTITY"}


def _check_readable(ca_path: str) -> None:
    try:
        found = b"-----BEGIN CERTIFICATE-----" in Path(ca_path).read_bytes()
    except OSError as error:
        raise ImproperlyConfigured(f"MYSQL_SSL_CA_PATH can't be read: {error.strerror} ({ca_path}).") from None
    if not found:
        raise ImproperlyConfigured(f"MYSQL_SSL_CA_PATH holds no PEM certificate ({ca_path}).")


def _refuse_unknown(names: set[str], variable: str) -> None:
    if names:
        raise ImproperlyConfigured(f"{variable} has options that Aurora doesn't know: {', '.join(sorted(names))}.")
