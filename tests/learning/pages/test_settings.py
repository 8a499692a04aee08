"""What learners change of themselves: settings, reminders, the address of their calendar."""

import pytest

from learning.models import CalendarSubscription, Learner, Nudge
from learning.services.plans import plan_create
from tests.factories.accounts import member_factory, session_of
from tests.factories.learning import LearnerFactory
from tests.learning.pages.scene import HOSTILE, learner_for, role_of, skill_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def member():
    return member_factory()


@pytest.fixture
def browser(member):
    return session_of(member)


@pytest.fixture
def learner(member):
    return learner_for(member, role_of(member, "Backend engineer", skill_of(member, "Git")))


def form_of(learner, **fields):
    hours = {f"hours_{number}": "1" if number < 5 else "0" for number in range(7)}
    return {
        "name": learner.name, "role": str(learner.role_id), "goals": "", "time_zone": "UTC", "study_at": "09:00",
        "nudge_from": "08:00", "nudge_until": "18:00", "nudges": "on", "digest": "on", "blackout_dates": "", **hours,
    } | fields  # fmt: skip


def test_settings_are_changed(browser, learner):
    form = form_of(
        learner,
        time_zone="Asia/Kolkata",
        study_at="07:30",
        nudges="",
        hours_5="2.5",
        blackout_dates="2026-12-24 to 2026-12-26\n2027-01-01",
    )

    answer = browser.post("/learning/settings", form)

    assert (answer.status_code, answer["Location"]) == (302, "/learning/settings")
    learner.refresh_from_db()
    assert (learner.time_zone, f"{learner.study_at:%H:%M}", learner.nudges, learner.digest) == (
        "Asia/Kolkata",
        "07:30",
        False,
        True,
    )
    assert learner.minutes_per_weekday == [60, 60, 60, 60, 60, 150, 0]
    assert learner.blackout_dates == ["2026-12-24", "2026-12-25", "2026-12-26", "2027-01-01"]
    assert "2026-12-25\n" in browser.get("/learning/settings").content.decode()


def test_a_change_of_hours_comes_back_and_says_what_the_plan_needs(browser, learner):
    plan_create(organization_id=learner.organization_id, actor_id="x", learner_id=learner.pk, days=30)

    answer = browser.post("/learning/settings", form_of(learner, hours_0="2"), follow=True)

    assert answer.redirect_chain == [("/learning/settings", 302)]
    assert [str(message) for message in answer.context["messages"]] == [
        "Your settings are saved.",
        "Your plan is as it was. Make it anew on its page to go by them.",
    ]


@pytest.mark.parametrize(
    ("fields", "field", "text"),
    [
        ({"time_zone": "Mars"}, "time_zone", "Give an IANA time zone"),
        ({"hours_0": "-1"}, "hours_0", "greater than or equal to 0"),
        ({"nudge_from": "19:00"}, "nudge_until", "end later on the same day"),
        ({"study_at": "soon"}, "study_at", "Enter a valid time."),
        ({"blackout_dates": "2026-02-30"}, "blackout_dates", "“2026-02-30” is no date."),
        ({"blackout_dates": "2026-02-03 to 2026-02-01"}, "blackout_dates", "ends before it begins"),
        ({"blackout_dates": "2026-01-01 to 2027-01-01\n2028-01-01"}, "blackout_dates", "Give at most 366 days."),
        ({"name": " "}, "name", "This field is required."),
    ],
)
def test_what_is_wrong_is_told_and_nothing_changes(browser, learner, fields, field, text):
    answer = browser.post("/learning/settings", form_of(learner, goals="Typed", **fields))

    assert answer.status_code == 400
    assert text in str(answer.context["form"].errors[field])
    assert "Typed" in answer.content.decode()
    assert Learner.objects.get().goals == ""


def test_a_calendars_address_is_shown_once_and_removed(browser, learner):
    answer = browser.post("/learning/calendar/create", follow=True)
    assert answer.redirect_chain == [("/learning/settings#calendar", 302)]
    shown = answer.context["calendar_address"]
    assert "/calendars/learning/" in shown and shown in answer.content.decode()
    assert CalendarSubscription.objects.get().learner == learner

    again = browser.get("/learning/settings")
    assert again.context["calendar_address"] == "" and "There is an address since" in again.content.decode()

    browser.post("/learning/calendar/remove")
    assert not CalendarSubscription.objects.exists()


def test_a_reminder_is_dismissed_by_whom_it_is_for(browser, member, learner):
    fields = {"organization": member.organization, "kind": "overdue", "title": HOSTILE, "text": HOSTILE}
    own = Nudge.objects.create(learner=learner, occasion="a", **fields)
    other = Nudge.objects.create(learner=LearnerFactory(organization=member.organization), occasion="a", **fields)
    page = browser.get("/learning").content.decode()
    assert "Dismiss" in page and "<script>alert" not in page

    assert browser.post(f"/learning/nudges/{other.pk}/dismiss").status_code == 404
    assert browser.post(f"/learning/nudges/{own.pk}/dismiss")["Location"] == "/learning"

    own.refresh_from_db()
    other.refresh_from_db()
    assert own.seen_at is not None and other.seen_at is None
    assert "Dismiss" not in browser.get("/learning").content.decode()


def test_every_form_is_guarded_against_other_sites(member, learner):
    browser = session_of(member, enforce_csrf=True)

    for path in ("/learning/settings", "/learning/begin", "/learning/assessment", "/learning/calendar/create"):
        assert browser.post(path, form_of(learner, goals="Forged")).status_code == 403
    assert Learner.objects.get().goals == "" and not CalendarSubscription.objects.exists()


def test_an_action_that_there_is_not(browser, learner):
    assert browser.post("/learning/calendar/sell").status_code == 404
    assert browser.get("/learning/calendar/create").status_code == 405
