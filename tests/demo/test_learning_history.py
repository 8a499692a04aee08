"""The demo's learners and what they have done."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import Record
from aurora_site.accounts.services.installation import demo_learner_ensure
from aurora_site.demo.learning import catalogue_ensure, history_ensure
from learning.models import Completion, Evidence, Learner, Plan, PlanItem, ReviewCard, Team
from learning.selectors.progress import progress_of_all
from tests.factories.accounts import member_factory

pytestmark = pytest.mark.django_db


def test_learners_have_months_of_believable_history():
    now = timezone.now()
    admin = member_factory(role="admin")
    organization = admin.organization
    demo_user = demo_learner_ensure(organization=organization)
    catalogue_ensure(organization.pk)

    assert history_ensure(organization.pk, demo_user=demo_user, lead=admin.user) is True

    learners = list(Learner.objects.for_organization(organization).select_related("role"))
    progress = {each.learner.name: each for each in progress_of_all(organization.pk, learners)}
    assert len(learners) == 15
    assert [team.learners.count() for team in Team.objects.for_organization(organization)] == [5, 5, 5]
    assert {team.leads.get().user for team in Team.objects.for_organization(organization)} == {admin.user}

    demo = progress["Demo learner"]
    assert (demo.learner.user, demo.learner.email) == (demo_user, demo_user.email)
    assert (demo.plan.days, demo.plan.state, (demo.today - demo.plan.starts_on).days) == (45, "active", 24)
    assert demo.completed >= 10
    # Of what was planned for the last days, some may still come late.
    assert (demo.skipped, len(demo.overdue) >= 3) == (2, True)
    assert demo.forecast.p50 is not None
    assert (progress["Noor"].pace.standing, progress["Mira"].plan.state) == ("ahead", "finished")
    assert progress["Lukas"].at_risk.startswith("No study for")
    assert progress["Elif"].plan is None
    standing = Counter(each.pace.standing for each in progress.values())
    assert standing["behind"] >= 2
    assert standing["on_track"] >= 3

    assert Evidence.objects.filter(observed_at__lt=now - timedelta(days=90)).count() >= 50
    assert not Evidence.objects.filter(observed_at__gt=now).exists()
    assert not Completion.objects.filter(completed_at__gt=now).exists()
    assert not PlanItem.objects.filter(settled_at__gt=now).exists()
    assert ReviewCard.objects.filter(learner=demo.learner).count() >= 5

    recorded = Record.objects.count()
    assert history_ensure(organization.pk, demo_user=demo_user, lead=admin.user) is False
    assert (Record.objects.count(), Learner.objects.count()) == (recorded, 15)


def test_an_organisation_without_the_demos_catalogue_is_left_alone():
    admin = member_factory(role="admin")
    demo_user = demo_learner_ensure(organization=admin.organization)
    assert history_ensure(admin.organization_id, demo_user=demo_user, lead=admin.user) is False
    assert (Learner.objects.count(), Plan.objects.count(), Team.objects.count()) == (0, 0, 0)
