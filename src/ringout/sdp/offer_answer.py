"""Offer and answer for one audio stream with telephone-event. Source: RFC 3264, RFC 3551, RFC 4733, RFC 4568."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address

from ringout.sdp.carriage import PLAIN, carriage_of
from ringout.sdp.codecs import CODECS as KNOWN
from ringout.sdp.codecs import SPOKEN, STATIC_PAYLOAD_TYPES, TELEPHONE_EVENT, name_of
from ringout.sdp.crypto import Crypto
from ringout.sdp.description import Attribute, MediaDescription, SessionDescription
from ringout.sdp.errors import MalformedDescription, NotAcceptable

CODECS = SPOKEN
DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")
_REVERSED = {"sendrecv": "sendrecv", "sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}


@dataclass(frozen=True, slots=True)
class Negotiated:
    """One leg's finished offer/answer, seen from us; fields as in service.ports.RtpDestination.

    host, port: where the peer receives RTP. payload_type, telephone_event: the numbers to send with. codecs: names of
    all of ours that the peer takes, in its order. crypto: the peer's key, None = plain RTP. rtcp_port: where it
    receives RTCP, None = the port above (RFC 3605)."""

    host: str
    port: int
    codec: str
    payload_type: int
    telephone_event: int | None
    may_send: bool
    may_receive: bool
    codecs: tuple[str, ...] = ()
    crypto: Crypto | None = None
    rtcp_port: int | None = None


def make_offer(
    host: str,
    port: int,
    session_id: int,
    version: int = 1,
    codecs: Sequence[str] = CODECS,
    telephone_event: int | None = TELEPHONE_EVENT,
    ptime: int = 20,
    direction: str = "sendrecv",
    protocol: str = PLAIN,
    attributes: Sequence[Attribute] = (),
) -> bytes:
    """Our offer. codecs: names of sdp.codecs, the preferred first. ptime in ms. version must grow by one with every
    changed description of one session (RFC 3264 section 8). protocol, attributes: of service.ports.LocalMedia."""
    formats = [(KNOWN[codec].payload_type, codec) for codec in codecs]
    media = _audio(port, formats, telephone_event, ptime, direction, protocol, attributes)
    return _describe(host, session_id, version, [media])


def read_answer(
    body: bytes,
    codecs: Sequence[str] = CODECS,
    preferred: Sequence[str] = (),
    protocol: str = PLAIN,
    attributes: Sequence[Attribute] = (),
) -> Negotiated:
    """What the answer to our offer of `codecs` means. Of those that it names the first of `preferred` is spoken, or
    the first of all. protocol, attributes: as in the offer. Raises NotAcceptable when it is malformed, refuses the
    audio, names no codec of ours, or is not carried as offered (no key where we offered only SRTP)."""
    description = _parse(body)
    if not description.media:
        raise NotAcceptable("The answer has no media.")
    media = description.media[0]
    if media.kind != "audio" or media.port == 0:
        raise NotAcceptable("The answer refuses the audio stream.")
    return _negotiate(description, media, codecs, preferred, protocol, attributes)[0]


def answer_offer(
    offer: bytes,
    host: str,
    port: int,
    session_id: int,
    version: int = 1,
    codecs: Sequence[str] = CODECS,
    preferred: Sequence[str] = (),
    protocol: str = PLAIN,
    attributes: Sequence[Attribute] = (),
) -> tuple[bytes, Negotiated]:
    """Our answer and what it means. Payload types and the codec are the offer's, the codec as in read_answer; hold is
    answered in kind (RFC 3264 section 8.4); the first usable audio section is accepted, every other refused with port 0
    (section 6). Of our crypto attributes the answer carries the chosen one under the offer's tag (RFC 4568 section
    5.1.2). Raises NotAcceptable when there is no usable audio."""
    description = _parse(offer)
    chosen, negotiated, ours = _first_usable(description, codecs, preferred, protocol, attributes)
    answers = []
    for media in description.media:
        if media is not chosen:
            answers.append(MediaDescription(media.kind, 0, media.protocol, media.formats[:1]))
            continue
        formats = [(negotiated.payload_type, negotiated.codec)]
        direction = _REVERSED[_direction(description, media)]
        answers.append(_audio(port, formats, negotiated.telephone_event, 20, direction, media.protocol, ours))
    return _describe(host, session_id, version, answers), negotiated


def _parse(body: bytes) -> SessionDescription:
    try:
        return SessionDescription.parse(body)
    except MalformedDescription as error:
        raise NotAcceptable(error.reason) from error


def _describe(host: str, session_id: int, version: int, media: list[MediaDescription]) -> bytes:
    return SessionDescription("-", str(session_id), str(version), host, host, [], media).encode()


def _audio(
    port: int,
    formats: list[tuple[int, str]],
    telephone_event: int | None,
    ptime: int,
    direction: str,
    protocol: str,
    attributes: Sequence[Attribute],
) -> MediaDescription:
    media = MediaDescription("audio", port, protocol, [str(number) for number, _ in formats])
    media.attributes = [("rtpmap", f"{number} {KNOWN[codec].rtpmap}") for number, codec in formats]
    media.attributes += [("fmtp", f"{number} {KNOWN[codec].fmtp}") for number, codec in formats if KNOWN[codec].fmtp]
    if telephone_event is not None:
        media.formats.append(str(telephone_event))
        media.attributes.append(("rtpmap", f"{telephone_event} telephone-event/8000"))
        media.attributes.append(("fmtp", f"{telephone_event} 0-16"))
    media.attributes += [("ptime", str(ptime)), (direction, ""), *attributes]
    return media


_Usable = tuple[MediaDescription, Negotiated, Sequence[Attribute]]  # and our attributes for the answer


def _first_usable(
    description: SessionDescription,
    codecs: Sequence[str],
    preferred: Sequence[str],
    protocol: str,
    attributes: Sequence[Attribute],
) -> _Usable:
    reason = "The offer has no audio."
    for media in description.media:
        if media.kind != "audio" or media.port == 0:
            continue
        try:
            return media, *_negotiate(description, media, codecs, preferred, protocol, attributes)
        except NotAcceptable as error:
            reason = error.reason
    raise NotAcceptable(reason)


def _negotiate(
    description: SessionDescription,
    media: MediaDescription,
    codecs: Sequence[str],
    preferred: Sequence[str],
    protocol: str,
    attributes: Sequence[Attribute],
) -> tuple[Negotiated, Sequence[Attribute]]:
    crypto, ours = carriage_of(description, media, protocol, attributes)
    host = media.host or description.host
    if host is None:
        raise NotAcceptable("The description names no address for its audio.")
    if _is_multicast(host):
        raise NotAcceptable("The audio is to go to many at once.")
    names = _names(media)
    common = [number for number, name in names.items() if name in codecs]
    if not common:
        raise NotAcceptable("There is no common codec.")
    choice = next((number for number in common if names[number] in preferred), common[0])
    event = next((number for number, name in names.items() if name == "TELEPHONE-EVENT"), None)
    direction = _direction(description, media)
    # RFC 2543's hold: the peer receives nowhere, and may still play music to us.
    nowhere = host in ("0.0.0.0", "::")
    negotiated = Negotiated(
        host=host,
        port=0 if nowhere else media.port,
        codec=names[choice],
        payload_type=choice,
        telephone_event=event,
        may_send=direction in ("sendrecv", "recvonly") and not nowhere,
        may_receive=direction in ("sendrecv", "sendonly"),
        codecs=tuple(dict.fromkeys(names[number] for number in common)),
        crypto=crypto,
        rtcp_port=_rtcp_port(media),
    )
    return negotiated, ours


@lru_cache(1024)  # the same few addresses in every call
def _is_multicast(host: str) -> bool:
    try:
        return ip_address(host).is_multicast
    except ValueError:
        return False


def _rtcp_port(media: MediaDescription) -> int | None:
    value = media.attribute("rtcp")  # Not handled: an address of its own for RTCP; nobody sends one
    port = value.split(" ", 1)[0] if value else ""
    return int(port) if port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) <= 65535 else None


def _names(media: MediaDescription) -> dict[int, str]:
    """Payload type -> name in capitals (sdp.codecs), in the order of the m= line; only what is of use to us."""
    maps = dict(STATIC_PAYLOAD_TYPES)
    for value in media.all("rtpmap"):
        number, _, encoding = value.partition(" ")
        if number.isascii() and number.isdigit() and len(number) <= 3:
            maps[int(number)] = name_of(encoding)
    names: dict[int, str] = {}
    for text in media.formats:
        if text.isascii() and text.isdigit() and len(text) <= 3 and int(text) < 128:
            name = maps.get(int(text), "")
            if name:
                names.setdefault(int(text), name)
    return names


def _direction(description: SessionDescription, media: MediaDescription) -> str:
    for attributes in (media.attributes, description.attributes):
        for name, _ in attributes:
            if name in DIRECTIONS:
                return name
    return "sendrecv"  # RFC 8866 section 6.7
