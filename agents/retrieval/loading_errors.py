"""Why a file can't become a document."""


class LoadingError(Exception):
    """A file that can't be read; the text says why, for the person who sent it."""


class UnsupportedDocument(LoadingError):
    """A kind of file that isn't read here."""


class UnreadableDocument(LoadingError):
    """Content that is broken, encrypted, empty, or not what the file's name says."""


class DocumentTooLarge(LoadingError):
    """More bytes, characters, pages or rows than are taken."""
