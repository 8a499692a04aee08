"""The certificates that Amazon signs with, fetched through the outbound guard and remembered by this process."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from aurora_site.core.netguard import Guard, Limits, OutboundError
from incidents.sources.base import BadSignature, CannotVerify

# Amazon waits 15 seconds for an answer.
LIMITS = Limits(
    connect_seconds=3.0, silence_seconds=3.0, total_seconds=5.0, max_bytes=20_000, max_redirects=0, cut=False
)
MOST_KEPT = 32
KEPT_SECONDS = 24 * 3600.0
# What couldn't be fetched isn't asked for again at once: many messages may wait for it.
FAILURE_KEPT_SECONDS = 5.0
SMALLEST_KEY_BITS = 2048

Fetch = Callable[[str], bytes]
Clock = Callable[[], float]


def fetched(url: str) -> bytes:
    """A certificate as it is at its address. Raises CannotVerify, and BadSignature where there is none."""
    try:
        answer = Guard(limits=LIMITS).request("GET", url)
    except OutboundError as error:
        raise CannotVerify(f"Amazon's certificate can't be fetched now: {error}") from error
    if answer.status >= 500 or answer.status == 429:
        raise CannotVerify(f"Amazon's certificate can't be fetched now: the answer was {answer.status}.")
    if answer.status != 200:
        raise BadSignature("There is no certificate at SigningCertURL.")
    return answer.body


class Certificates:
    """Public keys by the address of their certificate. Safe in several threads: at worst two fetch the same."""

    def __init__(self, fetch: Fetch = fetched, clock: Clock = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, x509.Certificate | CannotVerify]] = OrderedDict()

    def key_of(self, url: str, at: datetime) -> RSAPublicKey:
        """The key of a certificate that is valid at a time. Raises CannotVerify and BadSignature."""
        certificate = self._certificate(url)
        if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
            raise BadSignature("The certificate at SigningCertURL isn't valid now.")
        key = certificate.public_key()
        if not isinstance(key, RSAPublicKey) or key.key_size < SMALLEST_KEY_BITS:
            raise BadSignature("The certificate at SigningCertURL has no key that Amazon signs with.")
        return key

    def _certificate(self, url: str) -> x509.Certificate:
        until, found = self._kept.get(url, (0.0, None))
        if found is None or until <= self._clock():
            found = self._fetched(url)
        if isinstance(found, CannotVerify):
            raise found
        return found

    def _fetched(self, url: str) -> x509.Certificate | CannotVerify:
        found: x509.Certificate | CannotVerify
        try:
            found, seconds = x509.load_pem_x509_certificate(self._fetch(url)), KEPT_SECONDS
        except CannotVerify as error:
            found, seconds = CannotVerify(str(error)), FAILURE_KEPT_SECONDS
        except ValueError:
            raise BadSignature("There is no certificate at SigningCertURL.") from None
        self._kept[url] = self._clock() + seconds, found
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return found
