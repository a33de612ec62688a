"""The descriptions that rtpengine is given, and what is read from those it gives. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ringout.media.rtpengine.commands import CODECS
from ringout.sdp.carriage import PLAIN, SECURE
from ringout.sdp.codecs import CODECS as KNOWN
from ringout.sdp.codecs import TELEPHONE_EVENT
from ringout.sdp.crypto import Crypto
from ringout.sdp.description import Attribute, MediaDescription, SessionDescription
from ringout.sdp.errors import MalformedDescription
from ringout.sdp.offer_answer import DIRECTIONS
from ringout.service.ports import LocalMedia, MediaKind, RtpDestination

_NOWHERE = {4: "0.0.0.0", 6: "::"}
# Our own offers say these by themselves.
_OUR_BUSINESS = frozenset(("rtpmap", "fmtp", "ptime", "maxptime", "mid", *DIRECTIONS))
# What of a phone's description matters to whoever speaks to its media.
_TRANSPORT = frozenset(
    (
        *("ice-ufrag", "ice-pwd", "ice-options", "ice-lite", "candidate", "end-of-candidates"),
        *("fingerprint", "setup", "tls-id", "rtcp", "rtcp-mux"),
        *("rtpmap", "fmtp", "ptime", *DIRECTIONS),
    )
)


def placeholder(ip_version: int, telephone_event: int | None = TELEPHONE_EVENT) -> str:
    """A party that is not there yet: speaks what we speak, and wants nothing sent. telephone_event: payload type."""
    formats = [(KNOWN[codec].payload_type, KNOWN[codec].rtpmap) for codec in CODECS]
    if telephone_event is not None:
        formats.append((telephone_event, "telephone-event/8000"))
    return _text(_NOWHERE[ip_version], 9, formats, ())


def of_phone(remote: RtpDestination, kind: MediaKind, local: LocalMedia) -> str:
    """The phone's description with its one audio section, cleaned of whatever is not about sending it audio. local:
    what we said to it. Where there is no description, or none that can be read, the rest of `remote` makes one."""
    try:
        whole = SessionDescription.parse(remote.description)
        media = next(each for each in whole.media if each.kind == "audio" and each.port)
    except (MalformedDescription, StopIteration):
        return _made_up(remote, kind, local)
    attributes = [attribute for attribute in _of_section(whole, media) if attribute[0] in _TRANSPORT]
    protocol = media.protocol
    if kind is not MediaKind.WEBRTC:
        attributes += _keys(remote.crypto, local)
        protocol = _protocol(kind)
    cleaned = MediaDescription("audio", media.port, protocol, media.formats, None, attributes)
    host = media.host or whole.host or remote.host
    return SessionDescription("-", "1", "1", host, host, [], [cleaned]).encode().decode("latin-1")


def _of_section(whole: SessionDescription, media: MediaDescription) -> list[Attribute]:
    """The section's attributes, and those of the whole that the section does not say itself."""
    said = {name for name, _ in media.attributes}
    if said.intersection(DIRECTIONS):
        said.update(DIRECTIONS)
    return [*(attribute for attribute in whole.attributes if attribute[0] not in said), *media.attributes]


def _keys(crypto: Crypto | None, local: LocalMedia) -> list[Attribute]:
    """The phone's key under the tag of our line of that suite, as an answer to us has it; in an offer of its own a
    phone numbers as it likes."""
    if crypto is None:
        return []
    ours = (line for name, value in local.attributes if name == "crypto" and (line := Crypto.parse(value)) is not None)
    tag = next((line.tag for line in ours if line.suite == crypto.suite), crypto.tag)
    return [("crypto", str(replace(crypto, tag=tag)))]


def _protocol(kind: MediaKind) -> str:
    """Some phones answer an offer of plain RTP with keys by the other profile; to rtpengine it is the offered one."""
    return SECURE if kind is MediaKind.SRTP else PLAIN


def _made_up(remote: RtpDestination, kind: MediaKind, local: LocalMedia) -> str:
    formats = [(remote.payload_type, KNOWN[remote.codec].rtpmap)]
    if remote.telephone_event is not None:
        formats.append((remote.telephone_event, "telephone-event/8000"))
    direction = {
        (True, True): "sendrecv",
        (True, False): "recvonly",
        (False, True): "sendonly",
        (False, False): "inactive",
    }[remote.may_send, remote.may_receive]
    attributes = [(direction, ""), *_keys(remote.crypto, local)]
    if remote.rtcp_port is not None:
        attributes.append(("rtcp", str(remote.rtcp_port)))
    return _text(remote.host, remote.port or 9, formats, attributes, _protocol(kind))


def _text(
    host: str,
    port: int,
    formats: Sequence[tuple[int, str]],
    attributes: Sequence[Attribute],
    protocol: str = PLAIN,
) -> str:
    media = MediaDescription("audio", port, protocol, [str(number) for number, _ in formats])
    media.attributes = [*(("rtpmap", f"{number} {encoding}") for number, encoding in formats), *attributes]
    return SessionDescription("-", "1", "1", host, host, [], [media]).encode().decode("latin-1")


def local_media(description: bytes) -> LocalMedia:
    """What rtpengine offers to a party. Raises MalformedDescription when it is not what rtpengine gives."""
    whole = SessionDescription.parse(description)
    media = whole.media[0] if whole.media else None
    host = media and (media.host or whole.host)
    if media is None or not host or not media.port:
        raise MalformedDescription("There is no audio in it.")
    above = str(media.port + 1)  # where RTCP is by itself
    attributes = tuple(
        attribute
        for attribute in (*whole.attributes, *media.attributes)
        if attribute[0] not in _OUR_BUSINESS and attribute != ("rtcp", above)
    )
    return LocalMedia(host, media.port, media.protocol, attributes)


def answered(local: LocalMedia, remote: bytes) -> LocalMedia:
    """The same media once the phone has said which side begins the DTLS handshake: an answer of ours must name our
    role and not both (RFC 5763 section 5)."""
    if not any(name == "setup" for name, _ in local.attributes):
        return local
    try:
        whole = SessionDescription.parse(remote)
    except MalformedDescription:
        return local
    said = [*whole.attributes, *(attribute for media in whole.media for attribute in media.attributes)]
    role = "active" if ("setup", "passive") in said else "passive"
    attributes = tuple((name, role if name == "setup" else value) for name, value in local.attributes)
    return replace(local, attributes=attributes)
