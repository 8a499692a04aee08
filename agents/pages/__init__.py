"""The web pages for conversations and documents."""
