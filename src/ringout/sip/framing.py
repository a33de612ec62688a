"""Whole messages out of a byte stream (RFC 3261 section 18.3)."""

from __future__ import annotations

import re

from ringout.sip.errors import MalformedStream

_content_lengths = re.compile(
    rb"\r\n(?:content-length|l)[ \t]*:([^\r\n]*(?:\r\n[ \t][^\r\n]*)*)", re.IGNORECASE
).findall
_empty_lines = re.compile(rb"(?:\r\n)+").match  # a peer may send nothing else, and without pause


class StreamFramer:
    """Cuts one connection's bytes into messages. Empty lines between messages are keep-alives (RFC 5626) and counted.

    max_bytes: the largest message, header and body together; also what one connection can make us hold.
    has_seen_empty_line: ever.
    """

    __slots__ = ("_buffer", "_empty_lines", "_max_bytes", "_needed", "_pinged", "_scanned", "has_seen_empty_line")

    def __init__(self, max_bytes: int) -> None:
        self._buffer = bytearray()
        self._max_bytes = max_bytes
        self._scanned = 0  # bytes in which no end of the header begins
        self._needed = 0  # size of the message at the front, 0 = its header is not complete
        self._empty_lines = 0  # since the last message
        self._pinged = False
        self.has_seen_empty_line = False

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that data completes, in order. Raises MalformedStream, and the connection is lost:

        no Content-Length, one that is no number, two that differ, or a message beyond max_bytes. Messages completed
        before the fault in the same call are lost with it.
        """
        buffer = self._buffer
        buffer += data
        messages: list[bytes] = []
        begin = 0
        while True:
            if not self._needed:
                begin = self._skip_empty_lines(begin)
                self._scanned = max(self._scanned, begin)
                self._needed = self._message_size(begin)
            if not self._needed or len(buffer) - begin < self._needed:
                break
            messages.append(bytes(buffer[begin : begin + self._needed]))
            begin += self._needed
            self._scanned, self._needed = begin, 0
            self._empty_lines = 0
        del buffer[:begin]
        self._scanned = max(self._scanned - begin, 0)
        return messages

    def take_ping(self) -> bool:
        """Whether two empty lines in a row have come since the last question, whatever portions they came in."""
        pinged, self._pinged = self._pinged, False
        return pinged

    def _skip_empty_lines(self, begin: int) -> int:
        match = _empty_lines(self._buffer, begin)
        if match is None:
            return begin
        before = self._empty_lines
        self._empty_lines += (match.end() - begin) // 2
        self._pinged = self._pinged or self._empty_lines // 2 > before // 2
        self.has_seen_empty_line = True
        return match.end()

    def _message_size(self, begin: int) -> int:
        """Size of the message at begin, 0 while its header is incomplete."""
        buffer = self._buffer
        end = buffer.find(b"\r\n\r\n", self._scanned)
        if end < 0:
            if len(buffer) - begin > self._max_bytes:
                raise MalformedStream("Header too large")
            self._scanned = max(begin, len(buffer) - 3)
            return 0
        size = end + 4 - begin + _content_length(bytes(buffer[begin : end + 2]))
        if size > self._max_bytes:
            raise MalformedStream("Message too large")
        return size


def _content_length(head: bytes) -> int:
    lengths = {text.strip(b" \t\r\n") for text in _content_lengths(head)}
    if len(lengths) != 1:
        raise MalformedStream("Content-Length missing or ambiguous")
    text = lengths.pop()
    if not text.isdigit() or len(text) > 9:
        raise MalformedStream("Bad Content-Length")
    return int(text)
