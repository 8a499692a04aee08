"""Signatures by the Standard Webhooks specification, as Svix sends them for incident.io."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

import pytest

from incidents.sources.base import BadSignature
from incidents.sources.registry import source
from tests.incidents.sources.requests import NOW, delivery

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = '{"event_type": "Überlast"}'.encode()
SECONDS = int(NOW.timestamp())


def signature(secret=SECRET, *, body=BODY, identifier="msg_1", sent_at=SECONDS):
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{identifier}.{sent_at}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def headers(signed, *, identifier="msg_1", sent_at=SECONDS, prefix="webhook"):
    return {f"{prefix}_id": identifier, f"{prefix}_timestamp": str(sent_at), f"{prefix}_signature": signed}


def verify(signed, *secrets, body=BODY, **values):
    source("incidentio").verify(delivery(body, **headers(signed, **values)), list(secrets or (SECRET,)))


def test_the_vector_of_the_specification():
    request = delivery(
        b'{"test": 2432232314}',
        received_at=datetime.fromtimestamp(1614265330, tz=UTC),
        **headers(
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            identifier="msg_p5jXN8AQM9LWM0D4loKWxJek",
            sent_at=1614265330,
        ),
    )

    source("incidentio").verify(request, [SECRET])


@pytest.mark.parametrize(
    "signed",
    [
        signature(),
        f"v1,AAAA {signature()}",
        f"v1a,AAAA {signature()} v2,AAAA",
    ],
)
def test_one_of_the_signatures_must_fit(signed):
    verify(signed)
    verify(signed, prefix="svix")


def test_either_secret_fits_while_one_is_rotated():
    other = "whsec_" + base64.b64encode("gehéim".encode()).decode()

    verify(signature(other), SECRET, other)
    verify(signature(other), other, SECRET)
    verify("v1,none", "")
    source("incidentio").verify(delivery(BODY), [])


@pytest.mark.parametrize("late", [-300, 300])
def test_up_to_five_minutes_either_way(late):
    verify(signature(sent_at=SECONDS - late), sent_at=SECONDS - late)


@pytest.mark.parametrize("late", [-301, 301, 86_400])
def test_a_replay_is_refused(late):
    with pytest.raises(BadSignature, match="more than 5 minutes"):
        verify(signature(sent_at=SECONDS - late), sent_at=SECONDS - late)


@pytest.mark.parametrize(
    ("signed", "values"),
    [
        (signature(sent_at=SECONDS - 1000), {}),
        (signature(identifier="msg_2"), {}),
        (signature(body=b"{}"), {}),
        (signature("whsec_AAAA"), {}),
        (signature().removeprefix("v1,"), {}),
        (signature().replace("v1,", "v1a,"), {}),
        ("", {}),
        ("v1,é", {}),
        (signature(), {"identifier": ""}),
        (signature(), {"sent_at": ""}),
        (signature(sent_at="soon"), {"sent_at": "soon"}),
    ],
)
def test_anything_else_is_refused(signed, values):
    with pytest.raises(BadSignature):
        verify(signed, **values)
