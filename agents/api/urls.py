"""The agents' addresses, by family."""

from agents.api import (
    agents,
    answers,
    approvals,
    chat,
    chat_messages,
    index_versions,
    knowledge,
    questions,
    runs,
    schemas,
)
from aurora_site.core.http.urls import route

v1_urlpatterns = [
    route("agents/execute", answers.ExecuteView.as_view(), name="agents-execute"),
    route("aurora", answers.AuroraView.as_view(), name="aurora"),
]
stream_urlpatterns = [
    route("<str:name>/stream", answers.StreamView.as_view(), name="agent-stream"),
]
api_v1_urlpatterns = [
    route("agents", agents.AgentsView.as_view(), name="agents"),
    route("agents/<str:name>", agents.AgentView.as_view(), name="agent"),
    route("runs", runs.RunsView.as_view(), name="runs"),
    route("runs/<uuid:run_id>", runs.RunView.as_view(), name="run"),
    route("runs/<uuid:run_id>/events", runs.RunEventsView.as_view(), name="run-events"),
    route("runs/<uuid:run_id>/stream", runs.RunStreamView.as_view(), name="run-stream"),
    route("runs/<uuid:run_id>/cancel", runs.RunCancelView.as_view(), name="run-cancel"),
    route("runs/<uuid:run_id>/retry", runs.RunRetryView.as_view(), name="run-retry"),
    route("runs/<uuid:run_id>/feedback", runs.RunFeedbackView.as_view(), name="run-feedback"),
    route("runs/<uuid:run_id>/approvals", approvals.ApprovalsView.as_view(), name="run-approvals"),
    route("runs/<uuid:run_id>/approvals/<str:call_id>", approvals.ApprovalView.as_view(), name="run-approval"),
    route("schemas/run-events", schemas.RunEventsSchemaView.as_view(), name="run-events-schema"),
    route("knowledge/documents", knowledge.DocumentsView.as_view(), name="documents"),
    route("knowledge/documents/<uuid:document_id>", knowledge.DocumentView.as_view(), name="document"),
    route("knowledge/versions", index_versions.VersionsView.as_view(), name="index-versions"),
    route("knowledge/versions/rollback", index_versions.VersionRollbackView.as_view(), name="index-rollback"),
    route(
        "knowledge/versions/<str:name>/activate", index_versions.VersionActivateView.as_view(), name="index-activate"
    ),
    route("knowledge/questions", questions.QuestionsView.as_view(), name="questions"),
    route(
        "knowledge/questions/<uuid:question_id>/settle", questions.QuestionSettleView.as_view(), name="question-settle"
    ),
    route("knowledge/search", knowledge.SearchView.as_view(), name="knowledge-search"),
]
chat_urlpatterns = [
    route("sessions", chat.SessionsView.as_view(), name="chat-sessions"),
    route("sessions/<uuid:session_id>", chat.SessionView.as_view(), name="chat-session"),
    route("sessions/<uuid:session_id>/status", chat.SessionStatusView.as_view(), name="chat-session-status"),
    route("sessions/<uuid:session_id>/messages", chat_messages.MessagesView.as_view(), name="chat-messages"),
    route(
        "sessions/<uuid:session_id>/messages/<uuid:message_id>/edit",
        chat_messages.MessageEditView.as_view(),
        name="chat-message-edit",
    ),
    route(
        "sessions/<uuid:session_id>/messages/<uuid:message_id>/regenerate",
        chat_messages.MessageRegenerateView.as_view(),
        name="chat-message-regenerate",
    ),
]
admin_urlpatterns = [
    route("reindex", knowledge.ReindexView.as_view(), name="reindex"),
]
