"""What the ledger records about learning."""

from audit.events import Event
from aurora_site.accounts.ledger_events import admin_events
from learning.nudges.ledger_events import NUDGE_EVENTS
from learning.plan_events import PLAN_EVENTS

EVENTS = (
    Event(
        "learning.learner_created",
        "A member became a learner",
        {"user": "which member", "role": "id of the role that they work towards"},
        {"name": "the learner's name", "goals": "the learner's goals"},
    ),
    Event(
        "learning.skill_created",
        "A skill was added",
        {"key": "its key", "name": "its name", "prerequisites": "ids of the skills that come before it"},
    ),
    Event(
        "learning.skill_prerequisites_set",
        "The prerequisites of a skill were replaced",
        {"prerequisites": "ids of the skills that come before it now"},
    ),
    Event(
        "learning.role_created",
        "A role was added",
        {"name": "its name", "skills": "its skills, and how well each is to be mastered"},
    ),
    Event(
        "learning.resource_created",
        "A learning resource was added",
        {
            "title": "its title",
            "kind": "what it is",
            "minutes": "how long it takes",
            "skills": "the skills that it teaches, and how much of each",
        },
    ),
    Event(
        "learning.evidence_recorded",
        "Something was observed of a learner's skills",
        {
            "kind": "what kind of observation",
            "values": "what was observed of each skill, from 0 to 1",
            "source": "where it comes from",
            "attested_by": "who vouches for it, where somebody else than the learner does",
            "resource": "id of the resource that it is about",
            "observed_at": "when it was observed",
        },
        {"note": "what was noted with it"},
    ),
    Event(
        "learning.evidence_withdrawn",
        "An observation was taken back",
        {
            "kinds": "what kinds of observation",
            "skills": "ids of the skills that it was of",
            "resource": "id of the resource that it was about",
        },
    ),
    Event(
        "learning.learner_settings_changed",
        "A learner's settings were changed",
        {"fields": "which of them", "role": "id of the role that they work towards now"},
        {"name": "the learner's name now", "goals": "the learner's goals now"},
    ),
    Event(
        "learning.team_created",
        "A team was made",
        {"name": "its name", "learners": "ids of its learners", "leads": "who leads it"},
    ),
    Event(
        "learning.team_altered",
        "A team was changed",
        {
            "name": "its name now",
            "learners_added": "ids of the learners taken in",
            "learners_removed": "ids of the learners taken out",
            "leads_added": "who leads it now too",
            "leads_removed": "who leads it no longer",
        },
    ),
    Event("learning.team_disbanded", "A team was deleted", {"name": "its name"}),
    Event(
        "learning.resource_edited", "A learning resource was changed", {"changes": "its fields and their values now"}
    ),
    Event(
        "learning.resource_completed",
        "A learner finished a resource",
        {
            "resource": "id of the resource",
            "minutes": "how long it took",
            "score": "the score, from 0 to 1, where there was one",
            "source": "where it comes from",
        },
    ),
    Event(
        "learning.statements_stored",
        "xAPI statements were stored",
        {
            "statements": "how many",
            "first": "id of the first",
            "voided": "ids of the statements that they void",
            "completions": "how many resources count as finished by them",
            "evidence": "how many observations of skills they left",
            "withdrawn": "how many observations went with what was voided",
        },
    ),
    Event(
        "learning.imported",
        "Skills, roles, resources or progress were imported from a file",
        {
            "kind": "what was imported",
            "sha256": "digest of the file",
            "rows": "how many rows it has",
            "created": "how many rows were added, by their kind",
            "updated": "how many rows were changed, by their kind",
            "unchanged": "how many rows were there already, by their kind",
        },
    ),
    *PLAN_EVENTS,
    *NUDGE_EVENTS,
    *(event for model in ("skill", "role", "resource", "learner", "team") for event in admin_events("learning", model)),
)
