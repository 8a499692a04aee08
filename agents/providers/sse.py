"""Server-sent events out of bytes as the network cuts them (WHATWG HTML, section 9.2.6).

Only the ``data`` of an event is of use here; its other fields and comments are read over.
"""

from __future__ import annotations

MAXIMUM_EVENT_BYTES = 1024 * 1024
_BOM = b"\xef\xbb\xbf"


class EventTooLong(ValueError):
    """An event is longer than any that a model's server has reason to send."""


class EventDecoder:
    """Feed it bytes; it gives the data of each event that they complete."""

    def __init__(self, maximum: int = MAXIMUM_EVENT_BYTES) -> None:
        self._maximum = maximum
        self._rest = b""  # of a line that hasn't ended
        self._data: list[bytes] = []  # of an event that hasn't ended
        self._size = 0
        self._started = False
        self._after_cr = False

    def feed(self, received: bytes) -> list[bytes]:
        """The data of the events that end here; lines of one event are joined by line feeds. Raises EventTooLong."""
        events: list[bytes] = []
        for line in self._lines(received):
            if line.startswith(b"data:"):
                self._append(line[6:] if line[5:6] == b" " else line[5:])
            elif not line:
                if self._data:
                    events.append(self._data[0] if len(self._data) == 1 else b"\n".join(self._data))
                    self._data, self._size = [], 0
            elif line == b"data":
                self._append(b"")
        if self._size + len(self._rest) > self._maximum:
            raise EventTooLong
        return events

    def _append(self, data: bytes) -> None:
        self._data.append(data)
        self._size += len(data) + 1

    def _lines(self, received: bytes) -> list[bytes]:
        """The lines that end here, without their ends: CR LF, LF or CR."""
        if not received:
            return []
        text = self._rest + received
        if not self._started:
            if _BOM.startswith(text) and len(text) < len(_BOM):
                self._rest = text
                return []
            text = text.removeprefix(_BOM)
            self._started = True
        if self._after_cr and text.startswith(b"\n"):
            text = text[1:]
        self._after_cr = text.endswith(b"\r")
        if b"\r" in text:
            text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        lines = text.split(b"\n")
        self._rest = lines.pop()
        return lines
