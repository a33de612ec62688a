"""What the user agent tells its user. Every session ends with exactly one of Failed and Ended; nothing follows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ringout.sip.bindings import Binding
    from ringout.sip.flow import Flow
    from ringout.sip.invite_session import InviteSession
    from ringout.sip.message import Request
    from ringout.sip.redirection import Redirected
    from ringout.sip.registrar import Registration
    from ringout.sip.registration import ClientRegistration

Cause = Literal["response", "timeout", "transport", "cancelled"]
EndCause = Literal["bye", "gone", "silent"]


@dataclass(slots=True)
class Provisional:
    """A 101-199 to our INVITE that says something new. body: early SDP or empty."""

    session: InviteSession
    code: int
    reason: str
    body: bytes
    content_type: str | None


@dataclass(slots=True)
class DialogChanged:
    """What stored() gives is new, and no other event tells so: the INVITE was sent again with what its refusal had
    asked for (state is "calling"), or the peer has moved to another Contact."""

    session: InviteSession


@dataclass(slots=True)
class Answered:
    """The first 2xx to our INVITE; the ACK is on its way. body: the SDP answer, taken from an earlier 1xx of the same
    dialog when the 2xx has none."""

    session: InviteSession
    code: int
    reason: str
    body: bytes


@dataclass(slots=True)
class Failed:
    """The session ends without having been answered.

    cause: "response" (a final response, or a BYE into the early dialog: 487), "timeout" (local 408), "transport" (local
    503), "cancelled" (we hung up before an answer, whatever finally came; on the UAS side also a CANCEL of the peer).
    retry_after: seconds of the response's Retry-After. contacts: URIs of a 3xx, best q first. was_ringing: a 18x came.
    q850: the telephone network's cause (RFC 6432). redirected: what else a 3xx says. refused: with "transport", nothing
    listens on that port.
    """

    session: InviteSession
    code: int
    reason: str
    cause: Cause
    retry_after: int | None = None
    contacts: list[str] = field(default_factory=list)
    was_ringing: bool = False
    q850: int | None = None
    redirected: Redirected | None = None
    refused: bool = False


@dataclass(slots=True)
class Ended:
    """An answered session is over.

    cause: "bye" (ours or the peer's), "gone" (the peer answered a request of ours with 481: it knows no such call) or
    "silent" (it left something of ours unanswered for too long). The latter two come with by "remote". reason: the
    Reason header of the peer's BYE, or what went wrong, or None. q850: the telephone network's cause in it (RFC 3326).
    """

    session: InviteSession
    by: Literal["local", "remote"]
    reason: str | None = None
    cause: EndCause = "bye"
    q850: int | None = None


@dataclass(slots=True)
class OfferReceived:
    """The peer changes the session. To be met by accept_offer or refuse_offer. method: INVITE or UPDATE."""

    session: InviteSession
    body: bytes
    method: str


@dataclass(slots=True)
class OfferWanted:
    """A re-INVITE without SDP: accept_offer brings our offer, AnswerReceived follows with the ACK (RFC 3261 14.2)."""

    session: InviteSession


@dataclass(slots=True)
class AnswerReceived:
    """The SDP answer to an offer of ours within the dialog. body may be empty when the peer forgot it."""

    session: InviteSession
    body: bytes


@dataclass(slots=True)
class InfoReceived:
    """An INFO within the dialog, already answered with 200."""

    session: InviteSession
    content_type: str
    body: bytes


@dataclass(slots=True)
class IncomingInvite:
    """A new call to us; a 100 has been sent. To be met by ring, answer or reject."""

    session: InviteSession
    request: Request


@dataclass(slots=True)
class Confirmed:
    """UAS side: the ACK of our 2xx. body: the SDP in it, or empty."""

    session: InviteSession
    body: bytes


@dataclass(slots=True)
class RequestAnswered:
    """The final response to an INFO or re-INVITE of ours; code 408 and 503 may be local."""

    session: InviteSession
    method: str
    code: int


@dataclass(slots=True)
class OptionsAnswered:
    """The final response to an OPTIONS outside any dialog; code 408 (no answer) and 503 (transport) may be local."""

    flow: Flow
    uri: str
    code: int
    seconds: float  # from sending to the answer
    came: bool = True  # False: the code is local
    seen_as: str | None = None  # our IP as the peer sees it, when it says so (RFC 3261 section 18.2.1)


@dataclass(slots=True)
class BindingsChanged:
    """Where the phone of that address-of-record is now. registration: its REGISTER, which waits for confirm or fail;
    None = a binding ended by itself."""

    user: str
    bindings: tuple[Binding, ...]
    registration: Registration | None = None


@dataclass(slots=True)
class GuesserShutOut:
    """So many wrong passwords came from that address, for that phone or, user "", in all, that it is not listened to
    for a while. Told once each time. user: as the guesser wrote it, 64 characters at most."""

    user: str
    address: str


@dataclass(slots=True)
class RegistrationChanged:
    """A registration of ours was granted, refused, could not be asked for, has ended or is gone: see its own state.

    code: of the answer; 408 (no answer) and 503 (transport) may be local, 0 = what was granted has ended. contacts:
    URIs of a 3xx, best q first; none when it has been redirected too often."""

    registration: ClientRegistration
    code: int
    reason: str
    contacts: list[str]


@dataclass(slots=True)
class ConnectionLost:
    """A connection is gone, or could not be made; what waited for an answer on it has failed already."""

    flow: Flow


Event = (
    Provisional
    | DialogChanged
    | Answered
    | Failed
    | Ended
    | OfferReceived
    | OfferWanted
    | AnswerReceived
    | InfoReceived
    | IncomingInvite
    | Confirmed
    | RequestAnswered
    | OptionsAnswered
    | RegistrationChanged
    | BindingsChanged
    | GuesserShutOut
    | ConnectionLost
)
