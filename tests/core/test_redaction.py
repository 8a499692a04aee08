"""Redaction takes out what docs/privacy.md promises, leaves the rest alone, and takes time by length only."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurora_site.core.redaction import KINDS, MAXIMUM_LENGTH, redact, redact_data

DEMO = Path(__file__).parents[2] / "aurora_site/demo/documents"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("write to ann.other@example.org now", "email"),
        ("o'brien@mail.example.co.uk", "email"),
        ("card 4111 1111 1111 1111 please", "card"),
        ("4111-1111-1111-1111", "card"),
        ("4111111111111111", "card"),
        ("5555555555554444 12/27 123", "card"),
        ("card 4111 1111 1111 1111 12/27", "card"),
        ("378282246310005", "card"),
        ("3782 822463 10005", "card"),
        ("6011111111111117", "card"),
        ("3530111333300000", "card"),
        ("DE89 3704 0044 0532 0130 00", "iban"),
        ("GB82WEST12345698765432.", "iban"),
        ("IBAN: FR1420041010050500013M02606 please", "iban"),
        ("key sk-abcdefghijklmnopqrstuvwx", "key"),
        ("AKIAABCDEFGHIJKLMNOP", "key"),
        ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "key"),
        ("AIzaSyDaGmWKa4JsXZ-HjGw7ISLn_3namBGewQe", "key"),
        ("xoxb-123456789012-1234567890123-abcdefABCDEF", "key"),
        ("password: hunter2hunter2", "secret"),
        ("password=sekret&user=me", "secret"),
        ('{"password": "sekret"}', "secret"),
        ('{\\"password\\": \\"sekret\\"}', "secret"),
        ("OPENAI_API_KEY=sekret", "secret"),
        ("my password is hunter2", "secret"),
        ("Authorization: Bearer abcdefgh", "secret"),
        ("Bearer abcdefgh12345678", "secret"),
        ("postgres://me:sekret@db/x", "secret"),
        ("curl -u ann:hunter2 https://x", "secret"),
        ("mysql --password hunter2", "secret"),
        ("PIN: 1234", "secret"),
        ("POST /api/webhooks/grafana/tok3nOfAWebhook 202", "token"),
        ("GET /calendars/learning/tok3nOfACalendar.ics 200", "token"),
        ("?ticket=abc123def", "token"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0abc.c2lnbmF0dXJlMTIz", "token"),
        ("call +44 20 7946 0958", "phone"),
        ("+14155552671", "phone"),
        ("(415) 555-2671", "phone"),
        ("415-555-2671", "phone"),
        ("06 12 34 56 78", "phone"),
        ("020 7946 0958", "phone"),
        ("07700 900123", "phone"),
        ("Tel. 030 1234567", "phone"),
        ("Tel: 030/1234567", "phone"),
        ("0049 30 1234567", "phone"),
        ("ssn 078-05-1120", "national-id"),
        ("SSN: 078051120 is mine", "national-id"),
        ("AB 12 34 56 C", "national-id"),
        ("12345678Z", "national-id"),
        ("X1234567L", "national-id"),
        ("RSSMRA85T10A562S", "national-id"),
        ("85.07.30-033.28", "national-id"),
        ("811228-9874", "national-id"),
        ("131052-308T", "national-id"),
        ("756.9217.0769.85", "national-id"),
        ("529.982.247-25", "national-id"),
        ("11010519491231002X", "national-id"),
        ("passport no. C01X00T47", "national-id"),
        ("Steuer-ID: 86095742719", "national-id"),
        ("2 55 08 14 168 025 38", "national-id"),
        ("01019010046", "national-id"),
        ("2341 2341 2346", "national-id"),
        ("850730-1234567", "national-id"),
    ],
)
def test_secrets_and_personal_data_are_taken_out(text: str, kind: str) -> None:
    redacted = redact(text)
    assert f"[redacted-{kind}]" in redacted.text
    assert redacted.counts == {kind: 1}
    assert redact(redacted.text).text == redacted.text


@pytest.mark.parametrize(
    "text",
    [
        "order 1234567812345678",
        "released 2026-11-21 at 10:00",
        "version 1.2.3",
        "SEV1 INC-1187",
        "prompt_tokens=12",
        "GET /api/v1/runs/abc 200",
        "passages found: 3",
        "a tokenizer",
        "Password: must have eight characters",
        "token: expired",
        "10.0.0.12 and 192.168.178.201:5432 and fe80::1",
        "2026-11-21T23:02:31.123456+00:00",
        "1763766151 1763766151123 1763766151123456",
        "pip install lodash@4.17.21 and icon@2x.png",
        "git clone git@github.com:org/repo.git",
        "user_abcdefghijklmnopqrst",
        "a1b2c3d4-1234-4321-8765-123456789012",
        "sha256:53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        "trace 4bf92f3577b34da6a3ce929d0e0e4736",
        "build 20261121-103000 v2026.11.21",
        "pk_organization_membership sk-folding-cube-container-of-words",
        "order no. 100-200-3000 invoice 2026-000123",
        "bash: kubectl rollout restart deployment/api -n prod --token-ttl 3600",
        "${DB_PASSWORD} password=$DB_PASSWORD password: <your password> token={{ token }}",
        "at 12:30 on 21.11.2026 to 22.11.2026",
        "1 234 567 890 rows, 3.14159265358979",
        "RFC 6962, ISO 8601, port 8443, p99 < 250 ms",
        "adoptions@services-database.us-west-2.rds.amazonaws.com_Database::SQL",
        "secret is kept, the token is stored, Basic authentication, Bearer tokens",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert redact(text).text == text


RANDOM = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
HEXADECIMAL = "0123456789abcdef" * 2
VENDORS = [
    "sk-", "sk-proj-", "sk-ant-api03-", "sk_live_", "rk_test_", "whsec_", "ghp_", "gho_", "ghs_", "github_pat_", "glpat-",
    "xoxb-", "xoxp-", "xapp-1-", "npm_", "pypi-", "hf_", "dop_v1_", "shpat_", "lin_api_", "sntrys_", "glsa_", "hvs.", "NRAK-",
    "HRKU-", "GOCSPX-", "ya29.", "figd_", "dckr_pat_", "ATATT3", "sq0atp-", "r8_", "gsk_", "pplx-", "aur_",
]  # fmt: skip
WHOLE = [
    "ASIAABCDEFGHIJKLMNOP", f"dapi{HEXADECIMAL}", f"SG.{RANDOM}.{RANDOM}", "AIzaSyDaGmWKa4JsXZ-HjGw7ISLn_3namBGewQe",
    "123456789:AA" + "FdmXyZ01234567890abcdefABCDEF_-xy",
]  # fmt: skip


@pytest.mark.parametrize("key", [*(prefix + RANDOM for prefix in VENDORS), *WHOLE])
def test_keys_of_vendors_are_taken_out_in_short_texts_and_long(key: str) -> None:
    assert redact(f"use {key} for it").text == "use [redacted-key] for it"
    assert redact("words and more words\n" * 40 + f"use {key}.").text.endswith("use [redacted-key].")


def test_what_stands_around_a_secret_stays() -> None:
    said = "db: postgres://app:s3cret@db.internal/shop?sslmode=require, then login with password: hunter2, please"
    assert redact(said).text == (
        "db: postgres://app:[redacted-secret]@db.internal/shop?sslmode=require, then login with password:"
        " [redacted-secret], please"
    )


def test_a_private_key_goes_whole_and_with_its_end_cut_off() -> None:
    lines = ["-----BEGIN OPENSSH PRIVATE KEY-----", *["b3BlbnNzaC1rZXktdjEAAAAABG5vbmU" * 2] * 5]
    whole = "\n".join([*lines, "-----END OPENSSH PRIVATE KEY-----"])
    assert redact(f"key:\n{whole}\nthat was it").text == "key:\n[redacted-private-key]\nthat was it"
    assert redact("\n".join(lines)).text == "[redacted-private-key]"
    assert "b3Blb" not in redact(json.dumps({"pem": whole})).text


def test_kinds_can_be_kept() -> None:
    text = "ann@example.org, +44 20 7946 0958, 4111 1111 1111 1111"
    kept = redact(text, keep={"email", "phone"})
    assert kept.text == "ann@example.org, +44 20 7946 0958, [redacted-card]"
    assert kept.counts == {"card": 1}


def test_demo_documents_keep_all_but_their_contacts_and_test_cards() -> None:
    counts: dict[str, int] = {}
    for path in sorted(DEMO.rglob("*.md")):
        found = redact(path.read_text(), keep={"email", "phone"}).counts
        counts |= {f"{path.name} {kind}": number for kind, number in found.items()}
    assert counts == {"testing-strategy.md card": 4}


def test_values_under_names_of_secrets_go_unless_they_only_say_that_there_is_one() -> None:
    data = {
        "api_key": "k3y",
        "DB_PASSWORD": 1234,
        "token": "changed",
        "prompt_tokens": 12,
        "secret": True,
        "key_id": "ab",
    }
    assert redact_data(data).data == {**data, "api_key": "[redacted-secret]", "DB_PASSWORD": "[redacted-secret]"}


# Pieces that patterns begin, go on and end with: put together at random they come near to everything.
PIECES = (
    "password", "token", ": ", "=", "hunter2x", '"', "'", "\\", " is ", "Bearer ", "Authorization: ", "ann", "@",
    "example.org", ".", "-", "4111 1111 1111 1111", "41111111", "+44 20 7946", " 0958", "://", "me:", "sk-",
    "eyJhbGciOiJI", "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "[redacted-email]", "[redacted-", "]", "\n",
    "DE89 3704 0044", " 0532 0130 00", "078-05-1120", "SSN ", "Tel. ", "0113 496 0199", " ", "?ticket=", "/api/webhooks/a/",
    "/calendars/learning/",
    "2026-11-21", "a1b2c3d4-1234-4321-8765-123456789012", "--password ", "cookie: a=", "PIN: ", "٤١١١", "1234", "_",
)  # fmt: skip


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=14).map("".join))
def test_redaction_never_fails_and_redacting_again_changes_nothing(text: str) -> None:
    once = redact(text)
    assert set(once.counts) <= KINDS
    again = redact(once.text)
    assert (again.text, again.counts) == (once.text, {})


def test_a_typical_record_costs_little() -> None:
    data = {
        "agent": "assistant", "mode": "extractive", "route": {"agent": "assistant", "score": 0.83},
        "usage": {"prompt_tokens": 120, "completion_tokens": 30}, "call_id": "call-1-1", "tool": "knowledge.search",
        "fingerprint": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    }  # fmt: skip

    def seconds() -> float:
        began = time.process_time()
        for _ in range(500):
            redact_data(data)
        return (time.process_time() - began) / 500

    assert min(seconds() for _ in range(3)) < 100e-6


HARD = (
    "1", "1 ", "1-", "+1 ", "a", "a.", "a@", "a@b.", "@", "sk-", "eyJ", "eyJaaaaaaaa.", "password", "password=", "a:", "://",
    "-----BEGIN PRIVATE KEY-----", "authorization: bearer ", "cookie: ", "/api/webhooks/", "--a", "[redacted-", "tel 1",
    "/calendars/learning/",
    "ssn 1", "4111 1111 1111 ", '"password":"', "a1b2c3d4-", " is ", "\\", "0", "Aa0_", "DE89 ", "-u a", "?sig=", "a://a:",
)  # fmt: skip


@pytest.mark.faults
@pytest.mark.parametrize("piece", HARD)
@pytest.mark.parametrize("end", ["", "\n", "!"])
def test_time_grows_with_length_alone(piece: str, end: str) -> None:
    def seconds(length: int) -> float:
        text = (piece * length)[:length] + end
        began = time.process_time()
        redact(text)
        return time.process_time() - began

    short, long = (min(seconds(length) for _ in range(3)) for length in (MAXIMUM_LENGTH // 8, MAXIMUM_LENGTH - 1))
    assert long < 24 * short + 0.05
    assert long < 5
