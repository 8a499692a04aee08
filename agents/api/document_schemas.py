"""What the routes of documents answer, for the API's documentation."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from agents.knowledge.models import Document


class DocumentSummary(serializers.Serializer[Any]):
    """A document without its text."""

    id = serializers.UUIDField()
    path = serializers.CharField()
    title = serializers.CharField()
    collection = serializers.CharField()
    state = serializers.ChoiceField(choices=Document.State.values)
    error = serializers.CharField(allow_null=True, help_text="Why it can't be found.")
    size = serializers.IntegerField(help_text="Bytes of the file.")
    owner = serializers.CharField()
    review_date = serializers.DateField(allow_null=True)
    dated = serializers.DateField(allow_null=True, help_text="The day that the document itself says it is of.")
    duplicate_of = serializers.CharField(
        allow_null=True, help_text="The path of an older document with the same or nearly the same text."
    )
    similarity = serializers.FloatField(allow_null=True, help_text="How alike the two are, from 0.8 to 1.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class DocumentDetail(DocumentSummary):
    """A document with the text read from it."""

    text = serializers.CharField()


class DocumentList(serializers.Serializer[Any]):
    """A page of documents, and how many there are in all."""

    documents = DocumentSummary(many=True)
    total = serializers.IntegerField()


class DocumentState(serializers.Serializer[Any]):
    """A document that is going."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=[Document.State.DELETING.value])
