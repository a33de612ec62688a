"""Header values that have an inner structure: addresses (From, To, Contact, Route ...) and Via."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ringout.sip.errors import MalformedMessage
from ringout.sip.grammar import HOST, QUOTED_STRING, format_parameters, parse_parameters, quote, unquote

_NAME_ADDR = re.compile(rf'(?:({QUOTED_STRING})[ \t]*|([^"<>]*))<([^<>]*)>', re.DOTALL).match
_ADDR_SPEC = re.compile(r'[^ \t;,?<>"]+').match
_is_uri = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[!-~]+\Z").match
_VIA = re.compile(
    r"[ \t]*SIP[ \t]*/[ \t]*2\.0[ \t]*/[ \t]*([A-Za-z0-9\-.!%*_+`'~]+)[ \t]+"
    rf"({HOST})(?:[ \t]*:[ \t]*([0-9]{{1,5}}))?",
    re.IGNORECASE,
).match


@dataclass(slots=True)
class NameAddr:
    """`"display" <uri>;params`, also in the short form `uri;params`.

    display: unquoted text, "" when there is none. uri: as sent, its scheme not judged. params: header parameters,
    names in lower case, values as sent, so a tag with + ! * % comes out as it came in.
    """

    display: str
    uri: str
    params: dict[str, str | None] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> NameAddr:
        """Raises MalformedMessage. The short form may hold neither "?" nor "," (RFC 3261 section 20.10)."""
        # Without this the pattern could split leading blanks in many ways, and try them all.
        text = text.strip(" \t")
        match = _NAME_ADDR(text)
        if match is not None:
            quoted, plain, uri = match.groups()
            display = unquote(quoted) if quoted is not None else plain.rstrip(" \t")
        else:
            match = _ADDR_SPEC(text)
            if match is None:
                raise MalformedMessage("Bad address")
            uri = match[0]
            display = ""
        if not _is_uri(uri):
            raise MalformedMessage("Bad URI in address")
        return cls(display, uri, parse_parameters(text, match.end()))

    def __str__(self) -> str:
        address = f"<{self.uri}>" if not self.display else f"{quote(self.display)} <{self.uri}>"
        return address + format_parameters(self.params)


@dataclass(slots=True)
class Via:
    """One Via element. transport: in capitals. host: IPv6 in brackets. port: None when not sent.

    params: branch, received, rport ...; rport is None as a bare flag (RFC 3581).
    """

    transport: str
    host: str
    port: int | None = None
    params: dict[str, str | None] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Via:
        """One element only. Raises MalformedMessage."""
        match = _VIA(text)
        if match is None:
            raise MalformedMessage("Bad Via")
        transport, host, port_text = match.groups()
        port = None
        if port_text is not None:
            port = int(port_text)
            if not 0 < port < 65536:
                raise MalformedMessage("Bad port in Via")
        return cls(transport.upper(), host, port, parse_parameters(text, match.end()))

    @property
    def branch(self) -> str | None:
        """The branch parameter."""
        return self.params.get("branch")

    def __str__(self) -> str:
        port = "" if self.port is None else f":{self.port}"
        return f"SIP/2.0/{self.transport} {self.host}{port}{format_parameters(self.params)}"
