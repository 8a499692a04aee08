"""The web pages of incidents."""
