"""A request as the chat completions format has it, without secrets and personal data."""

from __future__ import annotations

from typing import Any

from agents.providers.base import ChatMessage, ModelRequest, ToolSpec
from agents.providers.contacts import Contacts


def request_body(request: ModelRequest, contacts: Contacts) -> dict[str, Any]:
    """What leaves the installation: every text in it without secrets and personal data, whoever put it there."""
    body: dict[str, Any] = {"messages": [_wire_message(message, contacts) for message in request.messages]}
    if request.tools:
        body["tools"] = [{"type": "function", "function": _wire_tool(tool, contacts)} for tool in request.tools]
        if request.tool_choice != "auto":
            body["tool_choice"] = request.tool_choice
    return body


def _wire_tool(tool: ToolSpec, contacts: Contacts) -> dict[str, Any]:
    parameters = contacts.hide_schema(tool.parameters)
    return {"name": tool.name, "description": contacts.hide(tool.description), "parameters": parameters}


def _wire_message(message: ChatMessage, contacts: Contacts) -> dict[str, Any]:
    content = contacts.hide(message.content)
    wire: dict[str, Any] = {"role": message.role, "content": content}
    if message.tool_call_id:
        wire["tool_call_id"] = message.tool_call_id
    if message.tool_calls:
        wire["content"] = content or None
        wire["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": contacts.hide_arguments(call.arguments)},
            }
            for call in message.tool_calls
        ]
    return wire
