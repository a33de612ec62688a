"""What a SIPp phone does, step by step: each function gives one element of a SIPp scenario.

A phone is a list: `[recv_invite(), reply(180), reply(200, body=sdp()), recv("ACK"), recv("BYE"), reply_last()]`.
The INVITE's headers are kept in variables, so that a reply to it can be sent after other requests have come.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import quoteattr

REASONS = {
    100: "Trying", 180: "Ringing", 181: "Call Is Being Forwarded", 183: "Session Progress", 200: "OK",
    302: "Moved Temporarily", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
    407: "Proxy Authentication Required", 408: "Request Timeout", 410: "Gone", 415: "Unsupported Media Type",
    422: "Session Interval Too Small", 480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist",
    484: "Address Incomplete", 486: "Busy Here", 487: "Request Terminated", 488: "Not Acceptable Here",
    491: "Request Pending",
    500: "Server Internal Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Server Time-out",
    600: "Busy Everywhere", 603: "Decline", 604: "Does Not Exist Anywhere", 606: "Not Acceptable",
}  # fmt: skip

SDP = """v=0
o=phone 1 {version} IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio [$rtp_port] RTP/AVP {formats}
{rtpmaps}a=fmtp:101 0-15
a=ptime:20
{direction}"""

_RTPMAPS = {0: "PCMU/8000", 8: "PCMA/8000", 101: "telephone-event/8000"}

# A header's regular expression keeps the value without the blank before it.
_KEPT = {"via": "Via", "from": "From", "to": "To", "cseq": "CSeq", "contact": "Contact"}


def sdp(direction: str = "", version: int = 1, formats: Sequence[int] = (0, 101)) -> str:
    """The phone's session description; [$rtp_port] is filled in when the scenario is written."""
    rtpmaps = "".join(f"a=rtpmap:{pt} {_RTPMAPS[pt]}\n" for pt in formats)
    line = f"a={direction}\n" if direction else ""
    return SDP.format(version=version, formats=" ".join(map(str, formats)), rtpmaps=rtpmaps, direction=line)


def recv_invite(*, seconds: float = 100) -> str:
    """Waits for the INVITE and keeps its headers for the replies."""
    actions = "".join(
        f'<ereg regexp=".*" search_in="hdr" header="{header}:" check_it="true" assign_to="{name}"/>'
        for name, header in _KEPT.items()
    )
    actions += '<ereg regexp="sip:[^&gt;]*" search_in="hdr" header="Contact:" check_it="true" assign_to="target"/>'
    return f'<recv request="INVITE" timeout="{seconds * 1000:.0f}"><action>{actions}</action></recv>'


def recv(what: str | int, *, seconds: float = 100, optional: bool = False, has: dict[str, str] | None = None) -> str:
    """Waits for a request or, given a number, a response. has: header -> regular expression that it must match."""
    kind = f'response="{what}"' if isinstance(what, int) else f'request="{what}"'
    actions = "".join(
        f'<ereg regexp={quoteattr(regexp)} search_in="hdr" header="{header}:" check_it="true" assign_to="checked"/>'
        for header, regexp in (has or {}).items()
    )
    inside = f"<action>{actions}</action>" if actions else ""
    maybe = ' optional="true"' if optional else ""
    return f'<recv {kind} timeout="{seconds * 1000:.0f}"{maybe}>{inside}</recv>'


def reply(
    code: int,
    reason: str | None = None,
    *,
    body: str = "",
    tag: str = "callee-tag",
    headers: Sequence[str] = (),
    retransmit: bool = False,
) -> str:
    """A response to the INVITE. retransmit: SIPp sends it again (T1 doubling) until the ACK.

    Where another message is sent next, nothing may come in between but a copy of what came last: SIPp takes messages
    only where the scenario waits for them."""
    lines = [
        f"SIP/2.0 {code} {reason if reason is not None else REASONS[code]}".rstrip(),
        "Via:[$via]",
        "From:[$from]",
        f"To:[$to];tag={tag}" if code > 100 else "To:[$to]",
        "Call-ID: [call_id]",
        "CSeq:[$cseq]",
        "Contact: <sip:phone@[local_ip]:[local_port];transport=[transport]>",
        *headers,
    ]
    return _send(lines, body, 'retrans="500"' if retransmit else "")


def reply_last(code: int = 200, *, body: str = "", headers: Sequence[str] = ()) -> str:
    """A response to the last request that came (BYE, CANCEL, PRACK, re-INVITE ...)."""
    lines = [
        f"SIP/2.0 {code} {REASONS[code]}",
        "[last_Via:]",
        "[last_From:]",
        "[last_To:]",
        "[last_Call-ID:]",
        "[last_CSeq:]",
        "Contact: <sip:phone@[local_ip]:[local_port];transport=[transport]>",
        *headers,
    ]
    return _send(lines, body)


def ask(
    method: str,
    cseq: int,
    *,
    body: str = "",
    content_type: str = "application/sdp",
    tag: str = "callee-tag",
    headers: Sequence[str] = (),
    branch: str | None = None,
) -> str:
    """A request of the phone's own within the dialog. branch: the same for an ACK of a refused re-INVITE."""
    lines = [
        f"{method} [$target] SIP/2.0",
        f"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=z9hG4bK-{branch or f'{method}-{cseq}'}-[pid]",
        f"From:[$to];tag={tag}",
        "To:[$from]",
        "Call-ID: [call_id]",
        f"CSeq: {cseq} {method}",
        "Contact: <sip:phone@[local_ip]:[local_port];transport=[transport]>",
        "Max-Forwards: 70",
        *headers,
    ]
    return _send(lines, body, content_type=content_type)


def pause(seconds: float) -> str:
    """The phone does nothing for a while. A message that comes meanwhile is one that it did not expect, unless the next
    step takes it."""
    return f'<pause milliseconds="{seconds * 1000:.0f}"/>'


def _send(lines: list[str], body: str, attributes: str = "", content_type: str = "application/sdp") -> str:
    if body:
        lines = [*lines, f"Content-Type: {content_type}"]
    text = "\n".join([*lines, "Content-Length: [len]", "", body])
    return f"<send {attributes}><![CDATA[\n{text}\n]]></send>"


def scenario(name: str, steps: Sequence[str], rtp_port: int) -> str:
    """The XML file of one SIPp scenario."""
    body = "\n".join(steps).replace("[$rtp_port]", str(rtp_port))
    # SIPp refuses a variable that is assigned and never used, and a reference to one that does not exist.
    names = ",".join(name for name in [*_KEPT, "target", "checked"] if f'assign_to="{name}"' in body)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="{name}">\n{body}\n'
        f'<Reference variables="{names}"/>\n</scenario>\n'
    )


# --- what most phones do -------------------------------------------------------------------------------------------


def answers(*, ringing: bool = True, then: Sequence[str] | None = None) -> list[str]:
    """Rings, answers, and waits for the BYE (or does `then`)."""
    after = list(then) if then is not None else [recv("BYE"), reply_last()]
    return [
        recv_invite(),
        reply(100),
        *([reply(180)] if ringing else []),
        reply(200, body=sdp(), retransmit=True),
        recv("ACK"),
        *after,
    ]


def refuses(code: int, reason: str | None = None, *, ringing: bool = False, headers: Sequence[str] = ()) -> list[str]:
    """Gives a final answer that is not a 200, and wants its ACK."""
    first = [reply(180)] if ringing else []
    return [recv_invite(), reply(100), *first, reply(code, reason, headers=headers, retransmit=True), recv("ACK")]


def rings_until_cancelled() -> list[str]:
    """180 at once, no 100: a CANCEL may follow the first answer, and SIPp takes it only after all of its answers."""
    return [
        recv_invite(),
        reply(180),
        recv("CANCEL"),
        reply_last(),
        reply(487, retransmit=True),
        recv("ACK"),
    ]


def hangs_up(after_seconds: float = 0.0, cseq: int = 1) -> list[str]:
    """For `answers(then=...)`: the phone's own BYE. cseq: higher than that of its requests before."""
    wait = [pause(after_seconds)] if after_seconds else []
    return [*wait, ask("BYE", cseq), recv(200)]
