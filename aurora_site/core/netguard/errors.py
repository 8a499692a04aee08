"""What the guard raises; the texts are for people, and name no address that a name led to."""

from __future__ import annotations


class OutboundError(Exception):
    """Base of what can come of a request to elsewhere."""


class OutboundRefused(OutboundError):
    """The address or a redirect isn't allowed. The same request will be refused again."""


class OutboundFailed(OutboundError):
    """The other side can't be reached, or doesn't speak HTTP. It may work later."""


class OutboundTimeout(OutboundFailed):
    """It took longer than the limits allow."""


class OutboundTooLarge(OutboundFailed):
    """The answer is larger than the limits allow."""
