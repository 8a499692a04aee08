"""Addresses of the web pages for asking and for documents."""

from agents import pages
from aurora_site.core.http.urls import route

urlpatterns = [
    route("", pages.home, name="home"),
    route("documents", pages.documents, name="document-list-page"),
    route("documents/upload", pages.upload, name="document-upload-page"),
    route("documents/<uuid:document_id>", pages.document, name="document-page"),
]
