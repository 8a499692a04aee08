"""The agents app's tables, each kept beside the code that owns it."""

from agents.catalog.models import Agent
from agents.chat.models import ChatSession, Message
from agents.knowledge.models import Document
from agents.runs.models import Run, RunEvent

__all__ = ["Agent", "ChatSession", "Document", "Message", "Run", "RunEvent"]
