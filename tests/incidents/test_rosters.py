"""Who is on call, by hand and from calendars; and which runbooks are linked."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import Record
from incidents.errors import AlreadyExists, BadValue, UnknownReference
from incidents.models import Incident, Roster, RunbookLink, Shift, TimelineEntry
from incidents.services import rosters
from incidents.services.incidents import incident_create
from tests.factories.accounts import member_factory
from tests.factories.incidents import RosterFactory, ServiceFactory, ShiftFactory
from tests.incidents.engine import said, sender, told

pytestmark = pytest.mark.django_db

NOW = timezone.now().replace(microsecond=0)
HOUR = timedelta(hours=1)


@pytest.fixture
def editor():
    return member_factory(role="editor", name="Ed Itor")


def by(editor, **more):
    return {"organization_id": editor.organization_id, "actor_id": editor.user_id, **more}


def on_shift(roster, **fields):
    user = ShiftFactory(roster=roster, **{"starts_at": NOW - HOUR, "ends_at": NOW + HOUR, **fields}).user
    user.memberships.update(role="editor")
    return user


def test_shifts_are_added_and_taken_out(editor):
    web = ServiceFactory(organization=editor.organization)
    roster = rosters.roster_create(**by(editor, name="Web", service_id=web.pk))
    times = {"starts_at": NOW, "ends_at": NOW + HOUR}

    shift = rosters.shift_add(**by(editor, roster_id=roster.pk, user_id=editor.user_id, **times))
    with pytest.raises(AlreadyExists):
        rosters.shift_add(**by(editor, roster_id=roster.pk, user_id=editor.user_id, **times))
    assert roster.shifts.get() == shift
    rosters.shift_remove(**by(editor, shift_id=shift.pk))
    assert not Shift.objects.exists()
    rosters.roster_delete(**by(editor, roster_id=roster.pk))

    assert not Roster.objects.exists()
    names = ("created", "shift_added", "shift_removed", "deleted")
    events = Record.objects.filter(event__startswith="incidents.").order_by("id").values_list("event", flat=True)
    assert list(events) == [f"incidents.roster_{name}" for name in names]


def test_what_belongs_to_others_is_refused(editor):
    theirs = ShiftFactory()
    own = RosterFactory(organization=editor.organization)
    times = {"starts_at": NOW, "ends_at": NOW + HOUR}

    for change in (
        lambda: rosters.roster_create(**by(editor, name="Web", service_id=ServiceFactory().pk)),
        lambda: rosters.roster_delete(**by(editor, roster_id=theirs.roster_id)),
        lambda: rosters.shift_remove(**by(editor, shift_id=theirs.pk)),
        lambda: rosters.shift_add(**by(editor, roster_id=theirs.roster_id, user_id=editor.user_id, **times)),
        lambda: rosters.shift_add(**by(editor, roster_id=own.pk, user_id=theirs.user_id, **times)),
        lambda: rosters.roster_import(**by(editor, roster_id=theirs.roster_id, calendar=calendar("x"))),
    ):
        with pytest.raises(UnknownReference):
            change()
    with pytest.raises(BadValue):
        rosters.shift_add(**by(editor, roster_id=own.pk, user_id=editor.user_id, starts_at=NOW, ends_at=NOW))
    with pytest.raises(AlreadyExists):
        rosters.roster_create(**by(editor, name=own.name))

    assert list(Shift.objects.all()) == [theirs]
    assert set(Roster.objects.all()) == {own, theirs.roster}


def test_a_service_asks_its_own_roster_first(editor):
    organization = editor.organization
    web, database = (ServiceFactory(organization=organization) for _ in range(2))
    general, of_web = RosterFactory(organization=organization), RosterFactory(organization=organization, service=web)
    anyone, webmaster = on_shift(general), on_shift(of_web)
    on_shift(RosterFactory())

    def called(service, at=NOW):
        return rosters.on_call(organization.pk, service and service.pk, at)

    assert called(web) == [webmaster]
    assert called(database) == called(None) == [anyone]
    # Nobody is on shift at the service's own.
    Shift.objects.filter(user=webmaster).update(ends_at=NOW)
    assert called(web) == [anyone]
    assert called(web, NOW + 2 * HOUR) == []


def test_the_longest_on_shift_is_first_and_who_left_is_nobody(editor):
    roster = RosterFactory(organization=editor.organization)
    later, earlier = on_shift(roster), on_shift(roster, starts_at=NOW - 2 * HOUR)
    gone, asleep = on_shift(roster), on_shift(roster)
    gone.memberships.all().delete()
    asleep.is_active = False
    asleep.save()

    assert rosters.on_call(editor.organization_id, None, NOW) == [earlier, later]


def test_a_new_incident_is_not_given_to_who_may_only_read(editor):
    roster = RosterFactory(organization=editor.organization)
    viewer, able = on_shift(roster, starts_at=NOW - 2 * HOUR), on_shift(roster)
    viewer.memberships.update(role="viewer")

    incident = incident_create(**by(editor, title="Down"))
    able.memberships.update(role="viewer")
    another = incident_create(**by(editor, title="Slow"))

    incident.refresh_from_db()
    another.refresh_from_db()
    assert (incident.assignee, another.assignee) == (able, None)


def test_a_new_incident_is_given_to_who_is_on_call(editor):
    web = ServiceFactory(organization=editor.organization, name="web")
    person = on_shift(RosterFactory(organization=editor.organization, service=web))

    incident = incident_create(**by(editor, title="Down", service_name="web"))

    incident.refresh_from_db()
    assert incident.assignee == person
    opened, assigned = TimelineEntry.objects.order_by("seq")
    assert (opened.kind, assigned.kind, assigned.actor_id) == ("incident.created", "incident.assigned", "")
    assert assigned.data == {"assignee": {"from": None, "to": person.pk}}


def calendar(*summaries, attendee="", uid="a"):
    starts, ends = NOW + HOUR, NOW + 2 * HOUR
    events = [
        f"BEGIN:VEVENT\r\nUID:{uid}{number}\r\nSUMMARY:{summary}\r\n{attendee}"
        f"DTSTART:{starts:%Y%m%dT%H%M%SZ}\r\nDTEND:{ends:%Y%m%dT%H%M%SZ}\r\nEND:VEVENT\r\n"
        for number, summary in enumerate(summaries)
    ]
    return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example//EN\r\n" + "".join(events) + "END:VCALENDAR\r\n"


def imported(editor, roster, text):
    return rosters.roster_import(**by(editor, roster_id=roster.pk, calendar=text))


def test_people_are_found_by_address_and_by_name(editor):
    roster = RosterFactory(organization=editor.organization)
    email = editor.user.email

    for text in (
        calendar("Night", attendee=f"ATTENDEE:mailto:{email.upper()}\r\n"),
        calendar("Night", attendee='ATTENDEE;CN="Ed Itor":mailto:else@example.org\r\n'),
        calendar(f"On call: {email}"),
        calendar("Ed Itor"),
        calendar("On call: ED ITOR (primary)"),
    ):
        assert imported(editor, roster, text).problems == []
        shift = roster.shifts.get()
        assert (shift.user, shift.starts_at, shift.ends_at) == (editor.user, NOW + HOUR, NOW + 2 * HOUR)


def test_who_is_not_found_is_reported_and_the_others_are_taken(editor):
    for _ in range(2):
        member_factory(organization=editor.organization, name="Sam Same")
    member_factory(name="Of Elsewhere")
    roster = RosterFactory(organization=editor.organization)

    read = imported(editor, roster, calendar("Ed Itor", "Sam Same", "Of Elsewhere", "Editorial"))

    assert (read.added, read.removed) == (1, 0)
    assert read.problems == [
        f"{name}: no one member has this address or name." for name in ("Sam Same", "Of Elsewhere", "Editorial")
    ]
    assert roster.shifts.get().user == editor.user


def test_an_import_takes_the_place_of_the_one_before_and_leaves_what_was_added_by_hand(editor):
    roster = RosterFactory(organization=editor.organization)
    by_hand = ShiftFactory(roster=roster, user=editor.user, starts_at=NOW + HOUR, ends_at=NOW + 3 * HOUR)
    other = member_factory(organization=editor.organization, name="Ann Other").user
    imported(editor, roster, calendar("Ann Other"))
    first = roster.shifts.get(user=other)

    again = imported(editor, roster, calendar("Ann Other", "Ed Itor", uid="b"))

    assert (again.added, again.removed) == (1, 1)
    assert set(roster.shifts.all()) == {by_hand, roster.shifts.get(user=other)}
    assert roster.shifts.get(user=other) != first


def test_what_is_no_calendar_changes_nothing(editor):
    roster = RosterFactory(organization=editor.organization)
    imported(editor, roster, calendar("Ed Itor"))
    before = list(roster.shifts.all())

    with pytest.raises(BadValue, match="iCalendar") as refusal:
        imported(editor, roster, "<html>")

    assert refusal.value.field == "calendar"
    assert list(roster.shifts.all()) == before


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "ftp://example.org", "//example.org", "http://", "https://a b", ""]
)
def test_a_runbook_is_on_the_web(editor, url):
    with pytest.raises(BadValue):
        rosters.runbook_add(**by(editor, title="Web", url=url))

    assert not RunbookLink.objects.exists()


def test_runbooks_are_added_and_removed(editor):
    web = ServiceFactory(organization=editor.organization)
    link = {"title": "Web", "url": "https://runbooks.example.org/web", "title_contains": "slow"}
    runbook = rosters.runbook_add(**by(editor, service_id=web.pk, **link))
    assert RunbookLink.objects.get() == runbook
    with pytest.raises(UnknownReference):
        rosters.runbook_add(**by(editor, service_id=ServiceFactory().pk, **link))
    with pytest.raises(UnknownReference):
        rosters.runbook_remove(**by(member_factory(), runbook_id=runbook.pk))

    rosters.runbook_remove(**by(editor, runbook_id=runbook.pk))

    assert not RunbookLink.objects.exists()


def test_an_incident_that_an_alert_opens_is_given_to_who_is_on_call(editor):
    person = on_shift(RosterFactory(organization=editor.organization))
    monitoring = sender(editor.organization)

    told(monitoring, said(start=NOW, id="disk"))
    told(monitoring, said("resolved", start=NOW, minute=1, id="disk"))

    incident = Incident.objects.get()
    assert (incident.assignee, incident.status) == (person, "resolved")
    kinds = TimelineEntry.objects.order_by("seq").values_list("kind", flat=True)
    assert list(kinds)[:2] == ["incident.opened", "incident.assigned"]
