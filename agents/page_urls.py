"""Addresses of the web pages for conversations and documents."""

from agents.pages import conversation, conversations, documents
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
    route("documents/upload", documents.upload, name="document-upload-page"),
    route("documents/<uuid:document_id>", documents.document, name="document-page"),
]
