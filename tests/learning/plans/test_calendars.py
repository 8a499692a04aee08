"""Plans as calendars: right times whatever the clock does, stable ids, sequences that rise, secret addresses."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st
from icalendar import Calendar

from audit.models import Record
from aurora_site.core.logs import redact_event
from learning.calendars import PlanCalendar
from learning.models import CalendarSubscription, Learner, Plan, PlanItem
from tests.factories.accounts import member_factory, stranger
from tests.factories.learning import LearnerFactory, PlanFactory, PlanItemFactory, ResourceFactory
from tests.learning.plans.catalogue import PLANS, asked, school

pytestmark = pytest.mark.django_db


@pytest.fixture
def here():
    return school(time_zone="Europe/Berlin", study_at=time(18, 30))


@pytest.fixture
def client(client_of, here):
    return client_of(here.member)


@pytest.fixture
def plan(client):
    return asked(client).json()


def parsed(answer):
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    calendar = Calendar.from_ical(answer.content)
    assert not calendar.errors
    return calendar


def events(answer):
    return {str(event["UID"]): event for event in parsed(answer).events}


def file_of(client, plan):
    return client.get(f"{PLANS}/{plan['id']}/calendar.ics")


def subscribed(client, learner):
    answer = client.post(f"/api/v1/learning/learners/{learner.pk}/calendar")
    assert answer.status_code == 201
    return answer.json()["url"]


def path_of(address):
    assert address.startswith(f"{settings.AURORA_PUBLIC_URL}/calendars/learning/")
    return address.removeprefix(settings.AURORA_PUBLIC_URL)


def read(address, **headers):
    return stranger().get(path_of(address), **headers)


def change(client, plan, item, verb):
    client.post(f"{PLANS}/{plan['id']}/items/{item['id']}/{verb}", {}, format="json")


def test_every_item_is_an_event_at_its_time(client, plan):
    found = events(file_of(client, plan))

    assert found.keys() == {f"{item['uid']}@aurora" for item in plan["items"]}
    ends = {}
    for item in plan["items"]:
        event = found[f"{item['uid']}@aurora"]
        start = datetime.combine(date.fromisoformat(item["date"]), time(18, 30), ZoneInfo("Europe/Berlin"))
        assert event.start == ends.get(item["date"], start)
        assert event.end - event.start == timedelta(minutes=item["minutes"])
        assert event["DTSTART"].params["TZID"] == "Europe/Berlin"
        assert item["title"] in str(event["SUMMARY"])
        assert str(event["DESCRIPTION"]).startswith(item["reason"])
        assert (event["STATUS"], event["SEQUENCE"]) == ("CONFIRMED", 0)
        ends[item["date"]] = event.end


def one_day(zone, day, study_at, *minutes):
    """The calendar of a day of items of so many minutes each."""
    learner = LearnerFactory(time_zone=zone, study_at=study_at)
    plan = PlanFactory(learner=learner, starts_on=date(2026, 1, 5))
    for position, each in enumerate(minutes):
        PlanItemFactory(plan=plan, date=day, position=position, minutes=each, title=str(position))
    return Calendar.from_ical(PlanCalendar(learner=learner, plan=plan).to_ical())


@pytest.mark.parametrize(
    ("zone", "day", "study_at", "begins"),
    [
        # The clock goes forward in the middle of the items, and back.
        ("Europe/Berlin", date(2026, 3, 29), time(1, 30), datetime(2026, 3, 29, 0, 30, tzinfo=UTC)),
        ("Europe/Berlin", date(2026, 10, 25), time(1, 30), datetime(2026, 10, 24, 23, 30, tzinfo=UTC)),
        ("America/New_York", date(2026, 3, 8), time(1, 30), datetime(2026, 3, 8, 6, 30, tzinfo=UTC)),
        ("America/New_York", date(2026, 11, 1), time(0, 30), datetime(2026, 11, 1, 4, 30, tzinfo=UTC)),
        # The day before, the day itself later on, and the day after.
        ("Europe/Berlin", date(2026, 3, 28), time(9), datetime(2026, 3, 28, 8, tzinfo=UTC)),
        ("Europe/Berlin", date(2026, 3, 29), time(9), datetime(2026, 3, 29, 7, tzinfo=UTC)),
        ("Europe/Berlin", date(2026, 10, 25), time(9), datetime(2026, 10, 25, 8, tzinfo=UTC)),
        ("America/New_York", date(2026, 11, 1), time(9), datetime(2026, 11, 1, 14, tzinfo=UTC)),
        ("America/New_York", date(2026, 10, 31), time(9), datetime(2026, 10, 31, 13, tzinfo=UTC)),
        # A time that doesn't come, and one that comes twice.
        ("Europe/Berlin", date(2026, 3, 29), time(2, 30), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        ("Europe/Berlin", date(2026, 10, 25), time(2, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_items_follow_each_other_though_the_clock_changes(zone, day, study_at, begins):
    lengths = (45, 30, 60, 90)
    calendar = one_day(zone, day, study_at, *lengths)

    moment = begins
    for event, minutes in zip(sorted(calendar.events, key=lambda each: str(each["SUMMARY"])), lengths, strict=True):
        assert event.start.astimezone(UTC) == moment
        moment += timedelta(minutes=minutes)
        assert event.end.astimezone(UTC) == moment
    assert [zone_.tz_name for zone_ in calendar.timezones] == [zone]


@pytest.mark.parametrize(
    ("zone", "first", "second"),
    [("Europe/Berlin", date(2026, 3, 26), "2026-03-29"), ("America/New_York", date(2026, 10, 30), "2026-11-01")],
)
def test_the_time_of_day_stays_over_a_change(zone, first, second):
    learner = LearnerFactory(time_zone=zone, study_at=time(9))
    plan = PlanFactory(learner=learner)
    for days in range(6):
        PlanItemFactory(plan=plan, date=first + timedelta(days=days))

    calendar = Calendar.from_ical(PlanCalendar(learner=learner, plan=plan).to_ical())

    local = [event.start.replace(tzinfo=None) for event in calendar.events]
    assert {each.time() for each in local} == {time(9)}
    offsets = {str(event.start.date()): event.start.utcoffset() for event in calendar.events}
    assert offsets == {
        day: datetime.fromisoformat(f"{day}T09:00").replace(tzinfo=ZoneInfo(zone)).utcoffset() for day in offsets
    }
    assert len(set(offsets.values())) == 2
    assert second in offsets


def test_in_utc_a_calendar_needs_no_zone():
    calendar = one_day("UTC", date(2026, 3, 29), time(9), 30)

    assert calendar.timezones == []
    assert b"DTSTART:20260329T090000Z" in calendar.to_ical()


def test_a_replan_keeps_uids_raises_sequences_and_cancels_what_is_gone(client, here, plan, clock):
    address = subscribed(client, here.learner)
    before = events(read(address))
    change(client, plan, plan["items"][0], "complete")
    clock.forward(days=9)
    answer = client.post(f"{PLANS}/{plan['id']}/replan", {"drop": [str(here.second.pk)]}, format="json").json()
    new, difference = answer["plan"], answer["difference"]
    assert difference["removed"]
    assert difference["moved"]

    after = events(read(address))

    assert before.keys() <= after.keys()
    for row in difference["removed"]:
        event = after[f"{row['uid']}@aurora"]
        assert (event["STATUS"], event["SEQUENCE"]) == ("CANCELLED", 1)
    for row in difference["moved"]:
        event = after[f"{row['uid']}@aurora"]
        assert event.start.date().isoformat() == row["to"]
        assert event["SEQUENCE"] > before[f"{row['uid']}@aurora"]["SEQUENCE"]
    for uid in before:
        assert after[uid]["SEQUENCE"] >= before[uid]["SEQUENCE"]
        if (after[uid].start, after[uid].end, after[uid]["SUMMARY"]) != (
            before[uid].start, before[uid].end, before[uid]["SUMMARY"],
        ):  # fmt: skip
            assert after[uid]["SEQUENCE"] > before[uid]["SEQUENCE"]
    assert after.keys() - before.keys() == {f"{row['uid']}@aurora" for row in difference["added"]}
    assert new["version"] == 2


def test_a_new_plan_takes_the_place_of_the_old_one_but_not_of_what_was_done(client, here, plan):
    address = subscribed(client, here.learner)
    change(client, plan, plan["items"][0], "complete")
    second = asked(client, days=30).json()

    found = events(read(address))

    done, *rest = plan["items"]
    assert (found[f"{done['uid']}@aurora"]["STATUS"], str(found[f"{done['uid']}@aurora"]["SUMMARY"])[:5]) == (
        "CONFIRMED", "Done:",
    )  # fmt: skip
    assert {found[f"{item['uid']}@aurora"]["STATUS"] for item in rest} == {"CANCELLED"}
    assert {found[f"{item['uid']}@aurora"]["STATUS"] for item in second["items"]} == {"CONFIRMED"}


def test_another_time_of_day_moves_what_is_planned(client, here, plan):
    done = plan["items"][0]
    change(client, plan, done, "complete")
    before = events(file_of(client, plan))

    client.patch(f"/api/v1/learning/learners/{here.learner.pk}", {"study_at": "07:15"}, format="json")

    after = events(file_of(client, plan))
    assert {event.start.time() for event in after.values()} >= {time(7, 15)}
    raised = {uid for uid in after if after[uid]["SEQUENCE"] == before[uid]["SEQUENCE"] + 1}
    assert raised == after.keys() - {f"{done['uid']}@aurora"}


def test_what_is_settled_says_so(client, plan):
    done, skipped, *_ = plan["items"]
    change(client, plan, done, "complete")
    change(client, plan, skipped, "skip")

    found = events(file_of(client, plan))

    event = found[f"{done['uid']}@aurora"]
    assert (event["STATUS"], event["SEQUENCE"]) == ("CONFIRMED", 1)
    assert str(event["SUMMARY"]).startswith(f"Done: {done['title']}")
    event = found[f"{skipped['uid']}@aurora"]
    assert (event["STATUS"], event["SEQUENCE"]) == ("CANCELLED", 1)
    change(client, plan, skipped, "reopen")
    event = events(file_of(client, plan))[f"{skipped['uid']}@aurora"]
    assert (event["STATUS"], event["SEQUENCE"]) == ("CONFIRMED", 2)


def test_settling_one_item_moves_no_other(client, plan):
    before = events(file_of(client, plan))

    change(client, plan, plan["items"][0], "skip")

    after = events(file_of(client, plan))
    assert {uid: event.start for uid, event in after.items()} == {uid: event.start for uid, event in before.items()}


@pytest.mark.parametrize(
    "text", ["Semi;colon, comma \\ back\nslash", "BEGIN:VEVENT\r\nSUMMARY:x", "é" * 200, "a\x0bb:\x7f"]
)
def test_any_text_is_a_text(text):
    learner = LearnerFactory(time_zone="Europe/Berlin", name=text)
    plan = PlanFactory(learner=learner)
    resource = ResourceFactory(organization=learner.organization, url="https://example.org/a?b=c,d;e")
    PlanItemFactory(plan=plan, title=text, reason=text * 5, resource=resource)

    calendar = Calendar.from_ical(PlanCalendar(learner=learner, plan=plan).to_ical())

    (event,) = calendar.events
    expected = text.replace("\r\n", "\n").replace("\x0b", "").replace("\x7f", "")
    assert (str(event["SUMMARY"]), str(event["DESCRIPTION"])) == (expected, expected * 5)
    assert str(event["URL"]) == "https://example.org/a?b=c,d;e"


@settings_of_hypothesis(max_examples=25)
@given(st.text(max_size=60))
def test_no_text_breaks_a_calendar(title):
    learner = Learner(time_zone="Europe/Berlin", name=title, updated_at=datetime(2026, 1, 1, tzinfo=UTC))
    item = PlanItem(date=date(2026, 3, 1), minutes=30, title=title, reason=title, kind="study")

    content = PlanCalendar(learner=learner, plan=None, gone=[item]).to_ical()

    (event,) = Calendar.from_ical(content).events
    assert event["UID"] == f"{item.uid}@aurora"
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))


def test_the_same_plan_is_the_same_file_and_is_sent_once(client, here, plan):
    one, other = file_of(client, plan), file_of(client, plan)

    assert one.content == other.content
    assert one["ETag"] == other["ETag"]
    assert one["Cache-Control"] == "private, no-cache"
    again = client.get(f"{PLANS}/{plan['id']}/calendar.ics", HTTP_IF_NONE_MATCH=one["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    change(client, plan, plan["items"][0], "complete")
    changed = client.get(f"{PLANS}/{plan['id']}/calendar.ics", HTTP_IF_NONE_MATCH=one["ETag"])
    assert changed.status_code == 200
    assert changed["ETag"] != one["ETag"]


def test_a_calendar_program_is_answered_whatever_it_accepts(client, here, plan):
    address = subscribed(client, here.learner)

    for accepted in ("text/calendar", "text/html, */*;q=0.1", "application/xml"):
        assert file_of(client, plan).status_code == 200
        assert read(address, Accept=accepted)["Content-Type"].startswith("text/calendar")


def test_an_address_shows_the_plan_of_now(client, here, plan):
    address = subscribed(client, here.learner)
    assert events(read(address)).keys() == events(file_of(client, plan)).keys()

    skipped = {"state": "skipped", "settled_at": datetime(2026, 9, 7, tzinfo=UTC)}
    PlanItem.objects.exclude(pk=plan["items"][0]["id"]).update(**skipped)
    change(client, plan, plan["items"][0], "skip")
    assert Plan.objects.get().state == "finished"

    assert {event["STATUS"] for event in events(read(address)).values()} == {"CANCELLED"}


def test_without_a_plan_the_calendar_is_empty(client, here):
    assert events(read(subscribed(client, here.learner))) == {}


def test_only_a_digest_of_the_address_is_kept(client, here, plan):
    address = subscribed(client, here.learner)
    token = re.fullmatch(r"/calendars/learning/([\w-]{32})\.ics", path_of(address))[1]

    row = CalendarSubscription.objects.get()
    assert token not in str(vars(row))
    assert len(row.token_digest) == 64
    records = Record.objects.filter(event="learning.calendar_subscribed")
    assert records.count() == 1
    assert token not in "".join(bytes(record.body).decode() for record in Record.objects.all())


def test_a_new_address_ends_the_one_before(client, here, plan):
    old, new = subscribed(client, here.learner), subscribed(client, here.learner)

    assert read(old).status_code == 404
    assert read(new).status_code == 200
    assert CalendarSubscription.objects.count() == 1


def test_an_address_that_is_taken_away_shows_nothing(client, here, plan):
    address = subscribed(client, here.learner)
    path = f"/api/v1/learning/learners/{here.learner.pk}/calendar"
    assert client.get(path).json()["is_subscribed"] is True

    assert client.delete(path).status_code == 204
    assert client.delete(path).status_code == 204

    assert read(address).status_code == 404
    assert client.get(path).json() == {"is_subscribed": False, "created_at": None, "read_at": None}
    assert Record.objects.filter(event="learning.calendar_unsubscribed").count() == 1


def test_reading_is_noted(client, here, plan):
    address = subscribed(client, here.learner)
    assert CalendarSubscription.objects.get().read_at is None

    read(address)

    assert CalendarSubscription.objects.get().read_at is not None


@pytest.mark.parametrize("token", ["x", "x" * 32, "x" * 5000, "%00", "…"])
def test_an_unknown_address_is_not_found(token):
    answer = stranger().get(f"/calendars/learning/{token}.ics")

    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


def test_who_left_the_organisation_is_read_no_more(client, here, plan):
    address = subscribed(client, here.learner)

    here.member.delete()

    assert read(address).status_code == 404


def test_addresses_stay_out_of_logs(client, here, plan):
    path = path_of(subscribed(client, here.learner))

    logged = redact_event(None, "", {"event": f"GET {path} 200", "path": path})

    assert logged == {
        "event": "GET /calendars/learning/[redacted-token] 200", "path": "/calendars/learning/[redacted-token]",
    }  # fmt: skip


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_a_colleagues_calendar_is_not_there(client_of, here, plan, role):
    colleague = client_of(member_factory(here.member.organization, role=role))
    path = f"/api/v1/learning/learners/{here.learner.pk}/calendar"

    assert colleague.get(f"{PLANS}/{plan['id']}/calendar.ics").status_code == 404
    for method in ("get", "post", "delete"):
        assert getattr(colleague, method)(path).status_code == 404
    assert not CalendarSubscription.objects.exists()


def test_calendars_of_another_organisation_are_not_there(client_of, here, plan):
    other = client_of(member_factory(role="admin"))

    assert other.get(f"{PLANS}/{plan['id']}/calendar.ics").status_code == 404
    assert other.post(f"/api/v1/learning/learners/{here.learner.pk}/calendar").status_code == 404


def test_strangers_are_counted(client, here, plan, settings):
    settings.RATELIMIT_ENABLE, settings.RATE_LIMIT_PER_MINUTE = True, 2
    address = subscribed(client, here.learner)

    assert [read(address).status_code for _ in range(3)] == [200, 200, 429]


def test_a_superseded_version_is_a_calendar_too(client, here, plan):
    asked(client)

    assert events(file_of(client, plan)).keys() == {f"{item['uid']}@aurora" for item in plan["items"]}
    assert Plan.objects.count() == 2
