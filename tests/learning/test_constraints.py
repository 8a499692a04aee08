"""What the database itself refuses."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from learning.models import PlanState, ResourceSkill, RoleSkill, SkillPrerequisite
from tests.factories.accounts import user_factory
from tests.factories.learning import (
    EvidenceFactory,
    LearnerFactory,
    MasteryFactory,
    PlanFactory,
    PlanItemFactory,
    ResourceFactory,
    RoleFactory,
    SkillFactory,
)

pytestmark = pytest.mark.django_db


def refused(make, **values):
    with pytest.raises(IntegrityError), transaction.atomic():
        make(**values)


@pytest.mark.parametrize(
    ("make", "values"),
    [
        (EvidenceFactory, {"value": 1.01}),
        (EvidenceFactory, {"value": -0.01}),
        (EvidenceFactory, {"kind": "rumour"}),
        (MasteryFactory, {"mean": 1.01}),
        (MasteryFactory, {"mean": -0.01}),
        (MasteryFactory, {"variance": -0.01}),
        (PlanFactory, {"days": 29}),
        (PlanFactory, {"days": 61}),
        (PlanFactory, {"state": "abandoned"}),
        (PlanItemFactory, {"minutes": 0}),
        (PlanItemFactory, {"minutes": 1441}),
        (PlanItemFactory, {"kind": "nap"}),
        (PlanItemFactory, {"state": "late"}),
        (ResourceFactory, {"minutes": 0}),
        (ResourceFactory, {"rating": 5.1}),
        (ResourceFactory, {"kind": "podcast"}),
        (ResourceFactory, {"level": "guru"}),
    ],
)
def test_values_out_of_range_are_refused(make, values):
    refused(make, **values)
    assert not make._meta.model.objects.exists()


@pytest.mark.parametrize(
    ("make", "values"),
    [
        (EvidenceFactory, {"value": 0}),
        (EvidenceFactory, {"value": 1}),
        (MasteryFactory, {"mean": 0, "variance": 0}),
        (MasteryFactory, {"mean": 1}),
        (PlanFactory, {"days": 30}),
        (PlanFactory, {"days": 60}),
        (PlanItemFactory, {"minutes": 1440}),
        (ResourceFactory, {"rating": 0}),
        (ResourceFactory, {"rating": 5}),
    ],
)
def test_values_at_the_edge_are_kept(make, values):
    assert make._meta.model.objects.filter(pk=make(**values).pk).exists()


def test_a_learner_has_one_active_plan():
    learner = LearnerFactory()
    PlanFactory(learner=learner, state=PlanState.ACTIVE, active_for=learner)
    PlanFactory(learner=learner, state=PlanState.SUPERSEDED)
    PlanFactory(learner=learner, state=PlanState.SUPERSEDED)

    refused(PlanFactory, learner=learner, state=PlanState.ACTIVE, active_for=learner)
    assert learner.plans.count() == 3


def test_an_active_plan_is_active_for_its_own_learner():
    learner = LearnerFactory()

    refused(PlanFactory, learner=learner, state=PlanState.ACTIVE)
    refused(PlanFactory, learner=learner, state=PlanState.ACTIVE, active_for=LearnerFactory())
    refused(PlanFactory, learner=learner, state=PlanState.FINISHED, active_for=learner)
    assert learner.plans.count() == 0


def test_a_version_of_a_plan_is_used_once():
    plan = PlanFactory(version=3)

    refused(PlanFactory, learner=plan.learner, version=3)


def test_a_user_has_one_learner_in_an_organisation():
    user = user_factory()
    learner = LearnerFactory(user=user)

    refused(LearnerFactory, organization=learner.organization, user=user)
    assert LearnerFactory(user=user).organization != learner.organization
    LearnerFactory(organization=learner.organization)
    LearnerFactory(organization=learner.organization)


def test_a_prerequisite_is_linked_once_and_never_to_itself():
    skill = SkillFactory()
    before = SkillFactory(organization=skill.organization)
    SkillPrerequisite.objects.create(skill=skill, prerequisite=before)

    refused(SkillPrerequisite.objects.create, skill=skill, prerequisite=before)
    refused(SkillPrerequisite.objects.create, skill=skill, prerequisite=skill)


def test_mastery_is_one_per_learner_and_skill():
    mastery = MasteryFactory()

    refused(MasteryFactory, learner=mastery.learner, skill=mastery.skill)


@pytest.mark.parametrize("value", [0, -0.1, 1.1])
def test_levels_and_gains_are_fractions(value):
    skill = SkillFactory()

    refused(RoleSkill.objects.create, role=RoleFactory(organization=skill.organization), skill=skill, level=value)
    refused(
        ResourceSkill.objects.create, resource=ResourceFactory(organization=skill.organization), skill=skill, gain=value
    )


def test_links_across_organisations_do_not_validate():
    skill, elsewhere = SkillFactory(), SkillFactory()
    role, resource = RoleFactory(), ResourceFactory()
    for link in (
        SkillPrerequisite(skill=skill, prerequisite=elsewhere),
        RoleSkill(role=role, skill=skill, level=0.5),
        ResourceSkill(resource=resource, skill=skill, gain=0.5),
        LearnerFactory.build(organization=skill.organization, role=role),
    ):
        with pytest.raises(ValidationError, match="different organisation"):
            link.clean()
