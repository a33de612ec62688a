"""SIP and SIPS URIs (RFC 3261 section 19.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ringout.sip.errors import MalformedMessage
from ringout.sip.grammar import HOST, MAX_PARAMETERS

_ESCAPED = r"%[0-9A-Fa-f]{2}"
_SIP_URI = re.compile(
    r"([Ss][Ii][Pp][Ss]?):"
    rf"(?:((?:[A-Za-z0-9\-_.!~*'()&=+$,;?/]|{_ESCAPED})+)(?::((?:[A-Za-z0-9\-_.!~*'()&=+$,]|{_ESCAPED})*))?@)?"
    rf"({HOST})(?::([0-9]{{1,5}}))?"
    r"((?:;[^?]*)?)(?:\?(.*))?\Z"
).match
_is_parameter_text = re.compile(rf"(?:[A-Za-z0-9\-_.!~*'()\[\]/:&+$]|{_ESCAPED})+\Z").match
_is_headers_text = re.compile(rf"(?:[A-Za-z0-9\-_.!~*'()\[\]/?:+$=&]|{_ESCAPED})*\Z").match
_escape = re.compile(_ESCAPED).sub
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):").match
_NEEDS_ESCAPE = re.compile(r"[^A-Za-z0-9\-_.!~*'()&=+$,;?/]").sub

# Present in one URI only, these make a difference even at their default value (section 19.1.4; transport by its
# examples); every other parameter counts only when both URIs have it.
_COUNTING_PARAMETERS = ("user", "ttl", "method", "maddr", "transport")


@dataclass(slots=True, eq=False)
class SipUri:
    """A sip: or sips: URI.

    scheme: "sip" or "sips". user, password, parameter values and headers stay escaped as sent. host: a name, an IPv4
    address or an IPv6 address in brackets. params: names in lower case, None for a parameter without "=".
    headers: what follows "?", as sent, "" when nothing does. Equality is section 19.1.4's, not that of the text.
    """

    scheme: str
    user: str | None
    password: str | None
    host: str
    port: int | None = None
    params: dict[str, str | None] = field(default_factory=dict)
    headers: str = ""

    @classmethod
    def parse(cls, text: str) -> SipUri:
        """Raises MalformedMessage: code 416 for a well-formed URI of another scheme, 400 for anything else."""
        match = _SIP_URI(text)
        if match is None:
            scheme = _SCHEME(text)
            if scheme and scheme[1].lower() not in ("sip", "sips") and " " not in text:
                raise MalformedMessage("Unsupported URI scheme", 416)
            raise MalformedMessage("Bad SIP URI")
        scheme_text, user, password, host, port_text, parameters, headers = match.groups()
        port = None
        if port_text is not None:
            port = int(port_text)
            if not 0 < port < 65536:
                raise MalformedMessage("Bad port")
        if headers and not _is_headers_text(headers):
            raise MalformedMessage("Bad URI headers")
        params = _parse_uri_parameters(parameters) if parameters else {}
        return cls(scheme_text.lower(), user, password, host, port, params, headers or "")

    def __str__(self) -> str:
        userinfo = ""
        if self.user is not None:
            userinfo = f"{self.user}@" if self.password is None else f"{self.user}:{self.password}@"
        port = "" if self.port is None else f":{self.port}"
        params = "".join(f";{n}" if v is None else f";{n}={v}" for n, v in self.params.items())
        headers = f"?{self.headers}" if self.headers else ""
        return f"{self.scheme}:{userinfo}{self.host}{port}{params}{headers}"

    @property
    def lr(self) -> bool:
        """True for a loose router's URI (RFC 3261 section 16.12)."""
        return "lr" in self.params

    @property
    def transport(self) -> str | None:
        """The transport parameter in lower case."""
        value = self.params.get("transport")
        return value.lower() if value else None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SipUri):
            return NotImplemented
        return (
            self._identity() == other._identity()
            and _same_parameters(self.params, other.params)
            and _comparable_headers(self.headers) == _comparable_headers(other.headers)
        )

    def __hash__(self) -> int:
        return hash(self._identity())

    def _identity(self) -> tuple[str, str | None, str | None, str, int | None]:
        return (self.scheme, _comparable(self.user), _comparable(self.password), self.host.lower(), self.port)


def escape_user(text: str) -> str:
    """text as the user part of a URI: what the grammar does not allow there becomes %XX of its UTF-8 bytes."""
    return _NEEDS_ESCAPE(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), text)


def _parse_uri_parameters(text: str) -> dict[str, str | None]:
    """text: from the first semicolon on. As tolerant as grammar.parse_parameters."""
    params: dict[str, str | None] = {}
    if text.count(";") > MAX_PARAMETERS:
        raise MalformedMessage("Too many URI parameters")
    if text[-1] == ";":
        text = text[:-1]
    for piece in text[1:].split(";") if text else ():
        name, equals, value = piece.partition("=")
        if not _is_parameter_text(name) or (equals and not _is_parameter_text(value)):
            raise MalformedMessage("Bad URI parameter")
        params.setdefault(name.lower(), value if equals else None)
    return params


def _comparable(text: str | None) -> str | None:
    """Escapes of characters outside RFC 2396's reserved set are undone; the others get capital hexadecimal digits."""
    if text is None or "%" not in text:
        return text
    return _escape(_undo_escape, text)


def _undo_escape(match: re.Match[str]) -> str:
    character = chr(int(match[0][1:], 16))
    return character if character not in ";/?:@&=+$,%" and " " < character < "\x7f" else match[0].upper()


def _same_parameters(ours: dict[str, str | None], theirs: dict[str, str | None]) -> bool:
    for name in _COUNTING_PARAMETERS:
        if (name in ours) != (name in theirs):
            return False
    return all(
        (_comparable(value) or "").lower() == (_comparable(theirs[name]) or "").lower()
        for name, value in ours.items()
        if name in theirs
    )


def _comparable_headers(text: str) -> list[tuple[str, str | None]]:
    """Headers count whatever their order (section 19.1.4); names without regard to case."""
    if not text:
        return []
    pieces = [piece.partition("=") for piece in text.split("&")]
    return sorted((name.lower(), _comparable(value)) for name, _, value in pieces)
