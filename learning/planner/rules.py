"""The numbers that plans go by, in one place; docs/learning/planner.md says why each is what it is."""

from __future__ import annotations

MAXIMUM_DAYS = 60

# From this mastery on a skill carries those that build on it.
PREREQUISITE_LEVEL = 0.5
# A target that is missed by less counts as reached: beliefs are not known any finer.
TOLERANCE = 0.02

# Kept free of each day where the goal still fits.
SLACK = 0.15
# A part is not shorter unless there is no other way, and a session that a weekly bound allows isn't either.
SHORTEST_PART = 15
SHORTEST_SESSION = 20

# When a skill studied in the plan is looked at again: days after its last part, then after the first review. These are
# the intervals of FSRS 6 with default parameters at 90 % retention for two answers "good" (a test compares them).
REVIEW_INTERVALS = (2, 11)
REVIEW_MINUTES = 10
# Reviews that are due take at most this share of the time, so that a backlog doesn't end all learning.
REVIEWS_AT_MOST = 0.3

# Of the project and of the check that end a milestone, for each of its skills.
PROJECT_MINUTES, LONGEST_PROJECT = 20, 240
CHECK_MINUTES, LONGEST_CHECK = 10, 60
MOST_MILESTONES = 5
SKILLS_PER_MILESTONE = 3

# What a skill costs beside its resources. The same for every plan, so that a set of resources has one price.
MINUTES_PER_SKILL = len(REVIEW_INTERVALS) * REVIEW_MINUTES + PROJECT_MINUTES + CHECK_MINUTES

# Mastery is counted in whole millionths: sums don't depend on their order then.
UNIT = 1_000_000


def units(value: float) -> int:
    """Mastery in whole millionths."""
    return round(value * UNIT)


# How a resource's minutes are weighed where the whole goal fits: more for each level that it is off, less for each point
# of rating above that of an unrated one.
LEVEL_PENALTY, RATING_WEIGHT, UNRATED = 0.25, 0.1, 3.5
# Of each skill so many resources are looked at, those that bring most per minute.
OFFERS_PER_SKILL = 8
# A plan that goes on keeps its resources as long as they close this share of what others would.
WORTH_CHANGING = 0.98
