"""The codecs that our descriptions may name. Source: RFC 3551 section 6, RFC 7587."""

from __future__ import annotations

from typing import NamedTuple


class Codec(NamedTuple):
    """rtpmap: as it is written. payload_type: what we offer. rate_hz: of the RTP clock, which G.722 has at half of
    its sampling rate (RFC 3551 section 4.5.2). fmtp: "" = none."""

    rtpmap: str
    payload_type: int
    rate_hz: int
    fmtp: str = ""


# By name in capitals. The first two are those that we speak ourselves; the others only pass through.
CODECS = {
    "PCMU": Codec("PCMU/8000", 0, 8000),
    "PCMA": Codec("PCMA/8000", 8, 8000),
    "G722": Codec("G722/8000", 9, 8000),
    "OPUS": Codec("opus/48000/2", 111, 48000, "useinbandfec=1"),
}
SPOKEN = ("PCMU", "PCMA")
WIDEBAND = ("G722", "OPUS")
STATIC_PAYLOAD_TYPES = {0: "PCMU", 8: "PCMA", 9: "G722"}  # what a number means without an rtpmap
TELEPHONE_EVENT = 101  # the payload type that we offer; the peer may choose another for its own direction

_MEANT = {codec.rtpmap.upper(): name for name, codec in CODECS.items()} | {"TELEPHONE-EVENT/8000": "TELEPHONE-EVENT"}


def name_of(encoding: str) -> str:
    """The name of what an rtpmap's right side says, in capitals; "" for what is of no use to us."""
    text = encoding.strip().upper()
    return _MEANT.get(text.removesuffix("/1"), "")


def passable(one: str, other: str) -> bool:
    """Whether packets of the one codec can be handed to a phone that speaks the other: the same, or both G.711."""
    return one == other or (one in SPOKEN and other in SPOKEN)
