"""What operators see of the agents app in Django's admin."""

from agents.admin import conversations, knowledge

__all__ = ["conversations", "knowledge"]
