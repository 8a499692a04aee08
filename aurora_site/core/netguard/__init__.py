"""The one guard for requests to addresses that somebody else chose: ``Guard().request(...)``.

It speaks http and https alone, resolves a name once, refuses what isn't on the public internet, connects to the very
address that it checked, checks every redirect likewise, and bounds time and size. Proxies of the environment are not used.
"""

from aurora_site.core.netguard.addresses import Allowed, is_public
from aurora_site.core.netguard.errors import (
    OutboundError,
    OutboundFailed,
    OutboundRefused,
    OutboundTimeout,
    OutboundTooLarge,
)
from aurora_site.core.netguard.guard import Answer, Guard, Limits, checked_url

__all__ = [
    "Allowed",
    "Answer",
    "Guard",
    "Limits",
    "OutboundError",
    "OutboundFailed",
    "OutboundRefused",
    "OutboundTimeout",
    "OutboundTooLarge",
    "checked_url",
    "is_public",
]
