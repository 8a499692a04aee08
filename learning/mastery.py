"""What a learner's observations say of one skill: a belief (mean and variance) at any moment, by arithmetic alone.

A Beta distribution's mean is a weighted mean of what was seen, each observation counting for as many trials as its kind
is worth (``WEIGHTS``), older ones for less; its variance falls with the number of trials. Three things are added:

* A finished resource is learning, not measuring: it raises what was known before it by its gain, up to 1, as the
  transition of Bayesian knowledge tracing does (Corbett and Anderson 1995), and makes the belief somewhat surer.
* Without practice a level fades along a half-life that grows with every day of practice (half-life regression, Settles
  and Meeder 2016) towards a part that stays (Bahrick 1984: about a third outlasts decades). Practice brings it back, as
  relearning is quick (Ebbinghaus 1885). How much has faded is itself uncertain, so the variance widens meanwhile.
* A later self-assessment replaces the earlier one, from its time on.

The constants are judgements, not fitted: docs/learning/progress.md. Sums alone are taken, so that the order in which
observations arrive plays no part.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from learning.planner.types import Belief

SELF_ASSESSMENT, RESOURCE_COMPLETED = "self_assessment", "resource_completed"

# How many trials an observation of each kind is worth.
WEIGHTS = {
    SELF_ASSESSMENT: 3.0,
    RESOURCE_COMPLETED: 2.0,
    "review": 2.0,
    "xapi_statement": 4.0,
    "incident_response": 4.0,
    "attestation": 6.0,
    "quiz_result": 8.0,
}
# Before anything is seen: half a trial that failed. Nobody is taken to know what nothing speaks for.
PRIOR_MEAN, PRIOR_WEIGHT = 0.0, 0.5
# What exercises a skill, and so keeps it from fading. Saying that somebody has it doesn't.
PRACTICE = frozenset({RESOURCE_COMPLETED, "review", "xapi_statement", "incident_response", "quiz_result"})

FADING_HALF_LIFE_DAYS = 365.0
HALF_LIFE_GROWTH = 1.25  # with every day of practice
LONGEST_HALF_LIFE_DAYS = 5 * 365.0
KEPT = 1 / 3  # of a level, however long it isn't used
AGEING_HALF_LIFE_DAYS = 365.0  # of what an observation is worth
BAND_DEVIATIONS = 1.2816  # 80 % of a normal distribution lie within

_SECONDS_PER_DAY = 86_400.0


@dataclass(frozen=True, slots=True, order=True)
class Observation:
    """Something seen of a skill at a time: a level from 0 to 1, for a finished resource its gain.

    Two of the same ``identity`` are one; those without are all different.
    """

    at: datetime
    kind: str
    value: float
    identity: str = ""


def belief_at(observations: Iterable[Observation], at: datetime) -> Belief | None:
    """What is believed at a moment, from what was seen until then; None where nothing was."""
    known = [observation for observation in observations if observation.at <= at]
    if not known:
        return None
    seen, first = _distinct(known), min(observation.at for observation in known)
    levels = _levels(seen, first)
    total = sum(weight for _, weight, _ in levels)
    practised, half_life = _practice(seen)
    unfaded = sum(level * weight for level, weight, _ in levels) / total
    mean = sum(
        level * weight * retention(_days(max(since, practised) if practised else since, at), half_life)
        for level, weight, since in levels
    )
    mean = min(max(mean / total, 0.0), 1.0)
    return Belief(mean=mean, variance=_variance(seen, first, unfaded, at) + _variance_of_fading(unfaded - mean))


def practised_at(observations: Iterable[Observation]) -> datetime | None:
    """When the skill was last exercised."""
    return max((observation.at for observation in observations if observation.kind in PRACTICE), default=None)


def retention(days: float, half_life: float) -> float:
    """How much of a level is left after days without practice: 1 at once, ``KEPT`` in the end."""
    return KEPT + (1 - KEPT) * 2 ** (-days / half_life)


def band(belief: Belief) -> tuple[float, float]:
    """Between what the level lies with a probability of about 80 %."""
    reach = BAND_DEVIATIONS * belief.variance**0.5
    return max(0.0, belief.mean - reach), min(1.0, belief.mean + reach)


def _distinct(observations: Iterable[Observation]) -> list[Observation]:
    """In order of time, the earliest of each identity, and of self-assessments the last alone."""
    known: set[str] = set()
    kept: list[Observation] = []
    said: Observation | None = None
    for observation in sorted(observations):
        if observation.identity and observation.identity in known:
            continue
        known.add(observation.identity)
        if observation.kind == SELF_ASSESSMENT:
            said = observation
        else:
            kept.append(observation)
    return sorted([*kept, said] if said else kept)


def _levels(seen: Sequence[Observation], first: datetime) -> list[tuple[float, float, datetime]]:
    """Of the prior and each measurement: its level with what was learned since, its weight, its time."""
    last = seen[-1].at
    gained = 0.0
    learned_after: defaultdict[datetime, float] = defaultdict(float)
    for observation in reversed(seen):
        learned_after.setdefault(observation.at, gained)
        if observation.kind == RESOURCE_COMPLETED:
            gained += observation.value
    levels = [(min(1.0, PRIOR_MEAN + gained), PRIOR_WEIGHT * _worth(first, last), first)]
    for observation in seen:
        if observation.kind != RESOURCE_COMPLETED:
            level = min(1.0, observation.value + learned_after[observation.at])
            levels.append((level, WEIGHTS[observation.kind] * _worth(observation.at, last), observation.at))
    return levels


def _practice(seen: Sequence[Observation]) -> tuple[datetime | None, float]:
    """When the skill was last exercised, and the half-life in days that practice has brought it to."""
    times = [observation.at for observation in seen if observation.kind in PRACTICE]
    days = len({time.date() for time in times})
    half_life = FADING_HALF_LIFE_DAYS * HALF_LIFE_GROWTH ** min(days, 100)
    return max(times, default=None), min(half_life, LONGEST_HALF_LIFE_DAYS)


def _variance(seen: Sequence[Observation], first: datetime, level: float, at: datetime) -> float:
    """The Beta distribution's variance. A level of 0 or 1 is never certain: it is taken as of one from 0.1 to 0.9."""
    trials = PRIOR_WEIGHT * _worth(first, at)
    trials += sum(WEIGHTS[observation.kind] * _worth(observation.at, at) for observation in seen)
    level = min(max(level, 0.1), 0.9)
    return level * (1 - level) / (1 + trials)


def _variance_of_fading(faded: float) -> float:
    """How much has faded is known to half of itself."""
    return (faded / 2) ** 2


def _worth(observed_at: datetime, at: datetime) -> float:
    """What is left of an observation's weight."""
    return 2 ** (-_days(observed_at, at) / AGEING_HALF_LIFE_DAYS)


def _days(since: datetime, until: datetime) -> float:
    return max(0.0, (until - since).total_seconds() / _SECONDS_PER_DAY)
