"""One attempt to hand a mail to the mail server, and what its answer means."""

from __future__ import annotations

from dataclasses import dataclass
from email.errors import MessageError
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException

from django.core.mail import EmailMessage


@dataclass(frozen=True, kw_only=True)
class Mailed:
    """How an attempt ended, in words for people. ``is_final``: another one would end the same way. ``is_away``: nobody
    answered."""

    is_sent: bool
    text: str
    is_final: bool = False
    is_away: bool = False


def mail(message: EmailMessage) -> Mailed:
    """Send a message by its connection. Call outside of any transaction."""
    try:
        message.send()
    except SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        return _refused(max(codes, default=550))
    except SMTPResponseException as error:
        return _refused(error.smtp_code)
    except (SMTPException, OSError) as error:
        text = f"The mail server can't be reached: {type(error).__name__}."
        return Mailed(is_sent=False, text=text, is_away=True)
    except (ValueError, MessageError) as error:
        # Headers, an address or a password that can't be written as the mail server wants them.
        return Mailed(is_sent=False, text=f"The message can't be written: {type(error).__name__}.")
    return Mailed(is_sent=True, text="The mail server took it.")


def _refused(code: int) -> Mailed:
    """5xx is for good (RFC 5321, section 4.2.1), except that a sign-in that fails is the operator's to mend."""
    is_final = 500 <= code < 600 and code not in (530, 534, 535, 538)
    return Mailed(is_sent=False, text=f"The mail server answered {code}.", is_final=is_final)
