"""The web pages of the ledger: what happened, and how anybody can tell that it is told as it was."""
