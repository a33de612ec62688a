"""Reads and writes session descriptions. Source: RFC 8866."""

from __future__ import annotations

from dataclasses import dataclass, field

from ringout.sdp.errors import MalformedDescription

MAX_BYTES = 16384
MAX_LINES = 600
MAX_MEDIA = 32

Attribute = tuple[str, str]  # name, value ("" for a flag)


@dataclass(slots=True)
class MediaDescription:
    """One m= section. port 0 = refused or removed. formats: payload type numbers as text, in order of preference."""

    kind: str
    port: int
    protocol: str
    formats: list[str]
    host: str | None = None  # of its own c= line
    attributes: list[Attribute] = field(default_factory=list)

    def attribute(self, name: str) -> str | None:
        """The value of the first attribute of that name, "" for a flag, None when there is none."""
        return next((value for key, value in self.attributes if key == name), None)

    def all(self, name: str) -> list[str]:
        """The values of every attribute of that name, in order."""
        return [value for key, value in self.attributes if key == name]


@dataclass(slots=True)
class SessionDescription:
    """One whole description. Lines that mean nothing to us (s, i, b, t, k, ...) are read over and not kept."""

    username: str
    session_id: str
    version: str
    origin_host: str
    host: str | None = None  # of the session-level c= line
    attributes: list[Attribute] = field(default_factory=list)
    media: list[MediaDescription] = field(default_factory=list)

    @classmethod
    def parse(cls, body: bytes) -> SessionDescription:
        """Raises MalformedDescription, and nothing else, for any bytes. LF alone ends a line too."""
        lines = _lines(body)
        if not lines or lines[0] != ("v", "0"):
            raise MalformedDescription("The first line is not v=0.")
        if len(lines) < 2 or lines[1][0] != "o":
            raise MalformedDescription("The second line is not an origin.")
        description = cls(*_origin(lines[1][1]))
        section: MediaDescription | None = None
        for kind, value in lines[2:]:
            if kind == "m":
                section = _media(value)
                description.media.append(section)
                if len(description.media) > MAX_MEDIA:
                    raise MalformedDescription("Too many media sections.")
            elif kind == "c":
                host = _connection(value)
                if section is not None:
                    section.host = section.host or host
                else:
                    description.host = host
            elif kind == "a":
                name, _, text = value.partition(":")
                (description if section is None else section).attributes.append((name.strip().lower(), text.strip()))
        return description

    def encode(self) -> bytes:
        """CRLF lines in the order RFC 8866 section 5 demands."""
        lines = [
            "v=0",
            f"o={self.username} {self.session_id} {self.version} IN {family(self.origin_host)} {self.origin_host}",
            "s=-",
        ]
        if self.host is not None:
            lines.append(f"c=IN {family(self.host)} {self.host}")
        lines.append("t=0 0")
        lines += [_attribute_line(item) for item in self.attributes]
        for media in self.media:
            lines.append(f"m={media.kind} {media.port} {media.protocol} {' '.join(media.formats)}")
            if media.host is not None:
                lines.append(f"c=IN {family(media.host)} {media.host}")
            lines += [_attribute_line(item) for item in media.attributes]
        return ("\r\n".join(lines) + "\r\n").encode()


def family(host: str) -> str:
    """The address type word of an IP address or host name."""
    return "IP6" if ":" in host else "IP4"


def _attribute_line(attribute: Attribute) -> str:
    name, value = attribute
    return f"a={name}:{value}" if value else f"a={name}"


def _lines(body: bytes) -> list[tuple[str, str]]:
    if len(body) > MAX_BYTES:
        raise MalformedDescription("The description is too long.")
    # Values are of no charset that matters to us; latin-1 reads any bytes.
    lines = body.decode("latin-1").replace("\r\n", "\n").split("\n")
    if len(lines) > MAX_LINES:
        raise MalformedDescription("The description has too many lines.")
    parsed = []
    for line in lines:
        if not line.strip():
            continue
        if len(line) < 2 or line[1] != "=":
            raise MalformedDescription("A line is not of the form x=value.")
        value = line[2:].strip()
        if "\r" in value or "\0" in value:
            # RFC 8866 section 9, byte-string. Whoever we pass it on to might see the end of a line there.
            raise MalformedDescription("A line holds what no line may hold.")
        parsed.append((line[0], value))
    return parsed


def _origin(value: str) -> tuple[str, str, str, str]:
    words = value.split()
    if len(words) != 6 or words[3] != "IN":
        raise MalformedDescription("The origin line does not have its six fields.")
    return words[0], words[1], words[2], words[5]


def _connection(value: str) -> str:
    words = value.split()
    if len(words) != 3 or words[0] != "IN" or words[1] not in ("IP4", "IP6"):
        raise MalformedDescription("A connection line is not IN IP4 or IN IP6 with an address.")
    return words[2].partition("/")[0]  # "/ttl" of multicast


def _media(value: str) -> MediaDescription:
    words = value.split()
    if len(words) < 4:
        raise MalformedDescription("A media line lacks port, protocol or formats.")
    port = words[1].partition("/")[0]
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and int(port) <= 65535):
        raise MalformedDescription("A media line's port is not a number up to 65535.")
    return MediaDescription(words[0].lower(), int(port), words[2], words[3:])
