"""What ``doctor`` says of mail."""

import socket

import pytest

from aurora_site.ops.diagnosis import diagnose
from aurora_site.ops.mail_diagnosis import mail
from incidents.notifications.delivering import CONSOLE_BACKEND
from incidents.notifications.services import channel_update
from tests.incidents.notified import about, channel
from tests.loopback import serving

pytestmark = pytest.mark.django_db


def test_no_mail_server_matters_once_a_channel_needs_one(settings):
    settings.EMAIL_BACKEND = CONSOLE_BACKEND
    assert (mail("mail").state, mail("mail").mend) == ("ok", "")
    to = channel("ops@example.org", kind="email")
    found = mail("mail")
    assert (found.state, found.message) == (
        "warning", "No mail server is configured, so 1 e-mail channel can't tell anybody",
    )  # fmt: skip
    assert "EMAIL_URL" in found.mend
    channel_update(**about(to.organization), channel_id=to.pk, is_enabled=False)
    assert mail("mail").state == "ok"


def test_a_mail_server_is_tried(settings):
    settings.EMAIL_HOST = "127.0.0.1"
    with serving() as server:
        settings.EMAIL_PORT = int(server.url.rpartition(":")[2])
        assert (mail("mail").state, mail("mail").message) == ("ok", f"127.0.0.1:{settings.EMAIL_PORT} answers")
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        settings.EMAIL_PORT = silent.getsockname()[1]
        found = mail("mail")
    assert (found.state, found.mend) == ("broken", "Look at EMAIL_URL.")
    assert "mail" in [each.part for each in diagnose()]
