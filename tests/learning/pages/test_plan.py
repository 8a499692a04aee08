"""The page of a plan: what it shows, and what can be done about it."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from learning.models import ItemState, Learner, Plan, PlanItem, PlanState
from learning.selectors.progress import progress_of
from learning.services.evidence import learner_assess, resource_complete
from learning.services.plans import plan_create
from tests.factories.accounts import member_factory, session_of
from tests.factories.learning import MilestoneFactory, PlanFactory, PlanItemFactory, ResourceFactory
from tests.learning.pages.scene import HOSTILE, learner_for, role_of, skill_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def member():
    return member_factory()


@pytest.fixture
def browser(member):
    return session_of(member)


@pytest.fixture
def role(member):
    git = skill_of(member, "Git")
    return role_of(member, "Backend engineer", git, skill_of(member, "Python", git), skill_of(member, "Django"))


@pytest.fixture
def learner(member, role):
    return learner_for(member, role)


def planned(learner, **fields):
    """A plan that began ten days ago, by hand."""
    today = timezone.now().date()
    return PlanFactory(
        learner=learner,
        version=1,
        state=PlanState.ACTIVE,
        active_for=learner,
        role=learner.role,
        starts_on=today - timedelta(days=10),
        days=45,
        summary={"asked": {"weekly_minutes": None, "drop": []}},
        **fields,
    )


def item_on(plan, days, **fields):
    return PlanItemFactory(plan=plan, date=timezone.now().date() + timedelta(days=days), **fields)


def made(learner):
    """A plan of today, as the planner makes it."""
    return plan_create(organization_id=learner.organization_id, actor_id="x", learner_id=learner.pk, days=30)


def act(browser, item, action, **form):
    return browser.post(f"/learning/plans/{item.plan_id}/items/{item.pk}/{action}", form)


def told(answer):
    return [str(message) for message in answer.context["messages"]]


def test_a_plan_is_shown_week_by_week(browser, learner):
    plan = planned(learner, verdict={"feasible": True, "text": "It fits."})
    done = item_on(plan, -9, state=ItemState.DONE, settled_at=timezone.now(), minutes=30)
    late, now = item_on(plan, -3, minutes=30), item_on(plan, 0, minutes=60, reason="Git comes first.")
    MilestoneFactory(plan=plan, title="Half way", due_on=now.date)

    answer = browser.get("/learning/plan")

    rows = answer.context["rows"]
    assert [week.number for week in rows.weeks] == [1, 2, 3, 4, 5, 6, 7]
    assert [row.item for row in rows.overdue] == [late] and [row.item for row in rows.today] == [now]
    assert (rows.done, rows.total, rows.percent) == (1, 3, 33)
    assert [week.is_now for week in rows.weeks] == [False, True, False, False, False, False, False]
    page = answer.content.decode()
    for text in (
        "Git comes first.",
        "Half way",
        "1 item overdue",
        "Replan what I missed",
        "The goal fits.",
        done.title,
    ):
        assert text in page


def test_the_number_of_queries_does_not_grow(browser, learner, django_assert_max_num_queries):
    plan = planned(learner)
    for number in range(30):
        item_on(plan, number % 20)

    with django_assert_max_num_queries(16):
        browser.get("/learning/plan")


def test_an_item_is_done_and_taken_back(browser, learner):
    item = item_on(planned(learner), 0)
    item_on(item.plan, 1)

    answer = act(browser, item, "complete", minutes="25", back="today")

    assert (answer.status_code, answer["Location"]) == (302, "/learning")
    item.refresh_from_db()
    assert (item.state, item.spent_minutes) == (ItemState.DONE, 25)

    answer = act(browser, item, "reopen", back="plan")
    assert answer["Location"] == f"/learning/plan#item-{item.pk}"
    item.refresh_from_db()
    assert item.state == ItemState.PLANNED


def test_an_item_is_skipped(browser, learner):
    item = item_on(planned(learner), 0)
    item_on(item.plan, 1)

    act(browser, item, "skip")

    item.refresh_from_db()
    assert item.state == ItemState.SKIPPED


@pytest.mark.parametrize(
    "form", [{"minutes": "-1"}, {"minutes": "x"}, {"score": "101"}, {"rating": "5"}, {"score": "nan"}]
)
def test_what_an_item_cannot_be_done_with_changes_nothing(browser, learner, form):
    item = item_on(planned(learner), 0)

    answer = browser.post(f"/learning/plans/{item.plan_id}/items/{item.pk}/complete", form, follow=True)

    assert told(answer)[0].startswith(f"“{item.title}” stays as it is:")
    item.refresh_from_db()
    assert item.state == ItemState.PLANNED


def test_the_last_item_ends_the_plan(browser, learner):
    item = item_on(planned(learner), 0)

    answer = browser.post(f"/learning/plans/{item.plan_id}/items/{item.pk}/complete", {}, follow=True)

    assert told(answer) == ["Everything in your plan is settled. Well done."]
    assert "This plan is finished" in answer.content.decode()
    assert browser.get("/learning/plan")["Location"] == "/learning/plan/new"


def test_what_was_missed_is_planned_again_and_the_difference_shown(browser, learner):
    plan = made(learner)
    # As if ten days had passed since: nothing of it was done.
    Plan.objects.for_organization(plan.organization_id).filter(pk=plan.pk).update(
        starts_on=plan.starts_on - timedelta(days=10)
    )
    for item in plan.items.all():
        PlanItem.objects.filter(pk=item.pk).update(date=item.date - timedelta(days=10))
    assert "overdue" in browser.get("/learning/plan").content.decode()

    answer = browser.post(f"/learning/plans/{plan.pk}/replan", {"reason": "Replanned what was missed."}, follow=True)

    anew = Plan.objects.get(state=PlanState.ACTIVE)
    assert answer.redirect_chain == [(f"/learning/plans/{anew.pk}/changes", 302)]
    assert (anew.previous_id, anew.version, anew.reason) == (plan.pk, 2, "Replanned what was missed.")
    changes = answer.context["changes"]
    assert changes.moved and all(row["new"] >= timezone.now().date() for row in changes.moved)
    assert "overdue" not in browser.get("/learning/plan").content.decode()

    history = browser.get(f"/learning/plans/{anew.pk}/history")
    assert [(version.version, bool(found)) for version, found in history.context["versions"]] == [(2, True), (1, False)]
    old = browser.get(f"/learning/plans/{plan.pk}").content.decode()
    assert "This is an earlier version." in old and "/complete" not in old


def test_what_was_missed_and_is_no_longer_needed_says_so(browser, learner):
    plan = made(learner)
    Plan.objects.for_organization(plan.organization_id).filter(pk=plan.pk).update(
        starts_on=plan.starts_on - timedelta(days=10)
    )
    for item in plan.items.all():
        PlanItem.objects.filter(pk=item.pk).update(date=item.date - timedelta(days=10))
    git = learner.role.skills.get(name="Git")
    missed = plan.items.filter(kind="study", skills=git, date__lt=timezone.now().date())
    assert missed.exists()
    learner_assess(organization_id=learner.organization_id, actor_id="x", learner_id=learner.pk, levels={git.pk: 1.0})

    answer = browser.post(f"/learning/plans/{plan.pk}/replan", {"reason": "Replanned what was missed."}, follow=True)

    why = {row["uid"]: row["why"] for row in answer.context["changes"].removed}
    gone = "no longer needed: the goal for Git is reached"
    assert [why[str(item.uid)] for item in missed] == [gone] * missed.count()
    page = answer.content.decode()
    assert gone in page and "is planned again" not in page


def test_nothing_to_change_makes_no_version(browser, learner):
    plan = made(learner)

    answer = browser.post(f"/learning/plans/{plan.pk}/replan", {}, follow=True)

    assert told(answer) == ["Nothing has to change: the plan stays as it is."]
    assert Plan.objects.count() == 1


def test_more_hours_widen_the_learners_week_with_the_plan(browser, learner):
    plan = made(learner)

    browser.post(f"/learning/plans/{plan.pk}/replan", {"weekly_hours": "7.5"})

    assert Plan.objects.get(state=PlanState.ACTIVE).weekly_minutes == 450
    learner.refresh_from_db()
    assert learner.minutes_per_weekday == [90, 90, 90, 90, 90, 0, 0]


def test_days_away_are_kept_free(browser, learner):
    plan = made(learner)
    first = plan.items.first().date

    browser.post(f"/learning/plans/{plan.pk}/replan", {"away": f"{first} to {first + timedelta(days=1)}"})

    learner.refresh_from_db()
    assert learner.blackout_dates == [first.isoformat(), (first + timedelta(days=1)).isoformat()]
    dates = set(Plan.objects.get(state=PlanState.ACTIVE).items.values_list("date", flat=True))
    assert dates and min(dates) > first + timedelta(days=1)


def test_skills_are_dropped_and_taken_up_again(browser, learner):
    plan = made(learner)
    django = learner.role.skills.get(name="Django")

    browser.post(f"/learning/plans/{plan.pk}/replan", {"drops": "yes", "drop": str(django.pk)})

    anew = Plan.objects.get(state=PlanState.ACTIVE)
    assert not anew.items.filter(skills=django).exists()
    assert (django, True) in browser.get("/learning/plan").context["droppable"]

    browser.post(f"/learning/plans/{anew.pk}/replan", {"drops": "yes"})
    assert Plan.objects.get(state=PlanState.ACTIVE).items.filter(skills=django).exists()


@pytest.mark.parametrize(
    ("form", "field", "text"),
    [
        ({"days": "61"}, "days", "less than or equal to 60"),
        ({"weekly_hours": "-1"}, "weekly_hours", "greater than or equal to 0.25"),
        ({"away": "soon"}, "away", "“soon” is no date."),
        ({"drops": "yes", "drop": "x"}, "drop", "There is no such skill."),
        ({"weekly_hours": "9", "drops": "yes", "drop": "00000000-0000-0000-0000-000000000000"}, "drop", "none with id"),
    ],
)
def test_a_refusal_is_told_with_what_was_typed_and_changes_nothing(browser, learner, form, field, text):
    plan = made(learner)

    answer = browser.post(f"/learning/plans/{plan.pk}/replan", form)

    assert answer.status_code == 400
    assert text in answer.context["problem"] and answer.context["problem_field"] == field
    assert form[field] == answer.context["typed"][field]
    assert Plan.objects.count() == 1
    learner.refresh_from_db()
    assert learner.minutes_per_weekday == [60, 60, 60, 60, 60, 0, 0]


def test_an_infeasible_plan_offers_ways_out(browser, learner):
    skill = str(learner.role.skills.first().pk)
    planned(
        learner,
        verdict={
            "feasible": False, "text": "Needs more.", "extend_days": 9, "needed_weekly_hours": 7.1, "weekly_hours": 5,
            "drop": [skill],
        },
    )  # fmt: skip

    page = browser.get("/learning/plan")

    assert [(choice.words, choice.fields) for choice in page.context["choices"]] == [
        ("Take 9 more days", (("days", "54"),)),
        ("Learn 7.1 hours a week", (("weekly_hours", "7.1"),)),
        ("Drop one skill", (("drops", "yes"), ("drop", skill))),
    ]
    assert "The goal doesn’t fit the time." in page.content.decode()


@pytest.mark.parametrize(
    ("needed", "dropped", "words"),
    [
        (20, 3, ["Learn 20 hours a week", "Drop 3 skills"]),
        (20.1, 3, ["Drop 3 skills"]),
        (20, 4, ["Learn 20 hours a week"]),
        (35.6, 14, []),
    ],
)
def test_ways_out_that_nobody_would_take_are_not_offered(browser, learner, needed, dropped, words):
    drop = [str(uuid4()) for _ in range(dropped)]
    verdict = {"feasible": False, "text": "Needs more.", "needed_weekly_hours": needed, "weekly_hours": 5, "drop": drop}
    planned(learner, verdict=verdict)

    assert [choice.words for choice in browser.get("/learning/plan").context["choices"]] == words


def test_the_hours_that_a_verdict_needs_are_those_that_its_button_takes(browser, learner):
    plan = made(learner)

    browser.post(f"/learning/plans/{plan.pk}/replan", {"weekly_hours": "7.1"})

    assert Plan.objects.get(state=PlanState.ACTIVE).weekly_minutes == 426


@pytest.mark.parametrize(
    ("code", "text", "told"),
    [
        ("feasible", "The goal fits: it needs 2 h a week, you have 5.",
         "The goal fits.</strong> It needs 2 h a week, you have 5."),
        ("feasible", "The goal fits.", "The goal fits.</strong> "),
        ("reached", "Every target is reached already.",
         "Nothing is left to learn.</strong> Every target is reached already."),
        ("no_resources", "Nothing that is offered teaches Git.",
         "Not all of the goal is taught by what is offered.</strong> Nothing that is offered teaches Git."),
        ("too_little_time", "The goal needs 9 h a week.",
         "The goal doesn’t fit the time.</strong> The goal needs 9 h a week."),
    ],
)  # fmt: skip
def test_the_headline_of_a_verdict_is_what_it_found(browser, learner, code, text, told):
    planned(learner, verdict={"feasible": code in ("feasible", "reached"), "code": code, "text": text})

    assert f"<strong>{told}" in browser.get("/learning/plan").content.decode()


def test_the_plan_and_progress_tell_one_per_cent(browser, learner):
    plan = planned(learner)
    item_on(plan, -9, state=ItemState.DONE, settled_at=timezone.now(), minutes=90)
    item_on(plan, -8, state=ItemState.SKIPPED, settled_at=timezone.now(), minutes=600)
    for day in range(5):
        item_on(plan, day, minutes=15)

    page = browser.get("/learning/plan")

    assert page.context["rows"].percent == progress_of(learner).percent == 16
    assert "16&nbsp;% of the items done: 1 of 6, 1 h 30 min of 2 h 45 min" in page.content.decode()
    assert "16&nbsp;%</span> of the items done: 1 of 6" in browser.get("/learning/progress").content.decode()


def test_what_was_finished_elsewhere_is_marked_and_not_proposed(browser, learner):
    plan = planned(learner)
    resource = ResourceFactory(organization=learner.organization)
    elsewhere = item_on(plan, 0, title="Elsewhere", resource=resource)
    open_item = item_on(plan, 0, title="Here", position=1)
    later = item_on(plan, 2, title="Elsewhere again", resource=resource)
    resource_complete(
        organization_id=learner.organization_id, actor_id="x", learner_id=learner.pk, resource_id=resource.pk,
        source="xapi",
    )  # fmt: skip

    today = browser.get("/learning")
    page = browser.get("/learning/plan")

    assert [row.item for row in today.context["rows"].today] == [open_item]
    assert today.context["upcoming"] == []
    assert today.context["progress"].next_action.title == "Here"
    assert today.context["progress"].due_today == (open_item,)
    rows = [row for week in page.context["rows"].weeks for day in week.days for row in day.items]
    assert [row.item for row in rows if row.is_elsewhere] == [elsewhere, later]
    assert page.content.decode().count("Finished elsewhere:</strong> replan to free the time.") == 2


def test_a_plan_is_shown_to_who_may_see_it(member, learner):
    item = item_on(planned(learner), 0)
    colleague = session_of(member_factory(member.organization, "editor"))
    elsewhere = session_of(member_factory(role="admin"))
    admin = session_of(member_factory(member.organization, "admin"))

    for path in ("", "/changes", "/history"):
        address = f"/learning/plans/{item.plan_id}{path}"
        assert colleague.get(address).status_code == elsewhere.get(address).status_code == 404
        assert admin.get(address).status_code == 200
    for stranger in (colleague, elsewhere):
        assert act(stranger, item, "complete").status_code == 404
        assert stranger.post(f"/learning/plans/{item.plan_id}/replan", {"days": "50"}).status_code == 404
    item.refresh_from_db()
    assert item.state == ItemState.PLANNED and Plan.objects.count() == 1
    assert act(admin, item, "complete")["Location"] == f"/learning/plans/{item.plan_id}#item-{item.pk}"


def test_actions_and_items_that_there_are_not(browser, learner):
    item = item_on(planned(learner), 0)
    other = PlanItemFactory()

    assert act(browser, item, "delete").status_code == 404
    assert browser.post(f"/learning/plans/{item.plan_id}/items/{other.pk}/complete").status_code == 404
    assert browser.get(f"/learning/plans/{item.plan_id}/replan").status_code == 405


def test_hostile_texts_are_shown_as_text(browser, learner):
    plan = planned(learner, reason=HOSTILE, verdict={"feasible": False, "text": HOSTILE})
    item_on(plan, 0, title=HOSTILE, reason=HOSTILE, basis={HOSTILE: {HOSTILE: [HOSTILE, None, 0.5]}})
    MilestoneFactory(plan=plan, title=HOSTILE, due_on=timezone.now().date())

    for path in (
        "/learning",
        "/learning/plan",
        f"/learning/plans/{plan.pk}/history",
        f"/learning/plans/{plan.pk}/changes",
    ):
        answer = browser.get(path)
        assert answer.status_code == 200
        assert "<script>alert" not in answer.content.decode()


def test_an_address_that_is_a_script_is_no_link(browser, learner, member):
    skill = skill_of(member, "Rust")
    resource = skill.resources.get()
    resource.url = "javascript:alert(1)"
    resource.save()
    item_on(planned(learner), 0, resource=resource)

    for path in ("/learning/plan", f"/learning/skills/{skill.pk}"):
        assert "javascript:" not in browser.get(path).content.decode()


def test_today_says_what_is_next(browser, learner):
    item = item_on(planned(learner), 0, title="Learn Git")

    answer = browser.get("/learning")

    assert answer.context["progress"].next_action.item == str(item.pk)
    assert "Learn Git" in answer.content.decode()


def test_without_a_plan_today_leads_on(browser, learner):
    assert "Say what you know" in browser.get("/learning").content.decode()

    skill = learner.role.skills.first()
    learner_assess(organization_id=learner.organization_id, actor_id="x", learner_id=learner.pk, levels={skill.pk: 0.5})
    assert "Ask for a plan" in browser.get("/learning").content.decode()
    assert Learner.objects.get().assessed_at is not None
