"""The ports: what the use cases and the running calls need from the world, with the errors each may give."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from ringout.domain.account import Account, Client, Credential, Extension, Session
from ringout.domain.ledger import EntryKind, LedgerEntry
from ringout.domain.plan import CallPlan
from ringout.domain.quality import LegQuality
from ringout.domain.rates import PhoneTime, Prices
from ringout.domain.ring_out import RingOut
from ringout.domain.status import Party
from ringout.sdp.crypto import Crypto
from ringout.sip.bindings import Binding


class Clock(Protocol):
    """Two clocks. Only app.py makes a real one."""

    def monotonic(self) -> float:
        """Seconds, for durations and deadlines (the event loop's time)."""

    def wall(self) -> float:
        """Seconds since the epoch, for what is stored and shown."""


class IdSource(Protocol):
    """Unpredictable identifiers (Call-ID, tags, branches, tokens, SSRC). Tests pass a counting fake."""

    def token(self) -> str:
        """16 or more characters of [0-9a-z], at least 64 bits of them unpredictable."""

    def number(self, bits: int) -> int:
        """0 <= number < 2**bits, unpredictable."""


# --- storage -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LogQuery:
    """Which RingOuts of an account are asked for. extension_id: None = everybody's. first_id, last_id: both included;
    ids grow with time. numbers: E.164, one of the phones that were to ring is among them; None = any. ended_after:
    seconds since the epoch; those that live and those that ended later, None = all."""

    account_id: int
    extension_id: int | None = None
    first_id: int = 0
    last_id: int = 2**63 - 1
    numbers: tuple[str, ...] | None = None
    ended_after: float | None = None


class RingOutStore(Protocol):
    """RingOuts that survive a crash. Every method raises StorageFailed (OSError) only when the disk refuses.

    last_id: the largest id that was stored when the store was opened, 0 for none. watcher: called with every row that
    was added or updated, once it is durable and `get` shows it, in the order in which they were written; it must not
    raise. None = nobody watches."""

    last_id: int
    watcher: Callable[[RingOut], None] | None

    async def add(self, ring_out: RingOut) -> None:
        """Returns when the row is durable."""

    # A row with prices that has ended is charged to its account (domain.ledger.charge_of) in the transaction that
    # stores it, and only the first time: see LedgerStore.
    def update(self, ring_out: RingOut) -> Awaitable[None]:
        """Queues the newer row at once, in call order; what it returns resolves when the row is durable (nobody has
        to await it). `get` shows a row only once it is durable. Updates of one id in one batch collapse to the last."""

    async def get(self, ring_out_id: int) -> RingOut | None:
        """The last durable row. Cheap for live and recent ones (memory)."""

    def live(self) -> list[RingOut]:
        """The last durable rows of this node's RingOuts that have not ended, oldest first (memory)."""

    async def unfinished(self, node: str) -> list[RingOut]:
        """Rows of that node with ended_at None, oldest first."""

    async def history(self, query: LogQuery, start: int, limit: int) -> list[RingOut]:
        """Durable rows, newest first, at most `limit` of them after the first `start`."""

    async def count(self, query: LogQuery, most: int) -> int:
        """How many rows history has in all, counted up to `most`."""

    async def remove_ended_before(self, wall: float) -> int:
        """Deletes rows with ended_at < wall; says how many."""


@dataclass(frozen=True, slots=True)
class Directory:
    """Everybody that the service knows. applied: part of the configuration -> digest of what was last applied."""

    accounts: tuple[Account, ...] = ()
    extensions: tuple[Extension, ...] = ()
    clients: tuple[Client, ...] = ()
    applied: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DirectoryChange:
    """Records to put (added, or in the place of the one with their id) and to remove. applied: None = as it is."""

    put: tuple[Account | Extension | Client, ...] = ()
    remove: tuple[Account | Extension | Client, ...] = ()
    applied: Mapping[str, str] | None = None


class AccountStore(Protocol):
    """Accounts, extensions and applications. Methods raise StorageFailed (OSError) when the disk refuses."""

    async def directory(self) -> Directory:
        """All of it, by id, lowest first."""

    async def change(self, change: DirectoryChange) -> None:
        """All or nothing, durable on return."""


class TokenStore(Protocol):
    """Sessions and personal JWTs. Methods return when the change is durable; StorageFailed as above."""

    async def sessions(self) -> list[Session]: ...

    async def save_session(self, session: Session) -> None:
        """Adds the session, or puts it in the place of the one with its session_id."""

    async def remove_sessions(self, session_ids: Sequence[str]) -> None: ...

    async def credentials(self) -> list[Credential]: ...

    async def add_credential(self, credential: Credential) -> None: ...

    async def remove_credentials(self, jtis: Sequence[str]) -> None: ...


class LedgerStore(Protocol):
    """Balances of prepaid accounts, in integer units: the sum of each account's entries, never below zero. The calls'
    own entries are written by the RingOutStore; one that exceeded the balance would take all there is. StorageFailed
    as above."""

    async def balances(self) -> dict[int, int]:
        """Units by account id, of every account that has an entry."""

    async def add(self, account_id: int, amount: int, kind: EntryKind, created_at: float, note: str) -> None:
        """Changes the balance; durable on return. StorageFailed, and no change, when it would get below zero."""

    async def entries(self, account_id: int, limit: int, before: int | None) -> list[LedgerEntry]:
        """Newest first, at most limit, those with id < before (None = from the newest)."""


class RegistrationStore(Protocol):
    """Where the registered phones are. Times of what is stored are seconds since the epoch. StorageFailed as above."""

    async def load(self, node: str) -> list[Binding]:
        """All of them, those that have ended too."""

    def save(self, node: str, user: str, bindings: Sequence[Binding]) -> Awaitable[None]:
        """Those of one address-of-record, in the place of what it had; in call order. Resolves when it is durable."""


# --- the running calls ---------------------------------------------------------------------------------------------


class Reservation(Protocol):
    """A place among the live calls, media ports included. Exactly one of place or release must follow."""

    async def ready(self) -> None:
        """Returns when place may be called. Raises Unavailable when no media engine gives its ports."""

    def place(self, ring_out: RingOut, plan: CallPlan) -> None:
        """Starts ringing the caller; never waits, never raises."""

    def release(self) -> None:
        """Gives the place back: the RingOut was not stored after all."""


class CallEngine(Protocol):
    """The running RingOuts of this node."""

    def reserve(self, plan: CallPlan) -> Reservation:
        """A place for that call. Raises Unavailable: draining, at the limit of live calls, or out of media ports."""

    def cancel(self, ring_out_id: int) -> bool:
        """Takes both legs down (CANCEL or BYE as each needs). False = not running here, or already ending."""

    @property
    def live(self) -> int: ...


class Meter(Protocol):
    """Pays for the running RingOuts that have prices. Methods never wait."""

    def pay(
        self,
        ring_out: RingOut,
        caller_seconds: float,
        callee_seconds: float | None,
        phones: Sequence[PhoneTime] = (),
    ) -> Prices:
        """What is reserved for it now: more than before when that was used up by legs that have been up for so long
        (None = not answered yet) and the balance has more. phones: of several that ring for the caller, those that have
        answered. The RingOut was placed and has not ended."""

    def ended(self, ring_out: RingOut) -> None:
        """The row as it is stored in the end: what it did not use of its reservation is free again."""


class Registrations(Protocol):
    """The phones that have registered here, by their user names. Nothing waits."""

    def is_registered(self, username: str) -> bool:
        """Whether a call could reach it now."""

    def bindings(self, username: str) -> list[Binding]:
        """The places where it is, the best first."""

    def forget(self, username: str) -> None:
        """It may not be registered any more, or must show its new password first."""


# --- media ---------------------------------------------------------------------------------------------------------


class MediaKind(StrEnum):
    """How the media of one leg is carried, which decides what our SDP offers."""

    RTP = "rtp"  # RTP/AVP
    SRTP = "srtp"  # RTP/SAVP with keys in the SDP (RFC 4568); a phone without SRTP cannot be talked to
    SRTP_OPTIONAL = "srtp-optional"  # RTP/AVP that offers keys as well
    WEBRTC = "webrtc"  # UDP/TLS/RTP/SAVPF: DTLS-SRTP, ICE and multiplexed RTCP, as browsers demand


@dataclass(frozen=True, slots=True)
class LocalMedia:
    """What our SDP says of one leg. attributes: (name, value) lines of the audio section besides codecs, ptime and
    direction: keys, fingerprint, candidates."""

    host: str  # IP
    port: int  # RTP; RTCP is the port above unless an attribute says otherwise
    protocol: str = "RTP/AVP"
    attributes: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    host6: str = ""  # the same ports at an IPv6, for a peer that is reached by it; "" = there are none

    @property
    def address(self) -> tuple[str, int]:
        return self.host, self.port


@dataclass(frozen=True, slots=True)
class RtpDestination:
    """Where one leg's RTP goes and how it is spoken, from a finished offer/answer."""

    host: str
    port: int  # 0 = the peer put the stream on hold in the old way: send nothing
    codec: str  # a name of sdp.codecs: "PCMU", "PCMA"; "G722", "OPUS" can only be passed through
    payload_type: int
    telephone_event: int | None  # payload type, None = not negotiated
    may_send: bool = True  # our direction, RFC 3264 section 5.1
    may_receive: bool = True
    # The peer's SDP as it came, for an engine that reads it itself. It may hold keys, as attributes above may.
    description: bytes = field(default=b"", repr=False)
    crypto: Crypto | None = None  # the peer's key of SRTP; None = plain, or the description has what is needed
    rtcp_port: int | None = None  # None = the port above
    signalling: str = ""  # IP that the peer's SIP comes from: its RTP may come from there as well (NAT); "" = unknown
    codecs: tuple[str, ...] = ()  # all that the peer named, in its order: it may send any of them, and take any


class MediaListener(Protocol):
    """Hears what happens in one call's media; the engine's call is one. Called on the event loop, never re-entrantly
    from a MediaSession method."""

    def media_started(self, party: Party) -> None:
        """The first RTP packet of that party since the session was opened."""

    def digit_pressed(self, party: Party, digit: str) -> None:
        """One press of 0-9 * # A-D, reported on its first packet, once."""

    def sounds_played(self, party: Party) -> None:
        """The last sound of the latest `play` has ended (not when stopped or replaced)."""

    def media_silent(self, party: Party, seconds: float) -> None:
        """No RTP from that party for the configured time while some was due (not on hold). Once per silence."""

    def media_quality(self, party: Party, quality: LegQuality) -> None:
        """How that party's audio was, once, some milliseconds after close; never for a party that was not heard."""

    def media_failed(self, why: str) -> None:
        """The worker died; the session is gone and close() is a no-op. why: one plain sentence."""


class MediaSession(Protocol):
    """The two media streams of one call, on one worker. Methods never wait and never raise."""

    async def ready(self) -> None:
        """Returns when local may be asked, mostly at once. Raises Unavailable when the engine gives no ports."""

    def local(self, party: Party) -> LocalMedia:
        """For the SDP of that leg."""

    def connect(self, party: Party, remote: RtpDestination) -> None:
        """Sets or changes the far side. Until then nothing is sent to that party; re-arms latching."""

    def play(self, party: Party, sounds: Sequence[str], language: str) -> None:
        """Plays those sounds in order once, in place of what is playing. Names as in `ringout prompts`."""

    def play_ringback(self, party: Party, country: str) -> None:
        """Ringback tone of that country until stop, bridge or listen_to_other."""

    def stop_playing(self, party: Party) -> None: ...

    def listen_to_other(self, party: Party) -> None:
        """One way: that party hears the other's RTP from its first packet on (early media); until that packet a
        ringback goes on playing."""

    def bridge(self) -> None:
        """Both ways, digits included; stops whatever plays."""

    def send_digit(self, party: Party, digit: str, duration_ms: int = 100) -> None:
        """Sends that party a digit: as telephone-event, or as its tone where none was negotiated."""

    def digit_seen(self, party: Party, digit: str) -> None:
        """A digit of that party that came by SIP INFO. One that its RTP does not tell as well is reported as
        digit_pressed and, once bridged, sent to the other party."""

    def close(self) -> None:
        """Nothing flows from now on; the ports rest before they serve again. Idempotent."""


class MediaEngine(Protocol):
    """Makes media sessions."""

    @property
    def usable(self) -> bool:
        """False = no call can have audio for the time being: every open would be refused."""

    def open(
        self, listener: MediaListener, caller: MediaKind = MediaKind.RTP, callee: MediaKind = MediaKind.RTP
    ) -> MediaSession:
        """Raises Unavailable when no port pair or no worker is left, or for a kind that the engine cannot carry."""


class GatewayReport(Struct, frozen=True, rename="camel", omit_defaults=True):
    """What one address of a gateway of a trunk said to OPTIONS, as the administration shows it. gateway: its URI;
    address: its IP, "" when we have no listener that reaches it; transport and port: by which it is reached. answers:
    whether it answered, with whatever code. signalling and media: the IPs that we name to it; seenAs: the one it sees
    us under, when it said so. state: for calls "up", "down" (it left OPTIONS unanswered, or its name leads nowhere) or
    "resting" (it failed a call, or asked for a rest); they try those first that are neither down nor resting.
    registered: whether its registrar knows us, on trunks that register; registrarSays: the registrar's latest
    answer."""

    trunk: str
    gateway: str
    address: str
    answers: bool
    signalling: str
    media: str
    code: int | None = None
    milliseconds: float | None = None
    seen_as: str | None = None
    transport: str = ""
    port: int = 0
    state: str | None = None
    registered: bool | None = None
    registrar_says: str | None = None


class TrunkProbe(Protocol):
    """Looks at the way out."""

    async def ask(self) -> list[GatewayReport]:
        """One for each address of each gateway of each trunk, within a few seconds."""
