"""What can go wrong with the knowledge index."""


class RetrievalError(Exception):
    """The knowledge index can't do what was asked; the text says why."""


class IndexUnavailable(RetrievalError):
    """The index's database can't be reached or isn't set up."""


class IndexVersionError(RetrievalError):
    """No such index version, or one in a state that doesn't allow this."""


class BadFilter(RetrievalError):
    """A filter of a search that makes no sense; ``field`` names it, the text says how to mend it."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


class UnknownIndexVersion(IndexVersionError):
    """No version has that name."""


class VersionGone(IndexVersionError):
    """The version is deleted, or about to be."""


class IndexBuildRunning(IndexVersionError):
    """Another process builds an index version; there is never more than one at it."""
