"""What the ledger records about reminders."""

from audit.events import Event

_ABOUT = {"learner": "whose it is", "kind": "what kind of reminder"}

NUDGE_EVENTS = (
    Event("learning.nudge_sent", "A reminder was mailed", {**_ABOUT, "attempts": "how many attempts it took"}),
    Event(
        "learning.nudge_dead",
        "A reminder could not be mailed and was given up",
        {**_ABOUT, "attempts": "how many attempts were made", "reason": "why the last one failed"},
    ),
    Event("learning.nudge_dismissed", "A reminder was dismissed", _ABOUT),
    Event("learning.nudge_resent", "A reminder that was given up is mailed again", _ABOUT),
    Event(
        "learning.nudges_pruned",
        "Old reminders were removed",
        {"before": "those made before this time", "nudges": "how many"},
    ),
    Event(
        "learning.reminders_set",
        "Reminders were stopped or begun by the address in a mail",
        {"streams": "which: nudges, digest", "on": "whether they come now", "by": "how that was done"},
    ),
)
