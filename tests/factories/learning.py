"""Rows of learning for tests."""

from datetime import UTC, date, datetime

import factory

from learning import models
from tests.factories.accounts import organization_factory


class SkillFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Skill

    organization = factory.LazyFunction(organization_factory)
    key = factory.Sequence(lambda number: f"skill-{number}")
    name = factory.Sequence(lambda number: f"Skill {number:04}")


class RoleFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Role

    organization = factory.LazyFunction(organization_factory)
    name = factory.Sequence(lambda number: f"Role {number:04}")


class ResourceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Resource

    organization = factory.LazyFunction(organization_factory)
    key = factory.Sequence(lambda number: f"resource-{number}")
    title = factory.Sequence(lambda number: f"Resource {number:04}")
    kind = models.ResourceKind.COURSE
    minutes = 45


class LearnerFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Learner

    organization = factory.LazyFunction(organization_factory)
    name = factory.Sequence(lambda number: f"Learner {number:04}")
    start_date = date(2026, 1, 5)


class PlanFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Plan

    learner = factory.SubFactory(LearnerFactory)
    organization = factory.SelfAttribute("learner.organization")
    version = factory.Sequence(lambda number: number + 1)
    starts_on = date(2026, 1, 5)
    days = 30
    weekly_minutes = 300


class PlanItemFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.PlanItem

    plan = factory.SubFactory(PlanFactory)
    date = date(2026, 1, 6)
    minutes = 45
    kind = models.ItemKind.STUDY
    title = factory.Sequence(lambda number: f"Item {number:04}")


class MilestoneFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Milestone

    plan = factory.SubFactory(PlanFactory)
    title = factory.Sequence(lambda number: f"Milestone {number:04}")
    due_on = date(2026, 1, 20)


class EvidenceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Evidence

    learner = factory.SubFactory(LearnerFactory)
    organization = factory.SelfAttribute("learner.organization")
    skill = factory.SubFactory(SkillFactory, organization=factory.SelfAttribute("..organization"))
    kind = models.EvidenceKind.QUIZ_RESULT
    value = 0.5
    observed_at = datetime(2026, 1, 6, 9, tzinfo=UTC)


class MasteryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Mastery

    learner = factory.SubFactory(LearnerFactory)
    organization = factory.SelfAttribute("learner.organization")
    skill = factory.SubFactory(SkillFactory, organization=factory.SelfAttribute("..organization"))
    mean = 0.5
    variance = 0.05
    updated_at = datetime(2026, 1, 6, 9, tzinfo=UTC)
