"""Why a request is refused before any session looks at it (RFC 3261 section 8.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ringout.sip.in_dialog import KNOWN_ELSEWHERE

if TYPE_CHECKING:
    from collections.abc import Collection

    from ringout.sip.message import Request

NEEDS_DIALOG: Final = frozenset({"BYE", "INFO", "PRACK", "UPDATE", "NOTIFY"})

Refusal = tuple[int, str]  # code, finished header lines


def refuse_headers(request: Request, supported: Collection[str]) -> Refusal | None:
    """420 for an extension that we lack, 415 for a body that we cannot read; None = welcome. CANCEL is never asked.

    supported: option tags in lower case.
    """
    headers = request.headers
    if "Require" in headers:
        lacking = [tag for tag in headers.values("Require") if tag.lower() not in supported]
        if lacking:
            return 420, f"Unsupported: {', '.join(lacking)}\r\n"
    if request.body and request.method in ("INVITE", "UPDATE", "PRACK"):
        content_type = (headers.get("Content-Type") or "application/sdp").partition(";")[0].strip().lower()
        disposition = (headers.get("Content-Disposition") or "").lower().replace(" ", "")
        if content_type != "application/sdp" and "handling=optional" not in disposition:
            return 415, "Accept: application/sdp\r\n"
        encoding = headers.get("Content-Encoding")
        if encoding is not None and encoding.lower() != "identity":
            return 415, "Accept-Encoding: identity\r\n"
    return None


def refuse_method(method: str, allow_line: str) -> Refusal | None:
    """The answer to a request outside any dialog by its method alone; None for INVITE and OPTIONS."""
    if method in ("INVITE", "OPTIONS"):
        return None
    if method in NEEDS_DIALOG:
        return 481, ""
    return (405 if method in KNOWN_ELSEWHERE else 501), allow_line
