"""What the ledger records about learning."""

from audit.events import Event
from aurora_site.accounts.ledger_events import admin_events

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
    *(event for model in ("skill", "role", "resource", "learner") for event in admin_events("learning", model)),
)
