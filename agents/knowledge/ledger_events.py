"""What the ledger records about documents and their index."""

from audit.events import Event

_PATH = {"path": "the document's path"}
_CONTENT = {**_PATH, "size": "bytes", "content_hash": "SHA-256 of its bytes"}

EVENTS = (
    Event("knowledge.document_added", "A document came in", _CONTENT),
    Event("knowledge.document_replaced", "A new version of a document came in", _CONTENT),
    Event(
        "knowledge.document_deleted", "A document was deleted", {**_PATH, "why": "retention, where nobody asked for it"}
    ),
    Event(
        "knowledge.document_described",
        "A document's title, collection, owner or review date were changed",
        {
            **_PATH,
            "changed": "names of what was changed",
            "title": "the new title",
            "collection": "the new collection",
            "review_date": "the new review date",
        },
        {"owner": "the new owner"},
    ),
    Event(
        "knowledge.document_reported",
        "A reader found a document out of date",
        {**_PATH, "report": "id of the report"},
        {"note": "what they said"},
    ),
    Event(
        "knowledge.document_report_settled",
        "Somebody dealt with such a report",
        {**_PATH, "report": "id of the report"},
    ),
    Event(
        "knowledge.question_settled",
        "An unanswered question was answered, dismissed or opened again",
        {"state": "its state from then on"},
    ),
    Event(
        "knowledge.reindexed",
        "All documents of an organisation are indexed anew",
        {"documents": "how many there are"},
    ),
    Event("knowledge.index_rebuild_requested", "A new index version was asked for", {"version": "its name"}),
    Event(
        "knowledge.index_activated",
        "Another index version is searched from then on",
        {
            "version": "its name",
            "former": "the version before",
            "why": "activated, rolled back or rebuilt",
            "documents": "how many it holds",
            "unreadable": "how many could not be read",
        },
    ),
    Event(
        "knowledge.index_collected",
        "Old index versions were deleted",
        {"versions": "their names", "kept": "how many complete ones are kept"},
    ),
    Event("knowledge.index_deleted", "An index version was given up", {"version": "its name"}),
)
