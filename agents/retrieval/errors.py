"""What can go wrong with the knowledge index."""


class RetrievalError(Exception):
    """The knowledge index can't do what was asked; the text says why."""


class IndexUnavailable(RetrievalError):
    """The index's database can't be reached or isn't set up."""


class IndexVersionError(RetrievalError):
    """No such index version, or one in a state that doesn't allow this."""
