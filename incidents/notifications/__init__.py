"""Telling people and systems of what happens to incidents: by signed webhook, e-mail, or a Slack-compatible webhook."""
