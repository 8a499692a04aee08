"""Addresses of databases, mail and queue become settings; what would only look protected is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from aurora_site.core import databases
from aurora_site.core.database_url import parse

CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


def test_postgresql_with_encoded_credentials_and_options() -> None:
    settings = parse(
        "postgres://us%40er:p%3Aw%2F%23@db.example.com:6543/na%20me?sslmode=verify-full&connect_timeout=3",
        variable="URL",
    )
    assert settings == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "na me",
        "USER": "us@er",
        "PASSWORD": "p:w/#",
        "HOST": "db.example.com",
        "PORT": "6543",
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"sslmode": "verify-full", "connect_timeout": "3"},
    }


def test_postgresql_on_a_socket() -> None:
    settings = parse("postgresql:///aurora?host=/run/postgresql&user=me", variable="URL")
    assert (settings["HOST"], settings["USER"], settings["NAME"]) == ("/run/postgresql", "me", "aurora")


@pytest.mark.parametrize("scheme", ["mysql", "mysql+pymysql"])
def test_mysql_is_strict_utc_and_read_committed(scheme: str) -> None:
    settings = parse(f"{scheme}://root:p%40ss@127.0.0.1:3306/aurora", variable="URL")
    assert settings["ENGINE"] == "django.db.backends.mysql"
    assert (settings["PASSWORD"], settings["PORT"]) == ("p@ss", "3306")
    options = settings["OPTIONS"]
    assert options["charset"] == "utf8mb4"
    assert options["isolation_level"] == "read committed"
    assert "STRICT_TRANS_TABLES" in options["init_command"]
    assert "time_zone='+00:00'" in options["init_command"]
    assert "ssl" not in options


def test_a_certificate_authority_means_verified_tls(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    authority.write_text(CERTIFICATE)
    options = parse("mysql://u@h/n", variable="URL", mysql_ca_path=str(authority))["OPTIONS"]
    assert options["ssl"] == {"ca": str(authority)}
    assert options["ssl_mode"] == "VERIFY_IDENTITY"


@pytest.mark.parametrize("mode", ["REQUIRED", "required", "VERIFY_CA", "verify-identity", "VERIFY_IDENTITY"])
@pytest.mark.parametrize("key", ["ssl-mode", "ssl_mode", "sslmode"])
def test_tls_that_cannot_be_verified_is_refused(mode: str, key: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="MYSQL_SSL_CA_PATH"):
        parse(f"mysql://u@h/n?{key}={mode}", variable="URL")


def test_an_authority_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="can't be read"):
        parse("mysql://u@h/n", variable="URL", mysql_ca_path=str(tmp_path / "missing.pem"))
    with pytest.raises(ImproperlyConfigured, match="can't be read"):
        parse("mysql://u@h/n", variable="URL", mysql_ca_path=str(tmp_path))
    empty = tmp_path / "empty.pem"
    empty.touch()
    with pytest.raises(ImproperlyConfigured, match="no PEM certificate"):
        parse("mysql://u@h/n", variable="URL", mysql_ca_path=str(empty))


def test_an_authority_and_disabled_tls_contradict_each_other(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    authority.write_text(CERTIFICATE)
    with pytest.raises(ImproperlyConfigured, match="DISABLED"):
        parse("mysql://u@h/n?ssl-mode=DISABLED", variable="URL", mysql_ca_path=str(authority))


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("sqlite:///x", "must start with"),
        ("postgres://host", "database's name"),
        ("postgres://host/a/b", "database's name"),
        ("postgres://u:sekret@host:port/n", "isn't a number"),
        ("postgres://host/n?sslmod=require", "sslmod"),
        ("mysql://host/n?sslca=x", "sslca"),
        ("mysql://host/n?charset=latin1", "utf8mb4"),
        ("mysql://host/n?ssl-mode=maybe", "ssl-mode"),
        ("mysql://host/n?connect_timeout=soon", "whole number"),
    ],
)
def test_what_cannot_be_used_is_refused_without_showing_the_address(url: str, reason: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=reason) as caught:
        parse(url, variable="AURORA_DB_URL")
    assert "AURORA_DB_URL" in str(caught.value)
    assert "sekret" not in str(caught.value)


def test_main_and_knowledge_must_be_two_databases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURORA_DB_URL", "postgres://u@h/one")
    monkeypatch.setenv("AURORA_VECTOR_DB_URL", "postgres://u@h/one")
    with pytest.raises(ImproperlyConfigured, match="two different"):
        databases.databases()


def test_the_knowledge_database_must_be_postgresql(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURORA_VECTOR_DB_URL", "mysql://u@h/one")
    with pytest.raises(ImproperlyConfigured, match="pgvector"):
        databases.databases()


def test_pools_are_used_outside_tests_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AURORA_DB_URL", raising=False)
    assert "pool" not in databases.databases()["default"]["OPTIONS"]
    monkeypatch.setenv("AURORA_ENV", "production")
    assert databases.databases()["default"]["OPTIONS"]["pool"] == {"min_size": 1, "max_size": 8, "timeout": 10}


def test_redis_takes_over_cache_and_channel_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://cache:6379/1")
    assert databases.caches()["default"]["LOCATION"] == "redis://cache:6379/1"
    assert databases.channel_layers()["default"]["CONFIG"] == {"hosts": ["redis://cache:6379/1"]}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://me:p%40ss@mail.example.com:587", ("mail.example.com", 587, "me", "p@ss", False, True)),
        ("smtps://me:pass@mail.example.com", ("mail.example.com", 465, "me", "pass", True, False)),
        ("smtp://mail.example.com", ("mail.example.com", 25, "", "", False, False)),
        ("smtp://me:pass@mail.example.com:25?tls=0", ("mail.example.com", 25, "me", "pass", False, False)),
        ("smtp://me:pass@mail.example.com", ("mail.example.com", 587, "me", "pass", False, True)),
    ],
)
def test_mail_settings(url: str, expected: tuple[object, ...]) -> None:
    settings = databases.mail_settings(url)
    names = ("HOST", "PORT", "HOST_USER", "HOST_PASSWORD", "USE_SSL", "USE_TLS")
    assert tuple(settings[f"EMAIL_{name}"] for name in names) == expected


def test_mail_without_a_server_goes_to_the_log_and_nonsense_is_refused() -> None:
    assert databases.mail_settings("")["EMAIL_BACKEND"].endswith("console.EmailBackend")
    with pytest.raises(ImproperlyConfigured, match="smtp://"):
        databases.mail_settings("http://mail")
