"""The page of notifications."""

import re

import pytest

from aurora_site.core.secret_text import unseal
from incidents.models import Notification, NotificationChannel, NotificationRule
from incidents.notifications.sending import notification_send
from incidents.services.incidents import incident_create
from tests.factories.accounts import member_factory, session_of
from tests.incidents.notified import about, channel, rule
from tests.loopback import reply, serving

pytestmark = pytest.mark.django_db
PAGE = "/notifications"


@pytest.fixture
def admin():
    return member_factory(role="admin")


@pytest.fixture
def browser(admin):
    return session_of(admin.user)


def act(browser, action, **fields):
    return browser.post(f"{PAGE}/{action}", fields, follow=True).content.decode()


def test_an_administrator_adds_a_channel_and_sees_its_secret_once(browser):
    assert "There are none yet, so nobody is told." in browser.get(PAGE).content.decode()

    page = act(browser, "channel-create", name="Ops", kind="webhook", address="https://hooks.example.org/secret-token")

    secret = unseal(NotificationChannel.objects.get().secret_sealed)
    assert (secret in page, "https://hooks.example.org/…<" in page, "secret-token" in page) == (True, True, False)
    assert secret not in browser.get(PAGE).content.decode()
    renewed = act(browser, "channel-secret", channel=NotificationChannel.objects.get().pk)
    assert unseal(NotificationChannel.objects.get().secret_sealed) in renewed
    assert secret not in renewed


def test_what_is_refused_is_told(browser, admin):
    assert "must begin with http" in act(browser, "channel-create", name="Ops", kind="slack", address="ftp://a.example")
    assert "Give the name" in act(browser, "channel-create", name=" ", kind="slack", address="https://a.example")
    assert "There is no such channel" in act(browser, "channel-test", channel="nothing")
    to = channel(organization=admin.organization)
    assert "can&#x27;t be told" in act(browser, "rule-create", name="All", channel=to.pk, kinds=["?"])
    assert (NotificationChannel.objects.count(), NotificationRule.objects.count()) == (1, 0)
    assert browser.post(f"{PAGE}/explode").status_code == 404


def test_a_rule_is_added_switched_and_deleted(browser, admin):
    to = channel(organization=admin.organization)
    fields = {"channel": to.pk, "minimum_severity": "high", "kinds": ["incident.opened"]}
    page = act(browser, "rule-create", name="Bad ones", **fields)
    assert ("high and worse" in page, "New incident" in page) == (True, True)
    made = NotificationRule.objects.get()
    act(browser, "rule-switch", rule=made.pk, on="0")
    made.refresh_from_db()
    assert made.is_enabled is False
    act(browser, "rule-delete", rule=made.pk)
    assert not NotificationRule.objects.exists()


def test_a_test_and_a_dead_letter_that_is_sent_again(browser, admin, settings):
    settings.AURORA_OUTBOUND_ALLOW = ["127.0.0.1"]
    with serving() as server:
        server.answers(reply("204 No Content"), reply("404 Not Found"), reply("200 OK"))
        to = channel(server, organization=admin.organization)
        rule(to)
        assert "The test arrived. The receiver answered 204." in act(browser, "channel-test", channel=to.pk)
        incident_create(**about(admin.organization), title="<b>Down</b>")
        row = Notification.objects.get()
        notification_send(notification_id=row.pk)

        page = browser.get(f"{PAGE}?state=dead").content.decode()
        assert ("The receiver answered 404." in page, "Send again" in page, "Given up" in page) == (True, True, True)
        assert "1 given up</strong></a>, the last because: <bdi>The receiver answered 404." in page
        assert ("&lt;b&gt;Down&lt;/b&gt;" in page, "<b>Down" in page) == (True, False)
        assert "on its way again" in act(browser, "resend", notification=row.pk)
        notification_send(notification_id=row.pk)
    row.refresh_from_db()
    assert row.state == "sent"
    assert "There are none of these." in browser.get(f"{PAGE}?state=dead").content.decode()


def test_a_channel_is_switched_off_and_deleted(browser, admin):
    to = channel(organization=admin.organization)
    act(browser, "channel-switch", channel=to.pk, on="0")
    assert NotificationChannel.objects.get().is_enabled is False
    act(browser, "channel-delete", channel=to.pk)
    assert not NotificationChannel.objects.exists()


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_others_look_and_change_nothing(admin, role):
    to = channel(organization=admin.organization)
    browser = session_of(member_factory(organization=admin.organization, role=role).user)
    page = browser.get(PAGE)
    assert (page.status_code, "Ops" in page.content.decode()) == (200, True)
    assert not re.search(r'action="/notifications/', page.content.decode())
    for action in ("channel-delete", "channel-test", "channel-secret"):
        assert browser.post(f"{PAGE}/{action}", {"channel": to.pk}).status_code == 403
    assert NotificationChannel.objects.filter(is_enabled=True).count() == 1


def test_another_organisations_rows_are_neither_shown_nor_changed(browser):
    theirs = channel(name="Theirs")
    rule(theirs, name="Rule of theirs")
    incident_create(**about(theirs.organization), title="Down there")
    page = browser.get(PAGE).content.decode()
    assert not any(text in page for text in ("Theirs", "Rule of theirs", "Down there"))
    assert "There is no such channel" in act(browser, "channel-delete", channel=theirs.pk)
    assert NotificationChannel.objects.count() == 1


def test_the_page_takes_a_constant_number_of_queries(browser, admin, django_assert_num_queries):
    rule(channel(organization=admin.organization))
    incident_create(**about(admin.organization), title="Down")
    browser.get(PAGE)
    with django_assert_num_queries(30, exact=False) as few:
        browser.get(PAGE)
    for number in range(4):
        rule(channel(organization=admin.organization, name=f"Ops {number}"), name=f"Rule {number}")
        incident_create(**about(admin.organization), title="Down")
    with django_assert_num_queries(len(few.captured_queries)):
        browser.get(PAGE)
