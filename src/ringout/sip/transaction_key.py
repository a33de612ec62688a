"""What makes two messages belong to one transaction (RFC 3261 sections 17.1.3, 17.2.3 and 8.2.2.2)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ringout.sip.errors import MalformedMessage

if TYPE_CHECKING:
    from ringout.sip.message import Request, Response

MAGIC_COOKIE = "z9hG4bK"

ClientKey = tuple[str, str]  # branch, method
ServerKey = tuple[str, ...]
_branch = re.compile(r"[^,]*?;[ \t]*branch[ \t]*=[ \t]*([^;, \t]+)", re.IGNORECASE).match

MergeKey = tuple[str, str | None, int, str]


def client_key(response: Response) -> ClientKey:
    """Raises MalformedMessage when CSeq is missing or broken, or Via missing.

    Our own Via comes back as we wrote it, so its branch is looked for without reading the rest: four of these per leg.
    """
    via = response.headers.get("Via")
    if not via:
        raise MalformedMessage("Missing Via")
    found = _branch(via)
    return (found[1] if found else "", response.cseq[1])


def server_key(request: Request, method: str | None = None) -> ServerKey:
    """An ACK has the key of its INVITE. method: whose transaction to look for, for example INVITE for a CANCEL.

    Raises MalformedMessage when Via, CSeq, From or Call-ID is missing or broken.
    """
    if method is None:
        method = "INVITE" if request.method == "ACK" else request.method
    via = request.top_via
    branch = via.params.get("branch")
    if branch and branch.startswith(MAGIC_COOKIE) and len(branch) > len(MAGIC_COOKIE):
        return (branch, via.host.lower(), str(via.port or ""), method)
    # RFC 2543 peers: no unique branch. The To tag of the ACK is ours and the Request-URI may differ, so neither counts.
    number, _ = request.cseq
    return (request.call_id, request.from_tag or "", str(number), str(via), method)


def merge_key(request: Request) -> MergeKey:
    """The same for two copies of one request that came by different ways."""
    number, method = request.cseq
    return (request.call_id, request.from_tag, number, method)
