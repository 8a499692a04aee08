"""Messages as Amazon SNS would sign them, with keys and certificates of the test's own."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from functools import cache
from urllib.parse import urlencode

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from incidents.sources.sns import message_from, signed_text
from tests.incidents.sources.requests import NOW

TOPIC = "arn:aws:sns:eu-central-1:123456789012:alarms"
CERTIFICATE_URL = (
    "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-01d088a6f77103d0fe307c0069e40ed6.pem"
)
DIGESTS = {"1": hashes.SHA1(), "2": hashes.SHA256()}
# The alarm of Amazon's documentation, as to its form.
ALARM = {
    "AlarmName": "checkout-errors",
    "AlarmDescription": "Orders fail.",
    "AWSAccountId": "123456789012",
    "AlarmConfigurationUpdatedTimestamp": "2026-05-01T10:00:00.000+0000",
    "NewStateValue": "ALARM",
    "NewStateReason": "Threshold Crossed: 1 datapoint [7.0] was greater than the threshold (5.0).",
    "StateChangeTime": "2026-05-20T13:59:30.123+0000",
    "Region": "EU (Frankfurt)",
    "AlarmArn": "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:checkout-errors",
    "OldStateValue": "OK",
    "Trigger": {
        "MetricName": "Errors",
        "Namespace": "AWS/Lambda",
        "StatisticType": "Statistic",
        "Statistic": "SUM",
        "Dimensions": [{"value": "checkout", "name": "FunctionName"}],
        "Period": 60,
        "Threshold": 5.0,
    },
}


@cache
def amazon_key(number: int = 1, bits: int = 2048) -> rsa.RSAPrivateKey:
    """A key that is made once for all tests."""
    return rsa.generate_private_key(65537, bits)


def certificate(
    key=None, *, begins: datetime = NOW - timedelta(days=9), ends: datetime = NOW + timedelta(days=9)
) -> bytes:
    key = key or amazon_key()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    signed = builder.not_valid_before(begins).not_valid_after(ends).sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM)


def signed(envelope: dict, version: str = "2", key=None) -> dict:
    """The envelope with what Amazon adds to it."""
    full = {**envelope, "SignatureVersion": version, "Signature": "", "SigningCertURL": CERTIFICATE_URL} | {
        name: value for name, value in envelope.items() if name == "SigningCertURL"
    }
    text = signed_text(message_from(json.dumps(full).encode()))
    signature = (key or amazon_key()).sign(text, padding.PKCS1v15(), DIGESTS[version])
    return {**full, "Signature": base64.b64encode(signature).decode()}


def notification(alarm=None, version: str = "2", key=None, **fields) -> dict:
    """An alarm in a signed envelope."""
    message = json.dumps(ALARM | (alarm or {}), ensure_ascii=False)
    envelope = {
        "Type": "Notification",
        "MessageId": "da41e39f-ea4d-435a-b922-c6aae3915ebe",
        "TopicArn": TOPIC,
        "Subject": "ALARM: checkout-errors",
        "Message": message,
        "Timestamp": stamp(NOW),
    }
    return signed({name: value for name, value in (envelope | fields).items() if value is not None}, version, key)


def confirmation(version: str = "2", **fields) -> dict:
    """A subscription that wants to be confirmed, in a signed envelope."""
    token = "2336412f37fb687f5d51e6e2425e"
    query = urlencode({"Action": "ConfirmSubscription", "TopicArn": fields.get("TopicArn", TOPIC), "Token": token})
    envelope = {
        "Type": "SubscriptionConfirmation",
        "MessageId": "165545c9-2a5c-472c-8df2-7ff2be2b3b1b",
        "Token": token,
        "TopicArn": TOPIC,
        "Message": "You have chosen to subscribe to the topic.",
        "SubscribeURL": f"https://sns.eu-central-1.amazonaws.com/?{query}",
        "Timestamp": stamp(NOW),
    }
    return signed(envelope | fields, version)


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
