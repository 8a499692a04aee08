"""Addresses of the web pages for conversations and documents."""

from agents.pages import (
    conversation,
    conversations,
    document,
    documents,
    index_versions,
    knowledge_search,
    questions,
    uploads,
)
from aurora_site.core.http.urls import route

urlpatterns = [
    route("", conversation.home, name="home"),
    route("chat/<uuid:session_id>", conversation.conversation, name="conversation-page"),
    route("chat/<uuid:session_id>/thread", conversation.thread, name="conversation-thread"),
    route("conversations", conversations.conversations, name="conversation-list-page"),
    route("conversations/recent", conversation.recent, name="conversation-recent"),
    route("conversations/<uuid:session_id>/rename", conversations.rename, name="conversation-rename-page"),
    route("conversations/<uuid:session_id>/delete", conversations.delete, name="conversation-delete-page"),
    route("documents", documents.documents, name="document-list-page"),
    route("documents/upload", uploads.upload, name="document-upload-page"),
    route("documents/states", uploads.states, name="document-states"),
    route("documents/<uuid:document_id>", document.document, name="document-page"),
    route("documents/<uuid:document_id>/delete", document.delete, name="document-delete"),
    route("documents/<uuid:document_id>/describe", document.describe, name="document-describe"),
    route("documents/<uuid:document_id>/passages", document.passages, name="document-passages"),
    route("documents/<uuid:document_id>/report", document.report, name="document-report"),
    route(
        "documents/<uuid:document_id>/reports/<uuid:report_id>/settle",
        document.report_settle,
        name="document-report-settle",
    ),
    route("knowledge/search", knowledge_search.search_page, name="knowledge-search-page"),
    route("knowledge/versions", index_versions.index_versions, name="index-version-page"),
    route("knowledge/versions/rebuild", index_versions.rebuild, name="index-rebuild-page"),
    route("knowledge/versions/rollback", index_versions.roll_back, name="index-rollback-page"),
    route("knowledge/versions/<str:name>/switch", index_versions.switch, name="index-switch-page"),
    route("knowledge/versions/<str:name>/delete", index_versions.delete, name="index-delete-page"),
    route("knowledge/questions", questions.questions, name="question-list-page"),
    route("knowledge/questions/<uuid:question_id>", questions.ask_again, name="question-page"),
    route("knowledge/questions/<uuid:question_id>/settle", questions.settle, name="question-settle-page"),
]
