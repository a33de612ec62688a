"""How the packets of an audio section are carried: plain, as SRTP with keys in the description, or as WebRTC does."""

from __future__ import annotations

from collections.abc import Sequence

from ringout.sdp.crypto import Crypto, chosen
from ringout.sdp.description import Attribute, MediaDescription, SessionDescription
from ringout.sdp.errors import NotAcceptable

PLAIN = "RTP/AVP"
SECURE = "RTP/SAVP"
WEBRTC = "UDP/TLS/RTP/SAVPF"
_PLAIN_FORMS = ("RTP/AVP", "RTP/AVPF")
_SECURE_FORMS = ("RTP/SAVP", "RTP/SAVPF")
_WEBRTC_FORMS = ("UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP")


def carriage_of(
    description: SessionDescription, media: MediaDescription, protocol: str, attributes: Sequence[Attribute]
) -> tuple[Crypto | None, Sequence[Attribute]]:
    """The peer's key (None = no key of SDES) and what of our attributes an answer carries.

    protocol, attributes: how we would carry it. PLAIN with crypto attributes takes both; SECURE takes only SRTP; a key
    in a section of plain RTP counts, as many phones offer it that way. Raises NotAcceptable for what does not fit: a
    stream that we want encrypted never becomes a plain one."""
    theirs = media.protocol.upper()
    keys = [line for name, value in attributes if name == "crypto" and (line := Crypto.parse(value)) is not None]
    if protocol.upper() in _WEBRTC_FORMS:
        if theirs not in _WEBRTC_FORMS or not _has_fingerprint(description, media):
            raise NotAcceptable("The audio is not carried by DTLS-SRTP.")
        return None, attributes
    if theirs not in _PLAIN_FORMS and not (keys and theirs in _SECURE_FORMS):
        raise NotAcceptable(f"The transport {media.protocol[:80]} is not one of ours.")
    common = chosen(media.all("crypto"), keys) if keys else None
    rest = [attribute for attribute in attributes if attribute[0] != "crypto"]
    if common is None:
        if protocol.upper() in _SECURE_FORMS or theirs in _SECURE_FORMS:
            raise NotAcceptable("There is no common way to encrypt the audio.")
        return None, rest
    their_line, our_line = common
    return their_line, [*rest, ("crypto", str(Crypto(their_line.tag, our_line.suite, our_line.key)))]


def _has_fingerprint(description: SessionDescription, media: MediaDescription) -> bool:
    return media.attribute("fingerprint") is not None or any(
        name == "fingerprint" for name, _ in description.attributes
    )
