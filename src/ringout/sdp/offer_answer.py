"""Offer and answer for one G.711 audio stream with telephone-event. Source: RFC 3264, RFC 3551, RFC 4733."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ringout.sdp.description import MediaDescription, SessionDescription
from ringout.sdp.errors import MalformedDescription, NotAcceptable

CODECS = ("PCMU", "PCMA")
STATIC_PAYLOAD_TYPES = {"PCMU": 0, "PCMA": 8}  # RFC 3551 section 6
TELEPHONE_EVENT = 101  # the payload type that we offer; the peer may choose another for its own direction
DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")
_REVERSED = {"sendrecv": "sendrecv", "sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}


@dataclass(frozen=True, slots=True)
class Negotiated:
    """One leg's finished offer/answer, seen from us; fields as in service.ports.RtpDestination.

    host, port: where the peer receives RTP. payload_type, telephone_event: the numbers to send with."""

    host: str
    port: int
    codec: str
    payload_type: int
    telephone_event: int | None
    may_send: bool
    may_receive: bool


def make_offer(
    host: str,
    port: int,
    session_id: int,
    version: int = 1,
    codecs: Sequence[str] = CODECS,
    telephone_event: int | None = TELEPHONE_EVENT,
    ptime: int = 20,
    direction: str = "sendrecv",
) -> bytes:
    """Our offer. codecs: of PCMU and PCMA, the preferred first. ptime in ms. version must grow by one with every
    changed description of one session (RFC 3264 section 8)."""
    formats = [(STATIC_PAYLOAD_TYPES[codec], codec) for codec in codecs]
    return _describe(host, session_id, version, [_audio(port, formats, telephone_event, ptime, direction)])


def read_answer(body: bytes, codecs: Sequence[str] = CODECS) -> Negotiated:
    """What the answer to our offer of `codecs` means. Raises NotAcceptable when it is malformed, refuses the audio or
    names no codec of ours."""
    description = _parse(body)
    if not description.media:
        raise NotAcceptable("The answer has no media.")
    media = description.media[0]
    if media.kind != "audio" or media.port == 0:
        raise NotAcceptable("The answer refuses the audio stream.")
    return _negotiate(description, media, codecs)


def answer_offer(
    offer: bytes,
    host: str,
    port: int,
    session_id: int,
    version: int = 1,
    codecs: Sequence[str] = CODECS,
) -> tuple[bytes, Negotiated]:
    """Our answer and what it means. Payload types and the first codec of ours are the offer's; hold is answered
    in kind (RFC 3264 section 8.4); the first usable audio section is accepted, every other refused with port 0 (section
    6). Raises NotAcceptable when there is no usable audio."""
    description = _parse(offer)
    chosen, negotiated = _first_usable(description, codecs)
    answers = []
    for media in description.media:
        if media is not chosen:
            answers.append(MediaDescription(media.kind, 0, media.protocol, media.formats[:1]))
            continue
        formats = [(negotiated.payload_type, negotiated.codec)]
        direction = _REVERSED[_direction(description, media)]
        answers.append(_audio(port, formats, negotiated.telephone_event, 20, direction))
    return _describe(host, session_id, version, answers), negotiated


def _parse(body: bytes) -> SessionDescription:
    try:
        return SessionDescription.parse(body)
    except MalformedDescription as error:
        raise NotAcceptable(error.reason) from error


def _describe(host: str, session_id: int, version: int, media: list[MediaDescription]) -> bytes:
    return SessionDescription("-", str(session_id), str(version), host, host, [], media).encode()


def _audio(
    port: int, formats: list[tuple[int, str]], telephone_event: int | None, ptime: int, direction: str
) -> MediaDescription:
    media = MediaDescription("audio", port, "RTP/AVP", [str(number) for number, _ in formats])
    media.attributes = [("rtpmap", f"{number} {codec}/8000") for number, codec in formats]
    if telephone_event is not None:
        media.formats.append(str(telephone_event))
        media.attributes.append(("rtpmap", f"{telephone_event} telephone-event/8000"))
        media.attributes.append(("fmtp", f"{telephone_event} 0-16"))
    media.attributes += [("ptime", str(ptime)), (direction, "")]
    return media


def _first_usable(description: SessionDescription, codecs: Sequence[str]) -> tuple[MediaDescription, Negotiated]:
    reason = "The offer has no audio."
    for media in description.media:
        if media.kind != "audio" or media.port == 0:
            continue
        try:
            return media, _negotiate(description, media, codecs)
        except NotAcceptable as error:
            reason = error.reason
    raise NotAcceptable(reason)


def _negotiate(description: SessionDescription, media: MediaDescription, codecs: Sequence[str]) -> Negotiated:
    if media.protocol.upper() not in ("RTP/AVP", "RTP/AVPF"):
        raise NotAcceptable(f"The transport {media.protocol[:80]} is not plain RTP.")
    host = media.host or description.host
    if host is None:
        raise NotAcceptable("The description names no address for its audio.")
    names = _names(media)
    wanted = {codec.upper() for codec in codecs}
    choice = next((number for number in names if names[number] in wanted), None)
    if choice is None:
        raise NotAcceptable("There is no common codec.")
    event = next((number for number, name in names.items() if name == "TELEPHONE-EVENT"), None)
    direction = _direction(description, media)
    # RFC 2543's hold: the peer receives nowhere, and may still play music to us.
    nowhere = host in ("0.0.0.0", "::")
    may_send = direction in ("sendrecv", "recvonly") and not nowhere
    may_receive = direction in ("sendrecv", "sendonly")
    return Negotiated(
        host=host,
        port=0 if nowhere else media.port,
        codec=names[choice],
        payload_type=choice,
        telephone_event=event,
        may_send=may_send,
        may_receive=may_receive,
    )


def _names(media: MediaDescription) -> dict[int, str]:
    """Payload type -> encoding name in capitals, in the order of the m= line; only mono at 8000 Hz."""
    maps = {number: name for name, number in STATIC_PAYLOAD_TYPES.items()}
    for value in media.all("rtpmap"):
        number, _, encoding = value.partition(" ")
        parts = encoding.strip().upper().split("/")
        usable = len(parts) >= 2 and parts[1] == "8000" and parts[2:] in ([], ["1"])
        if number.isascii() and number.isdigit() and len(number) <= 3:
            maps[int(number)] = parts[0] if usable else ""
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
