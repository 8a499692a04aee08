"""What the ledger records about plans, their items and the calendars that read them."""

from audit.events import Event

_PLAN = {
    "learner": "whose plan it is",
    "version": "its number among the learner's plans",
    "days": "how many days it has",
    "weekly_minutes": "how long its weeks are at most",
    "previous": "id of the version that it replaces",
    "inputs": "digest of all that it was computed from",
    "feasible": "whether the goal fits the time",
}
_ITEM = {"item": "id of the item", "uid": "the item's id in every version", "kind": "what kind of item it is"}

PLAN_EVENTS = (
    Event(
        "learning.plan_created",
        "A plan was computed for a learner, in place of the one before",
        {**_PLAN, "role": "id of the role that it leads to", "starts_on": "its first day", "items": "how many it has"},
    ),
    Event(
        "learning.plan_replanned",
        "A plan was computed anew, and came out otherwise",
        {
            **_PLAN,
            "added": "how many items are new",
            "removed": "how many are gone",
            "moved": "how many are on another day",
            "changed": "how many changed otherwise",
            "kept": "how many stayed as they were",
        },
        {"reason": "why, in the words of who asked"},
    ),
    Event(
        "learning.plan_finished",
        "The last open item of a plan was done or skipped",
        {"learner": "whose plan it is", "done": "how many items were done", "skipped": "how many were skipped"},
    ),
    Event(
        "learning.item_completed",
        "An item of a plan was done",
        {
            **_ITEM,
            "minutes": "how long it took, where that was said",
            "score": "the score of a check or resource, from 0 to 1",
            "rating": "how well a review went, from 1 (forgotten) to 4 (easy)",
        },
    ),
    Event("learning.item_skipped", "An item of a plan was skipped", _ITEM),
    Event(
        "learning.item_reopened",
        "What was done or skipped is planned again, and what came of it was taken back",
        {**_ITEM, "was": "done or skipped"},
    ),
    Event("learning.calendar_subscribed", "A learner's calendar got a secret address, in place of the one before"),
    Event("learning.calendar_unsubscribed", "The secret address of a learner's calendar was taken away"),
)
