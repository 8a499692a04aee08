"""Messages of Amazon's Simple Notification Service: who signed them, and where they may lead.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html. A message names its certificate's address
itself, so that address must be one of Amazon's before anything is fetched from it.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm

from incidents.sources.base import BadSignature
from incidents.sources.reading.times import moment

NOTIFICATION, CONFIRMATION, FAREWELL = "Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"
_SIGNED = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    CONFIRMATION: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    FAREWELL: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
_DIGESTS: dict[str, HashAlgorithm] = {"1": SHA1(), "2": SHA256()}  # noqa: S303 version 1 is what topics begin with
# The one host of each region, written out in whole: no port, no user, no other spelling.
_HOST = r"https://sns\.[a-z]{2}(?:-[a-z]{2,12}){1,3}-\d{1,2}\.amazonaws\.com(?:\.cn)?"
_CERTIFICATE_URL = re.compile(_HOST + r"/[A-Za-z0-9_-]{1,100}\.pem")
_SUBSCRIBE_URL = re.compile(_HOST + r"/\?(?P<query>[A-Za-z0-9%&=:._~+-]{1,1900})")
# Longer than Amazon tries to deliver (an hour); repetitions within it are known by their MessageId.
MOST_APART = timedelta(days=1)
LONGEST_TEXT = 1_000_000

KeyOf = Callable[[str, datetime], RSAPublicKey]


@dataclass(frozen=True, kw_only=True)
class Message:
    """An envelope. ``fields`` are its texts by Amazon's names."""

    type: str
    id: str
    topic: str
    fields: Mapping[str, str]


def message_from(body: bytes) -> Message:
    """The envelope that a body is. Raises ValueError, saying what is missing."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise ValueError(
            "The body is no message of Amazon SNS. Raw message delivery must be off: it takes the signature away."
        )
    fields = {name: text for name, text in value.items() if isinstance(text, str)}
    kind = fields.get("Type", "")
    if kind not in _SIGNED:
        raise ValueError(f"Type must be one of {', '.join(_SIGNED)}.")
    for name in (*_SIGNED[kind], "Signature", "SignatureVersion", "SigningCertURL"):
        if name not in fields and name != "Subject":
            raise ValueError(f"{name} is missing: this is no signed message of Amazon SNS.")
    return Message(type=kind, id=fields["MessageId"], topic=fields["TopicArn"], fields=fields)


def signed_text(message: Message) -> bytes:
    """What Amazon signs: names and values of some fields, each on a line. Raises BadSignature for what is no text."""
    lines = [f"{name}\n{message.fields[name]}\n" for name in _SIGNED[message.type] if name in message.fields]
    try:
        return "".join(lines).encode()
    except UnicodeEncodeError:
        raise BadSignature("The message isn't Unicode text.") from None


def verify(message: Message, key_of: KeyOf, received_at: datetime) -> None:
    """Raises BadSignature unless Amazon signed the message lately. ``key_of`` gives the public key of the certificate at an
    address, as of a time; what it raises is passed on."""
    digest = _DIGESTS.get(message.fields["SignatureVersion"])
    if digest is None:
        raise BadSignature("SignatureVersion must be 1 or 2.")
    sent_at = moment(message.fields["Timestamp"], received_at)
    if sent_at is None or abs(received_at - sent_at) > MOST_APART:
        raise BadSignature("The message's Timestamp is more than a day away.")
    url = message.fields["SigningCertURL"]
    if not _CERTIFICATE_URL.fullmatch(url):
        raise BadSignature("SigningCertURL isn't an address of Amazon SNS.")
    try:
        signature = base64.b64decode(message.fields["Signature"], validate=True)
    except (binascii.Error, ValueError):
        raise BadSignature("Signature isn't Base64.") from None
    text = signed_text(message)
    try:
        key_of(url, received_at).verify(signature, text, PKCS1v15(), digest)
    except InvalidSignature:
        raise BadSignature("Signature doesn't fit the message: Amazon didn't send this.") from None


def confirmation_url(message: Message) -> str:
    """Where a subscription is confirmed: at Amazon, for this topic and token. Raises ValueError for anywhere else."""
    url = message.fields["SubscribeURL"]
    found = _SUBSCRIBE_URL.fullmatch(url)
    asked = dict(parse_qsl(found["query"])) if found else {}
    wanted = {"Action": "ConfirmSubscription", "TopicArn": message.topic, "Token": message.fields["Token"]}
    if asked != wanted:
        raise ValueError("SubscribeURL doesn't confirm this topic at Amazon SNS.")
    return url
