"""Takes secrets and personal data out of what is stored in the ledger, logged, or sent to models on other machines.

``docs/privacy.md`` lists what is promised. Every pattern is bounded, so that the time grows with the text's length alone.
"""

from aurora_site.core.redaction.kind import plain_mark
from aurora_site.core.redaction.structures import Cleaned, redact_data
from aurora_site.core.redaction.text import KINDS, MAXIMUM_LENGTH, Redacted, redact

__all__ = ["KINDS", "MAXIMUM_LENGTH", "Cleaned", "Redacted", "plain_mark", "redact", "redact_data"]
