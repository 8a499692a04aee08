"""The agents app's tables, each kept beside the code that owns it."""

from agents.catalog.models import Agent
from agents.chat.models import ChatSession, Message
from agents.knowledge.models import Document, DocumentBand, DocumentReport, UnansweredQuestion
from agents.runs.models import Feedback, Run, RunEvent
from agents.runs.tool_models import ToolCall

__all__ = [
    "Agent", "ChatSession", "Document", "DocumentBand", "DocumentReport", "Feedback", "Message", "Run", "RunEvent",
    "ToolCall", "UnansweredQuestion",
]  # fmt: skip
