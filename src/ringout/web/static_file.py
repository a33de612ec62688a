"""A file that browsers fetch: compressed once, at the start, and sent again only when it has changed."""

from __future__ import annotations

import gzip
import hashlib
import re

from ringout.web.message import Answer, Headers, Request

_MOST_TAGS = 1000  # characters of If-None-Match that are looked at
_TAG = re.compile(r'(?:W/)?("[^"]*")')
_REFUSED = re.compile(r";\s*q=0(?:\.0*)?\s*$")
_SMALLEST_BYTES = 600  # what is smaller fits into the first packet as it is


class StaticFile:
    """content: the bytes; brotli: the same compressed by the build, None = not there. headers: besides those that tell
    of the content."""

    def __init__(self, content: bytes, content_type: str, headers: Headers = (), brotli: bytes | None = None) -> None:
        bodies = {"": content}
        if _is_text(content_type) and len(content) >= _SMALLEST_BYTES:
            bodies |= {"br": brotli} if brotli else {}
            bodies["gzip"] = gzip.compress(content, mtime=0)
        # A 304 leaves the browser with the headers that it has: other headers are another file.
        digest = hashlib.sha256(content + repr(headers).encode()).hexdigest()[:20]
        kind = (b"content-type", content_type.encode())
        self._answers = {
            encoding: _answer(body, f'"{digest}{encoding and "-"}{encoding}"', encoding, (kind, *headers))
            for encoding, body in bodies.items()
        }

    def answer(self, request: Request) -> Answer:
        """200 in the best encoding that the browser takes, or 304 when it has that already (RFC 9110 13.1.2)."""
        accepted = _accepted(request.header(b"accept-encoding"))
        encoding = next(name for name in ("br", "gzip", "") if name in accepted and name in self._answers)
        tag, answer = self._answers[encoding]
        wanted = request.header(b"if-none-match")[:_MOST_TAGS]
        if wanted.strip() == "*" or tag in _TAG.findall(wanted):
            return Answer(304, b"", [header for header in answer.headers if not header[0].startswith(b"content-")])
        return answer


def _answer(body: bytes, tag: str, encoding: str, headers: Headers) -> tuple[str, Answer]:
    told: Headers = (*headers, (b"etag", tag.encode()), (b"vary", b"Accept-Encoding"), (b"cache-control", b"no-cache"))
    if encoding:
        told = (*told, (b"content-encoding", encoding.encode()))
    return tag, Answer(200, body, told)


def _is_text(content_type: str) -> bool:
    return content_type.startswith("text/") or "json" in content_type or "xml" in content_type


def _accepted(header: str) -> set[str]:
    """Names of the encodings in an Accept-Encoding header, and "" for none at all, which always is."""
    parts = header[:_MOST_TAGS].lower().split(",")
    return {"", *(part.partition(";")[0].strip() for part in parts if not _REFUSED.search(part))}
