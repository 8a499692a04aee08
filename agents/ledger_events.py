"""What the ledger records about questions, answers, tool calls and conversations."""

from __future__ import annotations

from audit.events import Event

_ASKED = {
    "run": "id of the run that answers",
    "question": "id of the question's message",
    "answer": "id of the answer's message",
    "agent": "the agent that was asked for; empty for any",
}
_RUN = {
    "kind": "what kind of run it was",
    "session": "id of the conversation that it belongs to",
    "agent": "who answered",
    "mode": "llm or extractive",
    "attempt": "how many times it was begun",
    "route": "who was chosen and why, with the candidates' scores",
    "usage": "tokens, seconds and cost, by model and provider",
    "error": "why it failed",
    "latency_ms": "milliseconds from the question to the end",
    "consent": "whether the person consented",
    "greeting": "set where a greeting was answered without a search",
    "index_version": "the index version that was searched",
    "model": "the model that answered",
    "provider": "the model's provider",
    "answered": "whether the question was answered",
    "first_text_ms": "milliseconds to the first text",
    "retrieved": "the chunks that were found: where they stood, a digest of their text, scores, whether relevant",
    "cited": "the chunks that the answer cites: where they stood, and a digest of their text",
    "tools": "the tool calls, with their outcome",
    "searched": "how many chunks were searched",
    "warnings": "codes of what went otherwise than wished: another provider answered, a budget was spent, a search was poor",
}
_QUESTION = {"question": "the question"}
_TEXTS = {
    **_QUESTION,
    "query": "what was searched for, where that isn't the question",
    "answer": "the answer",
}
_BEGUN = {
    "kind": "what kind of run it is",
    "agent": "the agent that was asked for; empty for any",
    "retry_of": "id of the run that is tried again",
}
_CALL = {"call_id": "the call's id in its run", "tool": "the tool's name"}
_DECIDED = {**_CALL, "asked_by": "who started the run"}

_RUNS = (
    Event("agents.run_succeeded", "An answer was completed", _RUN, _TEXTS),
    Event("agents.run_failed", "A run ended with an error", _RUN, _TEXTS),
    Event("agents.run_cancelled", "A run was stopped", _RUN, _TEXTS),
    Event("agents.run_cancel_requested", "Somebody asked to stop a run"),
    Event(
        "agents.question_asked",
        "A question was asked outside of conversations, before anything is answered",
        {**_BEGUN, "consent": "true"},
        {"question": "the question"},
    ),
    Event(
        "agents.consent_refused",
        "A question came without consent; it was not kept",
        {**_BEGUN, "consent": "false", "request_id": "the request's id"},
    ),
    Event(
        "agents.feedback_given",
        "A person rated an answer, or took their rating back",
        {"rating": "up, down or nothing"},
        {"comment": "what they said"},
    ),
    Event(
        "agents.events_pruned",
        "Retention removed what old runs showed on their way",
        {"before": "runs that ended before this time", "runs": "how many runs", "events": "how many events went"},
    ),
    Event(
        "agents.agent_created",
        "An agent was made",
        {"name": "its name", "provider": "its provider", "model": "its model"},
    ),
)

_CALLS = (
    Event(
        "agents.tool_call_started",
        "A tool call begins",
        {
            **_CALL,
            "effect": "read, own (changes what belongs to who asked) or write",
            "fingerprint": "SHA-256 of tool and arguments",
            "approved_by": "who approved it, where it changes something",
        },
        {"arguments": "its arguments, as JSON"},
    ),
    Event(
        "agents.tool_call_finished",
        "A tool call has an outcome",
        {
            **_CALL,
            "fingerprint": "SHA-256 of tool and arguments",
            "ok": "whether it succeeded",
            "code": "what went wrong; IN_DOUBT where the run ended meanwhile",
            "characters": "length of what the tool said",
            "duration_ms": "milliseconds that it took",
        },
        {"output": "what the tool said, as far as it was kept"},
    ),
    Event(
        "agents.tool_call_refused",
        "A tool call that a model asked for wasn't made",
        {**_CALL, "code": "why: UNKNOWN_TOOL, BAD_ARGUMENTS, IDENTICAL_CALL or TOO_MANY_CALLS"},
        {"arguments": "its arguments, as JSON"},
    ),
    Event(
        "agents.tool_call_given_up",
        "A run went on or ended without a call that it had asked for",
        {**_CALL, "approved": "whether it had been approved"},
    ),
    Event(
        "agents.approval_requested",
        "A call that changes something waits for a person",
        {**_CALL, "fingerprint": "SHA-256 of tool and arguments"},
        {"summary": "what it would do, in plain words"},
    ),
    Event("agents.call_approved", "A person approved a call", _DECIDED, {"note": "what they said"}),
    Event("agents.call_denied", "A person declined a call", _DECIDED, {"note": "what they said"}),
    Event("agents.call_expired", "Nobody decided about a call in time", _DECIDED),
)

_CHAT = (
    Event("chat.session_created", "A conversation began", {"messages": "how many messages it brought along"}),
    Event("chat.session_updated", "A conversation was changed", {"changed": "names of what was changed"}),
    Event("chat.session_deleted", "A conversation was deleted"),
    Event("chat.message_posted", "A question was asked in a conversation", _ASKED, _QUESTION),
    Event("chat.message_edited", "A question was asked in another way", _ASKED, _QUESTION),
    Event("chat.answer_regenerated", "A question is answered once more", _ASKED, _QUESTION),
)

EVENTS = (*_RUNS, *_CALLS, *_CHAT)
