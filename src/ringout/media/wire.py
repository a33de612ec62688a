"""What server and media worker say to each other: batches of structs, one batch a message, as msgpack arrays.

party: 0 = caller, 1 = callee. session: the server's number of the call. Order is kept in each direction.
"""

from __future__ import annotations

import socket

from msgspec import Struct, msgpack

from ringout.domain.quality import LegQuality
from ringout.domain.status import Party

PARTIES = (Party.CALLER, Party.CALLEE)
INDEX = {Party.CALLER: 0, Party.CALLEE: 1}
MAX_BATCH = 256  # items; a message must fit into the socket's buffer
MAX_MESSAGE_BYTES = 1 << 18


def receive(control: socket.socket) -> bytes | None:
    """One message; None = none has come, b"" = the other end is gone."""
    try:
        return control.recv(MAX_MESSAGE_BYTES)
    except BlockingIOError:
        return None
    except OSError:
        return b""


class Settings(Struct, tag="settings", array_like=True, frozen=True):
    """First of all. Ports: RTP on even ports from first_port, the last RTCP port at most last_port. prompts: the
    directory that overrides the shipped recordings, "" = none. sources: networks from which RTP of any leg may come.
    address6: a second address, "" = none."""

    address: str
    first_port: int
    last_port: int
    silence_seconds: float
    prompts: str
    sources: list[str] = []
    address6: str = ""


class Bind(Struct, tag="bind", array_like=True, frozen=True):
    """Bind that many more port pairs; answered by one or more Bound."""

    pairs: int


class Open(Struct, tag="open", array_like=True, frozen=True):
    session: int
    caller_port: int
    callee_port: int


class Keys(Struct, tag="keys", array_like=True, frozen=True):
    """SRTP. suite: of sdp.crypto.KEY_BYTES. local: what we send under."""

    suite: str
    local: bytes
    remote: bytes

    def __repr__(self) -> str:
        return f"Keys({self.suite})"


class Connect(Struct, tag="connect", array_like=True, frozen=True):
    """As service.ports.RtpDestination. host, signalling: IP addresses as the system writes them; host "" = unknown,
    send only to where packets come from. rtcp_port: 0 = the port above."""

    session: int
    party: int
    host: str
    port: int
    codec: str
    payload_type: int
    telephone_event: int | None
    may_send: bool
    may_receive: bool
    signalling: str = ""
    rtcp_port: int = 0
    keys: Keys | None = None
    codecs: tuple[str, ...] = ()


class Play(Struct, tag="play", array_like=True, frozen=True):
    """number: comes back in Played, so that the end of an older play is told from the latest's."""

    session: int
    party: int
    number: int
    sounds: list[str]
    language: str


class Ringback(Struct, tag="ringback", array_like=True, frozen=True):
    session: int
    party: int
    country: str


class StopPlaying(Struct, tag="stop", array_like=True, frozen=True):
    session: int
    party: int


class Listen(Struct, tag="listen", array_like=True, frozen=True):
    session: int
    party: int


class Bridge(Struct, tag="bridge", array_like=True, frozen=True):
    session: int


class SendDigit(Struct, tag="send_digit", array_like=True, frozen=True):
    session: int
    party: int
    digit: str
    duration_ms: int


class DigitSeen(Struct, tag="digit_seen", array_like=True, frozen=True):
    session: int
    party: int
    digit: str


class Close(Struct, tag="close", array_like=True, frozen=True):
    session: int


CallCommand = Connect | Play | Ringback | StopPlaying | Listen | Bridge | SendDigit | DigitSeen | Close
Command = Settings | Bind | Open | CallCommand


class Bound(Struct, tag="bound", array_like=True, frozen=True):
    """RTP ports whose pair is bound and watched from now on. done: the Bind is answered in full. exhausted: the range
    has no more."""

    ports: list[int]
    done: bool
    exhausted: bool


class Started(Struct, tag="started", array_like=True, frozen=True):
    session: int
    party: int


class Digit(Struct, tag="digit", array_like=True, frozen=True):
    session: int
    party: int
    digit: str


class Played(Struct, tag="played", array_like=True, frozen=True):
    session: int
    party: int
    number: int


class Silent(Struct, tag="silent", array_like=True, frozen=True):
    session: int
    party: int
    seconds: float


class Counted(Struct, tag="counted", array_like=True, frozen=True):
    """What a closed call received and dropped: packets of strangers."""

    session: int
    strangers: int


class Quality(Struct, tag="quality", array_like=True, frozen=True):
    """Of a leg that was heard, when its call is closed."""

    session: int
    party: int
    quality: LegQuality


class Closed(Struct, tag="closed", array_like=True, frozen=True):
    """After the Quality of each leg of a call of which something was heard."""

    session: int


class Problem(Struct, tag="problem", array_like=True, frozen=True):
    """For the server's log. text: one plain sentence."""

    text: str


Report = Bound | Started | Digit | Played | Silent | Counted | Quality | Closed | Problem

encode = msgpack.Encoder().encode
decode_commands = msgpack.Decoder(list[Command]).decode
decode_reports = msgpack.Decoder(list[Report]).decode
