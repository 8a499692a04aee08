"""The web pages of learning."""
