"""When a skill is to be looked at again: FSRS 6 (py-fsrs), one card per learner and skill.

A card keeps the reviews that it stands on, so that one can be taken back: the rest is replayed. Callers hold the lock on
the learner's row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from fsrs import Card, Rating, Scheduler

from learning.models import Learner, ReviewCard

# In whole days, as plans are: without FSRS's steps of minutes. Without chance: the same reviews lead to the same day.
SCHEDULER = Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False, maximum_interval=365)
STUDIED = int(Rating.Good)
RATINGS = range(int(Rating.Again), int(Rating.Easy) + 1)
# The uid of the item, the rating, and when it was.
Told = tuple[UUID, int, datetime]
# What a rating shows of a skill, as evidence.
SHOWN = {1: 0.2, 2: 0.5, 3: 0.8, 4: 1.0}


def cards_start(learner: Learner, skill_ids: Iterable[UUID], *, item_uid: UUID, at: datetime) -> None:
    """Give a card to each skill that was studied and has none."""
    wanted = set(skill_ids)
    missing = wanted - {card.skill_id for card in _cards(learner).filter(skill__in=wanted)}
    review = _review(item_uid, STUDIED, at)
    ReviewCard.objects.bulk_create(_card(learner, skill_id, [review]) for skill_id in sorted(missing))


def cards_move(learner: Learner, skill_ids: Iterable[UUID], *, item_uid: UUID, rating: int, at: datetime) -> None:
    """Put off when skills are due by how well they were known: ``rating`` from 1, forgotten, to 4, easy."""
    wanted = set(skill_ids)
    known = {card.skill_id: card for card in _cards(learner).filter(skill__in=wanted)}
    review = _review(item_uid, rating, at)
    for skill_id in sorted(wanted):
        card = known.get(skill_id)
        if card is None:
            _card(learner, skill_id, [review]).save()
        else:
            _replay(card, [*card.state["reviews"], review])
            card.save()


def cards_restore(learner: Learner, reviews: Mapping[UUID, Sequence[Told]]) -> None:
    """Have the cards of skills stand on reviews that are told at once, oldest first, after those that they stand on."""
    known = {card.skill_id: card for card in _cards(learner).filter(skill__in=reviews)}
    new = []
    for skill_id, told in sorted(reviews.items()):
        added = [_review(uid, rating, at) for uid, rating, at in told]
        if card := known.get(skill_id):
            _replay(card, [*card.state["reviews"], *added])
        else:
            new.append(_card(learner, skill_id, added))
    ReviewCard.objects.bulk_create(new)
    _cards(learner).bulk_update(list(known.values()), ["state", "due_at", "reviewed_at"])


def cards_take_back(learner: Learner, skill_ids: Iterable[UUID], *, item_uid: UUID) -> None:
    """Have the cards of skills as if an item had never been done; a card that rests on nothing else goes."""
    for card in _cards(learner).filter(skill__in=set(skill_ids)):
        reviews = [each for each in card.state["reviews"] if each["item"] != str(item_uid)]
        if not reviews:
            card.delete()
        elif len(reviews) < len(card.state["reviews"]):
            _replay(card, reviews)
            card.save()


def _cards(learner: Learner) -> Any:
    return ReviewCard.objects.for_organization(learner.organization_id).filter(learner=learner)


def _review(item_uid: UUID, rating: int, at: datetime) -> dict[str, Any]:
    return {"item": str(item_uid), "rating": rating, "at": at.astimezone(UTC).isoformat()}


def _card(learner: Learner, skill_id: UUID, reviews: list[dict[str, Any]]) -> ReviewCard:
    card = ReviewCard(organization_id=learner.organization_id, learner=learner, skill_id=skill_id)
    _replay(card, reviews)
    return card


def _replay(row: ReviewCard, reviews: list[dict[str, Any]]) -> None:
    """Set a row to what FSRS makes of these reviews. FSRS's own id of the card isn't used."""
    card = Card(card_id=0)
    for review in reviews:
        card, _ = SCHEDULER.review_card(card, Rating(review["rating"]), datetime.fromisoformat(review["at"]))
    row.state = {**card.to_dict(), "reviews": reviews}
    row.due_at, row.reviewed_at = card.due, card.last_review
