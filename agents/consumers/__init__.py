"""Websockets: one run's events, and a chat session with everything that happens in it."""
